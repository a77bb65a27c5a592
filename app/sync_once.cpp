#include "app/sync_once.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <vector>

#include "app/assembly.hpp"
#include "app/configuration.hpp"
#include "lib/base/log.hpp"

namespace tandem::app {
namespace {

// The accounts still to be copied, and what came of the others. On executor 0 only.
struct Round {
  Assembly& tandemail;
  bool json;
  std::size_t at_once;
  std::vector<migration::Account> accounts;
  std::size_t next = 0;
  std::size_t failed = 0;
  std::size_t copied = 0;
  std::size_t skipped = 0;
};

net::Task<void> copy_some(Round& round) {
  while (round.next < round.accounts.size()) {
    const migration::Account account = round.accounts[round.next++];
    const auto home = migration::home_of(account.phase);
    const auto done = co_await round.tandemail.sync().run_delta(account.id, home);
    if (!done) {
      ++round.failed;
      fmt::print(stderr, "{}: {}\n", account.address, done.error().to_string());
      continue;
    }
    round.copied += done->copied;
    round.skipped += done->skipped;
    if (!round.json)
      fmt::print("{}: {} of {} messages are on both sides, {} copied now\n", account.address,
                 done->matched, done->source_messages, done->copied);
    std::fflush(stdout);
  }
}

Result<std::vector<migration::Account>> choose(const migration::Registry& registry,
                                               const std::vector<std::string>& wanted) {
  const auto routes = registry.routes();
  std::vector<migration::Account> chosen;
  for (const auto& account : routes->accounts())
    if (wanted.empty() || std::ranges::find(wanted, account.address) != wanted.end())
      chosen.push_back(account);
  if (!wanted.empty() && chosen.size() < wanted.size())
    return fail(Error{.kind = ErrorKind::not_found,
                      .what = "not all of these are accounts",
                      .next_step = "'tandemail accounts' lists them."});
  return chosen;
}

net::Task<void> run(Threads& threads, Round& round) {
  co_await threads.begin();
  net::TaskGroup copying(threads.executor(0));
  for (std::size_t i = 0; i < round.at_once; ++i) copying.spawn(copy_some(round));
  co_await copying.join();
  (void)co_await round.tandemail.stop();
}

void print_sum(const Round& round) {
  if (round.json)
    fmt::print("{{\"accounts\":{},\"copied\":{},\"skipped\":{},\"failed\":{}}}\n",
               round.accounts.size(), round.copied, round.skipped, round.failed);
  else
    fmt::print("{} accounts, {} messages copied, {} left out, {} accounts failed.\n",
               round.accounts.size(), round.copied, round.skipped, round.failed);
}

}  // namespace

ExitCode sync_once(const Arguments& arguments) {
  const auto environment = config::take_secret_environment();
  auto configuration = load(arguments);
  if (!configuration) return report(configuration.error());
  log::start(configuration->process.log.level, configuration->process.log.file);
  auto secrets = config::open_secret_box(configuration->process.secrets_key,
                                         configuration->process.data, environment);
  if (!secrets) return report(secrets.error());
  const std::size_t at_once = configuration->process.limits.copies_at_once;
  net::Runtime runtime(2);
  Threads threads(runtime);
  auto tandemail =
      Assembly::open(threads, std::move(*configuration), std::move(*secrets), "sync --once");
  if (!tandemail && tandemail.error().kind == ErrorKind::conflict)
    tandemail.error().next_step = "A server runs here: 'tandemail sync' asks it for a pass.";
  if (!tandemail) return report(tandemail.error());
  auto accounts = choose((*tandemail)->registry(), arguments.words);
  if (!accounts) return report(accounts.error());
  Round round{**tandemail, arguments.has("json"), at_once, std::move(*accounts)};
  runtime.run(run(threads, round));
  tandemail->reset();  // the stores, before the io threads' contexts
  print_sum(round);
  if (round.failed > 0) return ExitCode::needs_you;
  return round.skipped > 0 ? ExitCode::done_with_notes : ExitCode::done;
}

}  // namespace tandem::app
