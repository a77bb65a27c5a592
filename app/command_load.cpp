// tandemail load: mail from files into a mailbox of one side. Beside a running server only for an
// account that the sync leaves alone: a pass could copy what is just being loaded.
#include <fmt/core.h>
#include <thread>

#include <boost/json.hpp>

#include "app/api_client.hpp"
#include "app/archive_report.hpp"
#include "app/command.hpp"
#include "app/side_desk.hpp"
#include "archive/load.hpp"

namespace tandem::app {
namespace {

bool is_left_alone(const migration::Account& account) {
  return account.paused || !migration::mirror_of(account.phase);
}

// A pass that was under way when its account was paused ends between two batches.
Result<void> wait_for_pass(const Arguments& arguments, const std::string& address) {
  constexpr int most_looks = 600;
  const auto api = ApiClient::open(arguments);
  if (!api) return fail(api.error());
  namespace json = boost::json;
  const json::array meant{json::value(address)};
  const std::string asked = json::serialize(json::object{{"accounts", meant}});
  for (int look = 0; look < most_looks; ++look) {
    const auto answer = api->post("/api/accounts/pause", asked);
    if (!answer) return fail(answer.error());
    if (json::parse(*answer).at("ending").as_array().empty()) return {};
    std::this_thread::sleep_for(std::chrono::seconds(1));
  }
  return fail(
      Error{.kind = ErrorKind::conflict,
            .what = "a copy that was under way when " + address + " was paused has not ended yet",
            .next_step = "Look at 'tandemail status', and try again a little later."});
}

net::Task<void> load_now(const SideDesk& desk, archive::LoadOrder order, archive::Report& report,
                         Result<void>& done) {
  done = co_await archive::load_account(desk.access(), std::move(order), report);
}

ExitCode conclude(const Arguments& arguments, const std::string& address, const Result<void>& done,
                  const archive::Report& told) {
  if (arguments.has("json")) {
    auto all = archive_report_json(address, told);
    if (!done) all["error"] = done.error().to_string();
    fmt::print("{}\n", boost::json::serialize(all));
  } else {
    print_archive_report(address, told, "loaded");
  }
  if (!done) {
    report(done.error());
    return ExitCode::needs_you;
  }
  return told.clean() ? ExitCode::done : ExitCode::done_with_notes;
}

}  // namespace

ExitCode run_load(const Arguments& arguments) {
  if (arguments.words.size() != 1 || !arguments.has("from")) {
    fmt::print(stderr, "tandemail: load takes one account and --from PATH\n");
    return ExitCode::usage;
  }
  const auto side = side_named(arguments);
  if (!side) return report(side.error());
  const auto desk = SideDesk::open(arguments);
  if (!desk) return report(desk.error());
  auto accounts = (*desk)->accounts(arguments.words, false);
  if (!accounts) return report(accounts.error());
  migration::Account& account = accounts->front();
  const std::string address = account.address;
  if (auto reached = (*desk)->can_reach(account, *side); !reached) return report(reached.error());
  if ((*desk)->beside_server() && !is_left_alone(account))
    return report({.kind = ErrorKind::conflict,
                   .what = "a server runs here and copies " + address,
                   .next_step = fmt::format("Run 'tandemail pause {}' first, and 'tandemail "
                                            "resume {}' afterwards.",
                                            address, address)});
  if ((*desk)->beside_server() && account.paused)
    if (auto ended = wait_for_pass(arguments, address); !ended) return report(ended.error());
  archive::LoadOrder order{std::move(account), *side, arguments.get("from"),
                           arguments.get("folder")};
  archive::Report told;
  Result<void> done;
  const SideDesk& open = **desk;
  (*desk)->run([&] { return load_now(open, std::move(order), told, done); });
  return conclude(arguments, address, done, told);
}

}  // namespace tandem::app
