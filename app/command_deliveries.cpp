// tandemail deliveries: did my mail arrive? The last messages through the gateway, where each copy
// is, and what a refusal means.
#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/api_client.hpp"
#include "app/command.hpp"
#include "app/json_text.hpp"
#include "app/refusal_text.hpp"
#include "lib/net/http/message.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

void print_delivery(const json::value& one) {
  fmt::print("{} {} <{}> -> <{}> {}: {}, {}: {}\n", text(one.at("at")), text(one.at("trace_id")),
             text(one.at("sender")), text(one.at("recipient")), text(one.at("home").at("side")),
             text(one.at("home").at("state")), text(one.at("mirror").at("side")),
             text(one.at("mirror").at("state")));
  if (one.at("fallback").as_bool())
    fmt::print("    the other side does not know this mailbox: make it there\n");
  if (one.at("home").at("state") != "delivered") print_refusal(one.at("home"));
}

}  // namespace

ExitCode run_deliveries(const Arguments& arguments) {
  if (arguments.words.size() > 1) {
    fmt::print(stderr, "tandemail: deliveries takes one text; put quotes around several words\n");
    return ExitCode::usage;
  }
  const auto api = ApiClient::open(arguments);
  if (!api) return report(api.error());
  const std::string search =
      net::percent_encode(arguments.words.empty() ? "" : arguments.words.front());
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
