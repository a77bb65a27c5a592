#include "proxy/gateway/mirror.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

#include "lib/base/log.hpp"
#include "lib/delivery/retry_schedule.hpp"
#include "proxy/gateway/trace_search.hpp"

namespace tandem::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t look_ahead = 200;  // rows read from the journal at a time
constexpr Duration look_again = 1s;      // for debts that fall due
// Copies made while the account is locked, and looked for in one search: its line stays short.
constexpr std::size_t at_once = 10;

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
      news_(std::move(executor)) {}

Task<void> Mirror::run(net::TaskGroup& group) {
  const auto woken = group.on_stop([this] { news_.notify(); });
  while (!group.stopping()) {
    co_await work_off(group);
    if (group.stopping()) break;
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
    if (!busy_.insert(account).second) continue;
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
  news_.notify();
}

// Leaves in `batch` what was not copied.
Task<Result<void>> Mirror::copy_all(migration::Account account, Side side, Batch& batch) {
  auto client = co_await access_.open_imap(account, side);
  if (!client) co_return fail(client.error());
  while (!batch.empty()) {
    const auto guard = co_await locks_.lock(account.id);
    const auto done = co_await copy_some(**client, batch);
    if (!done) co_return done;
  }
  co_await (*client)->logout();
  co_return Result<void>{};
}

// A copy that was made, or that the server would not have, leaves the batch; other errors concern
// all of it.
Task<Result<void>> Mirror::leave(Batch& batch, Result<void> done) {
  if (!done && done.error().kind != ErrorKind::refused) co_return done;
  if (!done) {
    Batch refused(batch.begin(), batch.begin() + 1);
    co_await put_off(std::move(refused), done.error());
  }
  batch.erase(batch.begin());
  co_return Result<void>{};
}

// The first of the batch. What was made before an error is recorded all the same.
Task<Result<void>> Mirror::copy_some(net::ImapClient& client, Batch& batch) {
  Batch made;
  auto done = co_await append_missing(client, batch, made);
  std::vector<RecipientRecord> recipients;
  for (const auto& copy : made) recipients.push_back(copy.recipient);
  auto recorded = co_await journal_.mirrors_made(std::move(recipients));
  if (!recorded) {
    std::ranges::move(batch, std::back_inserter(made));
    batch = std::move(made);
    co_return recorded;
  }
  for (const auto& copy : made) tell(copy.recipient);
  co_return done;
}

Task<Result<void>> Mirror::append_missing(net::ImapClient& client, Batch& batch, Batch& made) {
  const std::size_t count = std::min(batch.size(), at_once);
  std::vector<Sought> sought;
  for (std::size_t i = 0; i < count; ++i)
    sought.push_back({batch[i].message.trace, batch[i].message.at});
  const auto there = co_await traces_in(client, "INBOX", std::move(sought));
  if (!there) co_return fail(there.error());
  for (std::size_t i = 0; i < count; ++i) {
    const Pending copy = batch.front();
    Result<void> appended;
    if (!there->contains(copy.message.trace)) appended = co_await append(client, copy);
    if (appended) made.push_back(copy);
    const auto left = co_await leave(batch, std::move(appended));
    if (!left) co_return left;
  }
  co_return Result<void>{};
}

Task<Result<void>> Mirror::append(net::ImapClient& client, const Pending& copy) {
  auto body = store_.blobs().open(copy.message.blob);
  if (!body) co_return fail(body.error());
  net::ImapAppend item;
  item.size = copy.message.received.size() + body->size();
  const auto received = std::chrono::floor<std::chrono::seconds>(copy.message.at);
  item.date = imap::DateTime{.unix_seconds = received.time_since_epoch().count()};
  const auto tag = co_await client.send_append("INBOX", std::move(item));
  if (!tag) co_return fail(tag.error());
  auto sent = co_await client.append_bytes(copy.message.received);
  while (sent && body->position() < body->size()) {
    const auto piece = body->next();
    if (!piece) {
      client.close();  // fewer bytes than announced: nothing of it may be taken for a message
      co_return fail(piece.error());
    }
    sent = co_await client.append_bytes(*piece);
  }
  if (!sent) co_return sent;
  const auto ended = co_await client.append_end();
  if (!ended) co_return ended;
  const auto completed = co_await client.finish_ok(*tag, "APPEND of a mirror copy");
  if (!completed) co_return fail(completed.error());
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
