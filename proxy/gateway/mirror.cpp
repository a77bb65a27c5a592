#include "proxy/gateway/mirror.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "config/migration_settings.hpp"
#include "lib/base/log.hpp"
#include "lib/delivery/retry_schedule.hpp"

namespace tandem::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t look_ahead = 200;  // rows read from the journal at a time
constexpr Duration look_again = 1s;      // for debts that fall due
// Copies made while the account is locked, and looked for in one search: its line stays short.
constexpr std::size_t at_once = 10;

Task<void> take_leave(KeptInboxes::InboxPtr inbox) {
  co_await inbox->leave();
}

}  // namespace

Mirror::Mirror(net::Executor executor, Journal& journal, const store::Store& store,
               const migration::Registry& registry, const migration::SideAccess& access,
               migration::AccountLocks& locks, const migration::EventBus& events,
               const Clock& clock, delivery::UpstreamPool& upstreams, MirrorOptions options)
    : journal_(journal),
      store_(store),
      registry_(registry),
      access_(access),
      locks_(locks),
      events_(events),
      clock_(clock),
      upstreams_(upstreams),
      options_(options),
      news_(std::move(executor)),
      kept_(clock) {}

Task<void> Mirror::run(net::TaskGroup& group) {
  const auto woken = group.on_stop([this] { news_.notify(); });
  while (!group.stopping()) {
    co_await work_off(group);
    if (group.stopping()) break;
    for (auto& inbox : kept_.overdue()) group.spawn(take_leave(std::move(inbox)));
    co_await news_.wait_for(look_again);
  }
}

Task<void> Mirror::work_off(net::TaskGroup& group) {
  auto due = journal_.mirrors_due(clock_.wall(), look_ahead);
  if (!due) {
    log::error("E-MIR-1", "the journal cannot be read: {}", due.error().to_string());
    co_return;
  }
  std::map<AccountId, Batch> by_account;
  for (auto& copy : *due) by_account[copy.recipient.account].push_back(std::move(copy));
  for (auto& [account, batch] : by_account) {
    if (busy_.size() >= options_.accounts_at_once) break;
    const bool counted = is_counted(account);
    if (counted && counted_) continue;
    if (!busy_.insert(account).second) continue;
    if (counted) counted_ = account;
    group.spawn(copy_batch(std::move(batch)));
  }
}

Task<void> Mirror::copy_batch(Batch batch) {
  const AccountId id = batch.front().recipient.account;
  const auto routes = registry_.routes();
  const migration::Account* account = routes->account(id);
  if (account != nullptr) {
    // Usually one side; both only when a cut-over happened while copies were waiting.
    for (const Side side : {Side::old_side, Side::new_side}) {
      Batch here;
      for (const auto& copy : batch)
        if (copy.recipient.mirror == side) here.push_back(copy);
      if (here.empty()) continue;
      Result<void> done;
      if (goes_by_mail(*account, side))
        done = co_await mail_all(*account, side, here);
      else
        done = co_await copy_all(*account, side, here);
      if (!done) co_await put_off(std::move(here), done.error());
    }
  }
  busy_.erase(id);
  if (counted_ == id) counted_.reset();
  news_.notify();
}

bool Mirror::is_counted(AccountId id) const {
  const auto routes = registry_.routes();
  const migration::Account* account = routes->account(id);
  const auto* migration = account == nullptr ? nullptr : registry_.settings(account->migration);
  return migration != nullptr &&
         (migration->old_side.most_connections() > 0 || migration->new_side.most_connections() > 0);
}

// A kept session that has ended meanwhile is replaced, as long as nothing was sent over it.
Task<Result<std::set<std::string>>> Mirror::what_is_there(migration::Account account, Side side,
                                                          KeptInboxes::InboxPtr& inbox,
                                                          std::span<const Pending> copies) {
  if (inbox) {
    auto there = co_await inbox->look(copies);
    if (there) co_return there;
  }
  auto client = co_await access_.open_imap(account, side);
  if (!client) co_return fail(client.error());
  inbox = std::make_unique<MirrorInbox>(std::move(*client), journal_, store_);
  co_return co_await inbox->look(copies);
}

// Leaves in `batch` what was not copied.
Task<Result<void>> Mirror::copy_all(migration::Account account, Side side, Batch& batch) {
  auto inbox = kept_.take(account.id, side);
  while (!batch.empty()) {
    const auto guard = co_await locks_.lock(account.id);
    const std::span<const Pending> some(batch.data(), std::min(batch.size(), at_once));
    const auto there = co_await what_is_there(account, side, inbox, some);
    if (!there) co_return fail(there.error());
    const auto done = co_await copy_some(*inbox, *there, batch);
    if (!done) co_return done;
  }
  if (is_counted(account.id))
    co_await take_leave(std::move(inbox));
  else
    kept_.keep(account.id, side, std::move(inbox));
  co_return Result<void>{};
}

// The first of the batch. What was made before an error is recorded all the same.
Task<Result<void>> Mirror::copy_some(MirrorInbox& inbox, std::set<std::string> there,
                                     Batch& batch) {
  const auto end = batch.begin() + static_cast<std::ptrdiff_t>(std::min(batch.size(), at_once));
  Batch made;
  Batch left;
  std::partition_copy(batch.begin(), end, std::back_inserter(made), std::back_inserter(left),
                      [&](const Pending& copy) { return there.contains(copy.message.trace); });
  batch.erase(batch.begin(), end);
  auto done = co_await append_missing(inbox, left, made);
  std::vector<RecipientRecord> recipients;
  for (const auto& copy : made) recipients.push_back(copy.recipient);
  auto recorded = co_await journal_.mirrors_made(std::move(recipients));
  if (!recorded) std::ranges::move(made, std::back_inserter(left));
  std::ranges::move(left, std::back_inserter(batch));
  if (!recorded) co_return recorded;
  for (const auto& copy : made) tell(copy.recipient);
  co_return done;
}

// Moves what was appended from `missing` to `made`; what the server would not have becomes a debt,
// and other errors concern all that is left.
Task<Result<void>> Mirror::append_missing(MirrorInbox& inbox, Batch& missing, Batch& made) {
  bool one_by_one = false;
  while (!missing.empty()) {
    const std::size_t count = one_by_one ? 1 : inbox.at_once(missing);
    const std::span<const Pending> group(missing.data(), count);
    auto appended = co_await inbox.append(group);
    if (!appended && appended.error().kind != ErrorKind::refused) co_return appended;
    one_by_one = one_by_one || !appended;
    if (!appended && count > 1) continue;
    const auto end = missing.begin() + static_cast<std::ptrdiff_t>(count);
    if (appended)
      std::move(missing.begin(), end, std::back_inserter(made));
    else {
      Batch refused(missing.begin(), end);
      co_await put_off(std::move(refused), appended.error());
    }
    missing.erase(missing.begin(), missing.begin() + static_cast<std::ptrdiff_t>(count));
  }
  co_return Result<void>{};
}

Task<void> Mirror::put_off(Batch batch, Error error) {
  log::warning("W-MIR-2", "{} mirror copies wait: {}", batch.size(), error.to_string());
  const WallTime now = clock_.wall();
  for (const auto& copy : batch) {
    const WallTime due = now + delivery::retry_delay(copy.recipient.attempts);
    const auto recorded = co_await journal_.mirror_failed(copy.recipient, error.to_string(), due);
    if (!recorded) log::error("E-MIR-3", "a debt was not recorded: {}", recorded.error().what);
    tell(copy.recipient);
  }
}

void Mirror::tell(const RecipientRecord& recipient) const {
  events_.publish({.kind = migration::Event::Kind::delivery,
                   .account = recipient.account,
                   .trace_id = recipient.trace});
}

}  // namespace tandem::gateway
