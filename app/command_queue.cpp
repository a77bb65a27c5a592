// tandemail queue: what waits in the gateway and why; `retry` tries it now, `drop` gives it up.
#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/api_client.hpp"
#include "app/command.hpp"
#include "app/json_text.hpp"
#include "app/refusal_text.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

std::string next_attempt(const json::value& item) {
  if (!item.at("due").is_null()) return "next attempt " + text(item.at("due"));
  return item.at("kind") == "quarantined" ? "waits for you: retry or drop" : "under way";
}

void print_item(const json::value& item) {
  fmt::print("{} {} <{}> -> <{}> {} ({} side), tried {} times, {}\n", text(item.at("at")),
             text(item.at("trace_id")), text(item.at("sender")), text(item.at("recipient")),
             text(item.at("kind")), text(item.at("side")), text(item.at("attempts")),
             next_attempt(item));
  if (item.as_object().contains("explanation"))
    print_refusal(item);
  else if (!item.at("server_words").is_null())
    fmt::print("    {}\n", text(item.at("server_words")));
}

ExitCode list(const ApiClient& api, bool as_json) {
  const auto answer = api.get("/api/queue?limit=500");
  if (!answer) return report(answer.error());
  if (as_json) {
    fmt::print("{}\n", *answer);
    return ExitCode::done;
  }
  const json::value told = json::parse(*answer);
  const auto& items = told.at("items").as_array();
  if (items.empty()) fmt::print("Nothing waits.\n");
  bool decide = false;
  for (const auto& item : items) {
    print_item(item);
    decide = decide || item.at("kind") == "quarantined";
  }
  return decide ? ExitCode::needs_you : ExitCode::done;
}

ExitCode change(const ApiClient& api, const Arguments& arguments, bool drop) {
  const auto& words = arguments.words;
  if (words.size() < 2 || words.size() > 3 || drop != arguments.has("reason")) {
    fmt::print(stderr,
               "tandemail: queue retry TRACE [RECIPIENT]\n"
               "           queue drop TRACE [RECIPIENT] --reason TEXT\n");
    return ExitCode::usage;
  }
  json::object body = {{"trace_id", words[1]}};
  if (words.size() == 3) body["recipient"] = words[2];
  if (drop) body["reason"] = arguments.get("reason");
  const auto answer =
      api.post(drop ? "/api/queue/drop" : "/api/queue/retry", json::serialize(body));
  if (!answer) return report(answer.error());
  if (arguments.has("json"))
    fmt::print("{}\n", *answer);
  else
    fmt::print("{} {}\n", text(json::parse(*answer).at("count")),
               drop ? "given up" : "will be tried now");
  return ExitCode::done;
}

}  // namespace

ExitCode run_queue(const Arguments& arguments) {
  const std::string verb = arguments.words.empty() ? "" : arguments.words.front();
  if (!verb.empty() && verb != "retry" && verb != "drop") {
    fmt::print(stderr, "tandemail: queue knows 'retry' and 'drop', not '{}'\n", verb);
    return ExitCode::usage;
  }
  const auto api = ApiClient::open(arguments);
  if (!api) return report(api.error());
  if (verb.empty()) return list(*api, arguments.has("json"));
  return change(*api, arguments, verb == "drop");
}

}  // namespace tandem::app
