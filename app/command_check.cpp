// tandemail check: logs in on both sides as every account, compares, and copies nothing. The
// running server does the looking.
#include <fmt/core.h>
#include <unistd.h>

#include <boost/json.hpp>

#include "app/api_client.hpp"
#include "app/ask_some.hpp"
#include "app/command.hpp"
#include "app/json_text.hpp"
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
    fmt::print("            {}\n", text(remark.at("next_step")));
  }
  std::fflush(stdout);
}

ExitCode check_all(const Arguments& arguments, const ApiClient& api,
                   const std::vector<std::string>& addresses) {
  json::array all;
  std::size_t red = 0;
  std::size_t amber = 0;
  for (const std::string& address : addresses) {
    const auto answer = api.get("/api/check/" + net::percent_encode(address));
    if (!answer) return report(answer.error());
    json::value found = json::parse(*answer);
    const std::string light = text(found.at("light"));
    red += light == "red" ? 1 : 0;
    amber += light == "amber" ? 1 : 0;
    if (arguments.has("json"))
      all.push_back(std::move(found));
    else
      print_account(found);
  }
  if (arguments.has("json"))
    fmt::print("{}\n", json::serialize(all));
  else
    fmt::print("{} accounts: {} can be moved, {} with notes, {} need you first.\n",
               addresses.size(), addresses.size() - red - amber, amber, red);
  if (red > 0) return ExitCode::needs_you;
  return amber > 0 ? ExitCode::done_with_notes : ExitCode::done;
}

}  // namespace

ExitCode run_check(const Arguments& arguments) {
  const auto api = ApiClient::open(arguments);
  if (!api) return report(api.error());
  const auto addresses = accounts_meant(arguments, *api);
  if (!addresses) return report(addresses.error());
  return check_all(arguments, *api, *addresses);
}

}  // namespace tandem::app
