// tandemail queue: the last messages through the gateway, where each copy is, and what a refusal
// means.
#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/api_client.hpp"
#include "app/command.hpp"
#include "app/json_text.hpp"
#include "app/language.hpp"
#include "lib/net/http/message.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

// What the server said where it refused, and what that means.
void print_refusal(const json::value& leg) {
  const auto* const explanation = leg.as_object().if_contains("explanation");
  if (explanation == nullptr || text(leg.at("state")) == "delivered") return;
  const std::string_view language = speaks_japanese() ? "ja" : "en";
  const std::string_view guess = speaks_japanese() ? "おそらく: " : "probably: ";
  fmt::print("    {}\n    {}{} {}\n", text(leg.at("server_words")),
             explanation->at("sure").as_bool() ? "" : guess,
             text(explanation->at("cause").at(language)),
             text(explanation->at("next_step").at(language)));
}

void print_delivery(const json::value& one) {
  fmt::print("{} {} <{}> -> <{}> {}: {}, {}: {}\n", text(one.at("at")), text(one.at("trace_id")),
             text(one.at("sender")), text(one.at("recipient")), text(one.at("home").at("side")),
             text(one.at("home").at("state")), text(one.at("mirror").at("side")),
             text(one.at("mirror").at("state")));
  print_refusal(one.at("home"));
}

}  // namespace

ExitCode run_queue(const Arguments& arguments) {
  const auto api = ApiClient::open(arguments);
  if (!api) return report(api.error());
  const std::string search = net::percent_encode(arguments.get("search"));
  const auto answer = api->get("/api/deliveries?limit=500&q=" + search);
  if (!answer) return report(answer.error());
  if (arguments.has("json")) {
    fmt::print("{}\n", *answer);
    return ExitCode::done;
  }
  const json::value told = json::parse(*answer);
  for (const auto& one : told.at("deliveries").as_array()) print_delivery(one);
  fmt::print("owed: {}, copies missing: {}\n", text(told.at("owed").at("count")),
             text(told.at("debts").at("count")));
  return ExitCode::done;
}

}  // namespace tandem::app
