// tandemail export: mailboxes of one side into files. Beside a running server too: it only reads.
#include <fmt/core.h>

#include <boost/asio/this_coro.hpp>
#include <boost/json.hpp>

#include "app/archive_report.hpp"
#include "app/command.hpp"
#include "app/side_desk.hpp"
#include "archive/export.hpp"

namespace tandem::app {
namespace {

constexpr std::size_t accounts_at_once = 2;

// The accounts still to be written, and what came of the others. On executor 0 only.
struct Writing {
  const SideDesk& desk;
  archive::ExportOrder order;  // but for the account
  std::string to;
  bool as_json = false;
  std::vector<migration::Account> accounts;
  std::size_t next = 0;
  std::size_t failed = 0;
  std::size_t with_notes = 0;
  boost::json::array told;
};

void conclude(Writing& writing, const std::string& address, const Result<void>& done,
              const archive::Report& report) {
  auto told = archive_report_json(address, report);
  if (!writing.as_json) print_archive_report(address, report, "written");
  if (!done) {
    ++writing.failed;
    told["error"] = done.error().to_string();
    fmt::print(stderr, "{}: {}\n", address, done.error().to_string());
  } else if (!report.clean()) {
    ++writing.with_notes;
  }
  writing.told.push_back(std::move(told));
}

net::Task<void> write_some(Writing& writing) {
  while (writing.next < writing.accounts.size()) {
    archive::ExportOrder order = writing.order;
    order.account = writing.accounts[writing.next++];
    const std::string address = order.account.address;
    order.directory = archive::account_directory(writing.to, address);
    archive::Report report;
    auto done = writing.desk.can_read(order.account, order.side);
    if (done) done = co_await archive::export_account(writing.desk.access(), order, report);
    conclude(writing, address, done, report);
  }
}

net::Task<void> write_all(Writing& writing) {
  const auto executor = co_await boost::asio::this_coro::executor;
  net::TaskGroup group(executor);
  for (std::size_t i = 0; i < accounts_at_once; ++i) group.spawn(write_some(writing));
  co_await group.join();
}

ExitCode print_sum(const Writing& writing) {
  if (writing.as_json)
    fmt::print("{}\n", boost::json::serialize(writing.told));
  else
    fmt::print("{} accounts: {} written, {} with notes, {} failed.\n", writing.accounts.size(),
               writing.accounts.size() - writing.failed, writing.with_notes, writing.failed);
  if (writing.failed > 0) return ExitCode::needs_you;
  return writing.with_notes > 0 ? ExitCode::done_with_notes : ExitCode::done;
}

}  // namespace

ExitCode run_export(const Arguments& arguments) {
  const std::string format = arguments.get("format", "maildir");
  const bool whom = arguments.words.empty() == arguments.has("all");
  if (!whom || !arguments.has("to") || (format != "maildir" && format != "mbox")) {
    fmt::print(stderr,
               "tandemail: export takes accounts or --all, and --to FOLDER; --format is maildir "
               "or mbox\n");
    return ExitCode::usage;
  }
  const auto side = side_named(arguments);
  if (!side) return report(side.error());
  const auto desk = SideDesk::open(arguments, "export");
  if (!desk) return report(desk.error());
  auto accounts = (*desk)->accounts(arguments.words, arguments.has("all"));
  if (!accounts) return report(accounts.error());
  Writing writing{**desk, {}, arguments.get("to"), arguments.has("json"), std::move(*accounts)};
  writing.order.side = *side;
  writing.order.format = format == "mbox" ? archive::Format::mbox : archive::Format::maildir;
  (*desk)->run([&writing] { return write_all(writing); });
  return print_sum(writing);
}

}  // namespace tandem::app
