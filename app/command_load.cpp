// tandemail load: mail from files into a mailbox of one side. Beside a running server only for an
// account that the sync leaves alone; and whoever wants to work on it meanwhile (a pass, since the
// account was resumed; another load) waits for the lease, which is held from before the first look.
#include <chrono>
#include <fmt/core.h>
#include <thread>

#include <boost/json.hpp>

#include "app/archive_report.hpp"
#include "app/command.hpp"
#include "app/language.hpp"
#include "app/side_desk.hpp"
#include "archive/load.hpp"
#include "sync/sync.hpp"

namespace tandem::app {
namespace {

using migration::AccountLeases;

Result<void> check_left_alone(const migration::Account& account) {
  if (migration::is_left_alone(account)) return {};
  return fail(Error{.kind = ErrorKind::conflict,
                    .what = "a server runs here and copies " + account.address,
                    .next_step = fmt::format("Run 'tandemail pause {}' first, and 'tandemail "
                                             "resume {}' afterwards.",
                                             account.address, account.address)});
}

void tell_wait(const std::string& address, const migration::LeaseHolder& other) {
  if (speaks_japanese())
    fmt::print(stderr,
               "{}：別のコマンドがこのアカウントを処理中です：{}。終わり次第、取り込みを始めます。"
               "中止するには Ctrl-C を押してください。\n",
               address, other.name());
  else
    fmt::print(stderr, "{}: {}. Loading begins when that has ended; Ctrl-C gives up.\n", address,
               migration::in_use_by(other));
}

// Waits while another process works on the account: a pass that was under way when the account was
// paused ends between two batches.
Result<AccountLeases::Lease> hold(SideDesk& desk, const migration::Account& account) {
  constexpr int most_looks = 2400;
  constexpr auto between = std::chrono::milliseconds(250);
  const migration::LeaseHolder nobody;
  const auto leases = desk.leases();
  if (!leases) return fail(leases.error());
  for (int look = 0;; ++look) {
    auto lease = (*leases)->take(account.id);
    if (lease || lease.error().kind != ErrorKind::conflict || look == most_looks) return lease;
    if (look == 0) tell_wait(account.address, (*leases)->holder(account.id).value_or(nobody));
    std::this_thread::sleep_for(between);
  }
}

// The account, which nobody copies into while the lease lasts. Resumed while we waited for it, it
// is refused as it would have been before.
Result<migration::Account> account_to_load(SideDesk& desk, const Arguments& arguments,
                                           migration::Side side, AccountLeases::Lease& lease) {
  auto accounts = desk.accounts(arguments.words, false);
  if (!accounts) return fail(accounts.error());
  if (auto reached = desk.can_reach(accounts->front(), side); !reached)
    return fail(reached.error());
  if (desk.beside_server())
    if (auto alone = check_left_alone(accounts->front()); !alone) return fail(alone.error());
  auto held = hold(desk, accounts->front());
  if (!held) return fail(held.error());
  lease = std::move(*held);
  if (!desk.beside_server()) return std::move(accounts->front());
  if (auto looked = desk.look_again(); !looked) return fail(looked.error());
  accounts = desk.accounts(arguments.words, false);
  if (!accounts) return fail(accounts.error());
  if (auto alone = check_left_alone(accounts->front()); !alone) return fail(alone.error());
  return std::move(accounts->front());
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
  const auto desk = SideDesk::open(arguments, "load");
  if (!desk) return report(desk.error());
  AccountLeases::Lease lease;  // goes before the desk
  auto account = account_to_load(**desk, arguments, *side, lease);
  if (!account) return report(account.error());
  const std::string address = account->address;
  archive::LoadOrder order{std::move(*account), *side, arguments.get("from"),
                           arguments.get("folder")};
  if (lease.before() != migration::LeaseBefore::ended)
    order.settle = sync::SyncOptions().late_append;
  archive::Report told;
  Result<void> done;
  const SideDesk& open = **desk;
  (*desk)->run([&] { return load_now(open, std::move(order), told, done); });
  lease.let_go(done.has_value());
  return conclude(arguments, address, done, told);
}

}  // namespace tandem::app
