// tandemail status: what the page's overview says, in words; with addresses, these in depth.
#include <array>
#include <chrono>
#include <fmt/core.h>
#include <thread>
#include <unistd.h>

#include <boost/json.hpp>

#include "app/account_status.hpp"
#include "app/api_client.hpp"
#include "app/command.hpp"
#include "app/json_text.hpp"
#include "app/language.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

constexpr auto between_looks = std::chrono::seconds(2);

struct Look {
  json::object overview;
  json::array accounts;
};

Result<Look> look(const ApiClient& api) {
  const auto overview = api.get("/api/overview");
  if (!overview) return fail(overview.error());
  const auto accounts = api.get("/api/accounts");
  if (!accounts) return fail(accounts.error());
  return Look{json::parse(*overview).as_object(), json::parse(*accounts).at("accounts").as_array()};
}

// "in_sync_with_notes" as people say it.
std::string words(std::string_view code) {
  std::string said(code);
  for (char& c : said)
    if (c == '_') c = ' ';
  return said;
}

void print_counts(const json::object& counts) {
  std::string line;
  for (const auto& [state, count] : counts)
    if (count.to_number<std::uint64_t>() > 0)
      line += fmt::format("{}{} {}", line.empty() ? "" : ", ", text(count), words(state));
  fmt::print("  {}\n", line.empty() ? "no accounts yet" : line);
}

void print_migration(const json::object& move) {
  const json::value& sides = move.at("sides");
  fmt::print("{}: {} -> {}\n", text(move.at("name")), text(sides.at("old").at("label")),
             text(sides.at("new").at("label")));
  print_counts(move.at("counts").as_object());
  const json::value& copied = move.at("copied");
  fmt::print("  {} of {} messages copied", text(copied.at("messages_done")),
             text(copied.at("messages_total")));
  const json::value& eta = move.at("eta");
  fmt::print("{}", eta_words(eta));
  if (!eta.at("limit").is_null())
    fmt::print(", daily limit of {}", text(sides.at(text(eta.at("limit"))).at("label")));
  fmt::print("\n  owed: {}, copies missing: {}\n", text(move.at("owed").at("count")),
             text(move.at("debts").at("count")));
}

void print_problems(const json::array& accounts) {
  for (const auto& account : accounts) {
    const json::value& problem = account.at("problem");
    if (problem.is_null()) continue;
    fmt::print("\n{} ({}): {}\n", text(account.at("address")), words(text(account.at("state"))),
               text(problem.at("what")));
    if (!problem.at("server_words").is_null())
      fmt::print("  the server said: {}\n", text(problem.at("server_words")));
    if (!text(problem.at("next_step")).empty())
      fmt::print("  next: {}\n", in_our_language(text(problem.at("next_step"))));
    print_copied(account);
  }
}

void print(const Look& seen, bool as_json) {
  if (as_json) {
    json::object all = seen.overview;
    all["accounts"] = seen.accounts;
    fmt::print("{}\n", json::serialize(all));
    return;
  }
  for (const auto& move : seen.overview.at("migrations").as_array())
    print_migration(move.as_object());
  print_problems(seen.accounts);
}

}  // namespace

ExitCode run_status(const Arguments& arguments) {
  const auto api = ApiClient::open(arguments);
  if (!api) return report(api.error());
  for (const std::string& address : arguments.words)
    if (const auto told = print_account(*api, address, arguments.has("json")); !told)
      return report(told.error());
  if (!arguments.words.empty()) return ExitCode::done;
  const bool again = arguments.has("watch");
  const bool clear = again && !arguments.has("json") && ::isatty(STDOUT_FILENO) == 1;
  do {
    const auto seen = look(*api);
    if (!seen) return report(seen.error());
    if (clear) fmt::print("\033[H\033[2J");
    print(*seen, arguments.has("json"));
    std::fflush(stdout);
    if (again) std::this_thread::sleep_for(between_looks);
  } while (again);
  return ExitCode::done;
}

}  // namespace tandem::app
