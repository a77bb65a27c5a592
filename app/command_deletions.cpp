// tandemail deletions: what was removed on the other side because a person removed it on theirs,
// and what waits for a decision; `allow` and `refuse` decide, `undo` brings back.
#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/api_client.hpp"
#include "app/ask_some.hpp"
#include "app/command.hpp"
#include "app/json_text.hpp"
#include "app/language.hpp"
#include "lib/base/text.hpp"
#include "lib/net/http/message.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

void print_choice(const std::string& address, const std::string& folder) {
  const bool japanese = speaks_japanese();
  fmt::print(
      "    tandemail deletions allow {0} '{1}'    {2}\n"
      "    tandemail deletions refuse {0} '{1}'   {3}\n",
      address, folder,
      japanese ? "反対側でも隔離フォルダーへ移します" : "moves them to quarantine there",
      japanese ? "反対側に残します" : "leaves them there");
}

void print_held(const std::string& address, const json::value& held) {
  for (const json::value& one : held.as_array()) {
    const std::string folder = text(one.at("folder"));
    if (speaks_japanese()) {
      fmt::print(
          "  '{}' の {} 通の削除が判断待ちです({} から)。意図したものか本人に確認してください。\n",
          folder, text(one.at("messages")), text(one.at("since")));
      print_choice(address, folder);
      continue;
    }
    fmt::print("  {} deletions of '{}' ({} side) wait for you since {}; ask the person:\n",
               text(one.at("messages")), folder, text(one.at("side")), text(one.at("since")));
    print_choice(address, folder);
  }
}

void print_message(const json::value& one) {
  std::string state = text(one.at("state"));
  if (state == "left_alone") state = "left alone";
  if (!one.at("expunge_at").is_null()) state += " until " + text(one.at("expunge_at"));
  fmt::print("  {:>6} {} '{}' ({} side) \"{}\": {}\n", text(one.at("id")), text(one.at("at")),
             text(one.at("folder")), text(one.at("side")), text(one.at("subject")), state);
  const char* const why = speaks_japanese() && !one.at("why_ja").is_null() ? "why_ja" : "why";
  if (!one.at(why).is_null()) fmt::print("         {}\n", text(one.at(why)));
}

void print_account(const json::value& told) {
  const std::string address = text(told.at("address"));
  const auto& messages = told.at("messages").as_array();
  fmt::print("{}: {} in quarantine{}\n", address, text(told.at("quarantined")),
             told.at("propagated").as_bool() ? "" : "; deletions are not carried over");
  print_held(address, told.at("held"));
  for (const json::value& one : messages) print_message(one);
}

ExitCode list(const ApiClient& api, const Arguments& arguments) {
  const auto addresses = accounts_meant(arguments, api);
  if (!addresses) return report(addresses.error());
  bool waits = false;
  json::array all;
  for (const std::string& address : *addresses) {
    const auto answer = api.get("/api/deletions/" + net::percent_encode(address) + "?limit=500");
    if (!answer) return report(answer.error());
    json::value told = json::parse(*answer);
    waits = waits || !told.at("held").as_array().empty();
    const bool any = !told.at("held").as_array().empty() || !told.at("messages").as_array().empty();
    if (arguments.has("json"))
      all.push_back(std::move(told));
    else if (any || !arguments.words.empty())
      print_account(told);
  }
  if (arguments.has("json")) fmt::print("{}\n", json::serialize(all));
  return waits ? ExitCode::needs_you : ExitCode::done;
}

ExitCode decide(const ApiClient& api, const Arguments& arguments) {
  const auto& words = arguments.words;
  json::object body{{"account", words[1]}, {"decision", words[0]}};
  if (words.size() == 3) body["folder"] = words[2];
  const auto answer = api.post("/api/deletions/decide", json::serialize(body));
  if (!answer) return report(answer.error());
  if (arguments.has("json"))
    fmt::print("{}\n", *answer);
  else
    fmt::print("{} messages {}\n", text(json::parse(*answer).at("count")),
               words[0] == "allow" ? "go to quarantine with the next pass" : "stay where they are");
  return ExitCode::done;
}

ExitCode undo(const ApiClient& api, const Arguments& arguments) {
  json::object body{{"account", arguments.words[1]}};
  json::array ids;
  for (std::size_t at = 2; at < arguments.words.size(); ++at) {
    const auto id = parse_number(arguments.words[at]);
    if (!id) {
      fmt::print(stderr, "tandemail: '{}' is not a number from the list\n", arguments.words[at]);
      return ExitCode::usage;
    }
    ids.emplace_back(static_cast<std::int64_t>(*id));
  }
  if (!ids.empty()) body["ids"] = std::move(ids);
  const auto answer = api.post_patiently("/api/deletions/undo", json::serialize(body));
  if (!answer) return report(answer.error());
  const json::value told = json::parse(*answer);
  const auto lost = told.at("not_found").to_number<std::uint64_t>();
  if (arguments.has("json")) {
    fmt::print("{}\n", *answer);
  } else {
    fmt::print("{} messages are back where they were\n", text(told.at("restored")));
    if (lost > 0) fmt::print("{} are no longer in the quarantine folder\n", lost);
  }
  return lost > 0 ? ExitCode::done_with_notes : ExitCode::done;
}

ExitCode usage() {
  fmt::print(stderr,
             "tandemail: deletions [ACCOUNT…]\n"
             "           deletions allow|refuse ACCOUNT [FOLDER]\n"
             "           deletions undo ACCOUNT [ID…]\n");
  return ExitCode::usage;
}

}  // namespace

ExitCode run_deletions(const Arguments& arguments) {
  const auto& words = arguments.words;
  const std::string verb = words.empty() ? "" : words.front();
  const bool decides = verb == "allow" || verb == "refuse";
  if ((decides && (words.size() < 2 || words.size() > 3)) || (verb == "undo" && words.size() < 2))
    return usage();
  const auto api = ApiClient::open(arguments);
  if (!api) return report(api.error());
  if (decides) return decide(*api, arguments);
  if (verb == "undo") return undo(*api, arguments);
  return list(*api, arguments);
}

}  // namespace tandem::app
