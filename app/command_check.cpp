// tandemail check: logs in on both sides as every account, compares, and copies nothing; the
// running server does the looking. Of accounts that are named (or of all, with --folders): what
// becomes of each folder. Of our own certificates (without an account, or --certificates):
// whether they cover the names that mail programs meet us by.
#include <fmt/core.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "app/api_client.hpp"
#include "app/ask_some.hpp"
#include "app/command.hpp"
#include "app/configuration.hpp"
#include "app/folder_table.hpp"
#include "app/json_text.hpp"
#include "app/language.hpp"
#include "app/own_names.hpp"
#include "lib/net/http/message.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

std::string_view mark(std::string_view light) {
  const bool colour = isatty(STDOUT_FILENO) != 0;
  if (light == "red") return colour ? "\033[31mred  \033[0m" : "red  ";
  if (light == "amber") return colour ? "\033[33mamber\033[0m" : "amber";
  return colour ? "\033[32mgreen\033[0m" : "green";
}

std::string describe_side(const json::value& side) {
  if (!side.at("logged_in").as_bool()) return "no log-in";
  std::string described =
      fmt::format("{} messages in {} folders", text(side.at("messages")), text(side.at("folders")));
  if (side.at("bytes").is_number())
    described += fmt::format(", {:.1f} MB", side.at("bytes").to_number<double>() / 1e6);
  return described;
}

void print_account(const json::value& found) {
  fmt::print("{} {}: old side {}; new side {}\n", mark(text(found.at("light"))),
             text(found.at("address")), describe_side(found.at("old")),
             describe_side(found.at("new")));
  for (const json::value& remark : found.at("remarks").as_array()) {
    fmt::print("      {} {}\n", mark(text(remark.at("light"))), text(remark.at("what")));
    if (remark.at("server_words").is_string())
      fmt::print("            the server said: {}\n", text(remark.at("server_words")));
    fmt::print("            {}\n", in_our_language(text(remark.at("next_step"))));
  }
}

// Into `found`, if it can be logged in on both sides; what stands in the way otherwise is said.
Result<void> add_folders(const ApiClient& api, const std::string& address, json::value& found) {
  const auto logged_in = [&](const char* side) { return found.at(side).at("logged_in").as_bool(); };
  if (!logged_in("old") || !logged_in("new")) return {};
  const auto answer = api.get("/api/folders/" + net::percent_encode(address));
  if (!answer) return fail(answer.error());
  found.as_object()["preview"] = json::parse(*answer);
  return {};
}

ExitCode check_all(const Arguments& arguments, const ApiClient& api,
                   const std::vector<std::string>& addresses) {
  json::array all;
  std::size_t red = 0;
  std::size_t amber = 0;
  const bool folders = arguments.has("folders") || !arguments.words.empty();
  for (const std::string& address : addresses) {
    const auto answer = api.get("/api/check/" + net::percent_encode(address));
    if (!answer) return report(answer.error());
    json::value found = json::parse(*answer);
    const std::string light = text(found.at("light"));
    red += light == "red" ? 1 : 0;
    amber += light == "amber" ? 1 : 0;
    const auto added = folders ? add_folders(api, address, found) : Result<void>();
    if (!added) return report(added.error());
    if (arguments.has("json")) {
      all.push_back(std::move(found));
      continue;
    }
    print_account(found);
    if (const auto* preview = found.as_object().if_contains("preview")) print_folders(*preview);
    std::fflush(stdout);
  }
  if (arguments.has("json"))
    fmt::print("{}\n", json::serialize(all));
  else
    fmt::print("{} accounts: {} can be moved, {} with notes, {} need you first.\n",
               addresses.size(), addresses.size() - red - amber, amber, red);
  if (red > 0) return ExitCode::needs_you;
  return amber > 0 ? ExitCode::done_with_notes : ExitCode::done;
}

// Host names that people's programs came with; none where the server cannot say.
std::vector<std::string> names_seen(const ApiClient& api) {
  std::vector<std::string> seen;
  const auto answer = api.get("/api/clients?limit=500");
  if (!answer) return seen;
  const json::value census = json::parse(*answer);
  for (const json::value& client : census.at("clients").as_array())
    if (client.at("host").is_string()) seen.push_back(text(client.at("host")));
  return seen;
}

void print_name(const migration::NameFinding& found) {
  const bool japanese = speaks_japanese();
  const auto language = japanese ? &mail::BothLanguages::ja : &mail::BothLanguages::en;
  fmt::print("{} {}", mark(name_of(found.light)), found.name);
  if (found.light == migration::Light::green)
    fmt::print(": {}, {}", found.certificate,
               (japanese ? "有効期限 " : "until ") + migration::day_of(*found.until));
  fmt::print("\n");
  if (found.light == migration::Light::green) return;
  fmt::print("      {}\n            {}\n", found.what.*language, found.next_step.*language);
}

json::object describe(const mail::BothLanguages& words) {
  return {{"en", words.en}, {"ja", words.ja}};
}

json::object describe(const migration::NameFinding& found) {
  const bool good = found.what.en.empty();
  return {
      {"name", found.name},
      {"light", name_of(found.light)},
      {"certificate",
       found.certificate.empty() ? json::value(nullptr) : json::value(found.certificate)},
      {"until", found.until ? json::value(migration::day_of(*found.until)) : json::value(nullptr)},
      {"what", good ? json::value(nullptr) : json::value(describe(found.what))},
      {"next_step", good ? json::value(nullptr) : json::value(describe(found.next_step))}};
}

ExitCode check_own_certificates(const Arguments& arguments, const ApiClient& api) {
  const auto configuration = load(arguments);
  if (!configuration) return report(configuration.error());
  const auto own = own_certificates(*configuration);
  if (!own) return report(own.error());
  const auto found = migration::check_certificates(
      *own, names_in_use(*configuration, names_seen(api)), system_clock().wall());
  auto worst = migration::Light::green;
  json::array all;
  for (const auto& one : found) {
    worst = std::max(worst, one.light);
    if (arguments.has("json"))
      all.push_back(describe(one));
    else
      print_name(one);
  }
  if (arguments.has("json")) fmt::print("{}\n", json::serialize(all));
  if (worst == migration::Light::red) return ExitCode::needs_you;
  return worst == migration::Light::amber ? ExitCode::done_with_notes : ExitCode::done;
}

// Red before amber before green; a command that failed before all.
ExitCode worse_of(ExitCode one, ExitCode other) {
  for (const ExitCode code : {ExitCode::failed, ExitCode::needs_you, ExitCode::done_with_notes})
    if (one == code || other == code) return code;
  return ExitCode::done;
}

}  // namespace

ExitCode run_check(const Arguments& arguments) {
  const auto api = ApiClient::open(arguments);
  if (!api) return report(api.error());
  if (arguments.has("certificates")) return check_own_certificates(arguments, *api);
  const auto addresses = accounts_meant(arguments, *api);
  if (!addresses) return report(addresses.error());
  const ExitCode accounts = check_all(arguments, *api, *addresses);
  if (!arguments.words.empty() || arguments.has("json")) return accounts;
  return worse_of(check_own_certificates(arguments, *api), accounts);
}

}  // namespace tandem::app
