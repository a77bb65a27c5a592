#include "app/switch_homes.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/core.h>
#include <iostream>
#include <map>
#include <string>
#include <thread>
#include <unistd.h>

#include <boost/json.hpp>

#include "app/api_client.hpp"
#include "app/json_text.hpp"
#include "app/language.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

constexpr auto between_looks = std::chrono::milliseconds(300);

// The accounts asked for, by migration; with --all, every account for which it is possible.
Result<std::map<std::string, json::array>> choose(const ApiClient& api, const Arguments& arguments,
                                                  std::string_view action) {
  const auto answer = api.get("/api/accounts");
  if (!answer) return fail(answer.error());
  const json::value listed = json::parse(*answer);
  std::map<std::string, json::array> chosen;
  std::size_t found = 0;
  for (const auto& account : listed.at("accounts").as_array()) {
    const std::string address = text(account.at("address"));
    const auto& can = account.at("can").as_array();
    const bool wanted = arguments.has("all")
                            ? std::ranges::find(can, json::value(action)) != can.end()
                            : std::ranges::find(arguments.words, address) != arguments.words.end();
    if (!wanted) continue;
    ++found;
    chosen[text(account.at("migration"))].emplace_back(address);
  }
  if (!arguments.has("all") && found < arguments.words.size())
    return fail(Error{.kind = ErrorKind::not_found,
                      .what = "not all of these are accounts",
                      .server_words = {},
                      .next_step = "'tandemail accounts' lists them."});
  return chosen;
}

std::string order(const std::string& migration, const json::array& accounts,
                  const std::string& confirm) {
  json::object body = {
      {"migration", migration}, {"accounts", accounts}, {"simulate", confirm.empty()}};
  if (!confirm.empty()) body["confirm"] = confirm;
  return json::serialize(body);
}

// True: something stands in the way of some of them.
bool print_simulation(const json::value& simulation, const SwitchWords& words) {
  const auto& warnings = simulation.at("warnings").as_array();
  fmt::print("{} accounts would be {}, {} warnings\n", simulation.at("accounts").as_array().size(),
             words.action == "cut_over" ? "cut over" : "rolled back", warnings.size());
  bool blocked = false;
  for (const auto& warning : warnings) {
    const bool blocking = warning.at("blocking").as_bool();
    const json::value& problem = warning.at("problem");
    fmt::print("  {}{}: {} {}\n", blocking ? "left out: " : "", text(warning.at("address")),
               text(problem.at("what")), in_our_language(text(problem.at("next_step"))));
    blocked = blocked || blocking;
  }
  return blocked;
}

bool confirmed(const Arguments& arguments, const std::string& domain) {
  if (arguments.has("yes")) return true;
  if (::isatty(STDIN_FILENO) != 1) return false;
  fmt::print("Type {} to go on: ", domain);
  std::fflush(stdout);
  std::string typed;
  std::getline(std::cin, typed);
  return typed == domain;
}

void print_end(const json::value& run, const SwitchWords& words) {
  for (const auto& account : run.at("accounts").as_array()) {
    const json::value& problem = account.at("problem");
    const json::value& result = account.at("result");
    if (result == "ok")
      fmt::print("  {}: {}\n", text(account.at("address")),
                 words.action == "cut_over" ? "cut over" : "rolled back");
    else if (problem.is_null())
      fmt::print("  {}: not touched\n", text(account.at("address")));
    else
      fmt::print("  {}: {} {}\n", text(account.at("address")), text(problem.at("what")),
                 in_our_language(text(problem.at("next_step"))));
  }
}

ExitCode follow(const ApiClient& api, const std::string& id, const Arguments& arguments,
                const SwitchWords& words) {
  for (;;) {
    const auto answer = api.get("/api/runs/" + id);
    if (!answer) return report(answer.error());
    const json::value run = json::parse(*answer);
    if (run.at("state") != "running") {
      if (arguments.has("json"))
        fmt::print("{}\n", *answer);
      else
        print_end(run, words);
      return run.at("state") == "done" ? ExitCode::done : ExitCode::failed;
    }
    std::this_thread::sleep_for(between_looks);
  }
}

ExitCode switch_in(const ApiClient& api, const std::string& migration, const json::array& accounts,
                   const Arguments& arguments, const SwitchWords& words) {
  const auto simulated = api.post(std::string(words.path), order(migration, accounts, ""));
  if (!simulated) return report(simulated.error());
  const json::value answer = json::parse(*simulated);
  const json::value& simulation = answer.at("simulation");
  const bool as_json = arguments.has("json");
  bool blocked = false;
  if (!as_json)
    blocked = print_simulation(simulation, words);
  else if (arguments.has("simulate"))
    fmt::print("{}\n", *simulated);
  if (arguments.has("simulate")) return blocked ? ExitCode::done_with_notes : ExitCode::done;
  const std::string domain = text(simulation.at("confirm"));
  if (!confirmed(arguments, domain)) {
    fmt::print(stderr, "tandemail: nothing was changed; say --yes to {} without asking\n",
               words.verb);
    return ExitCode::needs_you;
  }
  const auto started = api.post(std::string(words.path), order(migration, accounts, domain));
  if (!started) return report(started.error());
  const ExitCode ended = follow(api, text(json::parse(*started).at("run")), arguments, words);
  return ended == ExitCode::done && blocked ? ExitCode::done_with_notes : ended;
}

}  // namespace

ExitCode switch_homes(const Arguments& arguments, const SwitchWords& words) {
  if (arguments.words.empty() != arguments.has("all")) {
    fmt::print(stderr, "tandemail: name accounts, or say --all\n");
    return ExitCode::usage;
  }
  const auto api = ApiClient::open(arguments);
  if (!api) return report(api.error());
  const auto chosen = choose(*api, arguments, words.action);
  if (!chosen) return report(chosen.error());
  if (chosen->empty()) {
    fmt::print("There is no account to {} right now.\n", words.verb);
    return ExitCode::done_with_notes;
  }
  ExitCode all = ExitCode::done;
  for (const auto& [migration, accounts] : *chosen) {
    const ExitCode one = switch_in(*api, migration, accounts, arguments, words);
    if (one == ExitCode::failed || one == ExitCode::needs_you) return one;
    if (one != ExitCode::done) all = one;
  }
  return all;
}

}  // namespace tandem::app
