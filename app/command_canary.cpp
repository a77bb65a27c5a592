// tandemail canary: one message through the gateway, looked for on both sides. The running server
// does it.
#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/api_client.hpp"
#include "app/command.hpp"
#include "app/json_text.hpp"
#include "app/language.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

void print_sight(const json::value& sight) {
  const std::string side = text(sight.at("side"));
  const char* what = sight.at("is_copy").as_bool() ? "copy" : "mail";
  if (sight.at("folder").is_null())
    fmt::print("  {} side ({}): not found\n", side, what);
  else
    fmt::print("  {} side ({}): in \"{}\" after {:.1f} s\n", side, what, text(sight.at("folder")),
               sight.at("seconds").to_number<double>());
  for (const json::value& field : sight.at("judged").as_array())
    fmt::print("      {}\n", text(field));
}

void print_report(const json::value& report) {
  fmt::print("<{}> -> <{}>: {}\n", text(report.at("sender")), text(report.at("recipient")),
             text(report.at("answer")));
  for (const json::value& sight : report.at("sights").as_array()) print_sight(sight);
  for (const json::value& remark : report.at("remarks").as_array())
    fmt::print("{}: {}\n    {}\n", text(remark.at("light")), text(remark.at("what")),
               in_our_language(text(remark.at("next_step"))));
  if (report.at("remarks").as_array().empty())
    fmt::print("green: it arrived where its reader looks.\n");
}

}  // namespace

ExitCode run_canary(const Arguments& arguments) {
  if (arguments.words.size() != 1) {
    fmt::print(stderr, "tandemail: canary ACCOUNT [--from SENDER] [--client ADDRESS]\n");
    return ExitCode::usage;
  }
  const auto api = ApiClient::open(arguments);
  if (!api) return report(api.error());
  json::object order = {{"recipient", arguments.words[0]}};
  if (arguments.has("from")) order["sender"] = arguments.get("from");
  if (arguments.has("client")) order["client"] = arguments.get("client");
  const auto answer = api->post("/api/canary", json::serialize(order));
  if (!answer) return report(answer.error());
  const json::value told = json::parse(*answer);
  if (arguments.has("json"))
    fmt::print("{}\n", *answer);
  else
    print_report(told);
  if (told.at("light") == "red") return ExitCode::needs_you;
  return told.at("light") == "amber" ? ExitCode::done_with_notes : ExitCode::done;
}

}  // namespace tandem::app
