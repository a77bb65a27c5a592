// tandemail load: mail from files into a mailbox of one side. Beside a running server only for an
// account that the sync leaves alone: a pass could copy what is just being loaded.
#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/archive_report.hpp"
#include "app/command.hpp"
#include "app/side_desk.hpp"
#include "archive/load.hpp"

namespace tandem::app {
namespace {

bool is_left_alone(const migration::Account& account) {
  return account.paused || !migration::mirror_of(account.phase);
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
  archive::LoadOrder order{std::move(account), *side, arguments.get("from"),
                           arguments.get("folder")};
  archive::Report told;
  Result<void> done;
  const SideDesk& open = **desk;
  (*desk)->run([&] { return load_now(open, std::move(order), told, done); });
  return conclude(arguments, address, done, told);
}

}  // namespace tandem::app
