#include "sync/worker.hpp"

#include <algorithm>

#include "lib/base/log.hpp"
#include "lib/net/timer.hpp"
#include "lib/protocol/imap/refusal_words.hpp"
#include "sync/pause.hpp"
#include "sync/transfer.hpp"

namespace tandem::sync {
namespace {

// RFC 2177: at most 29 minutes.
constexpr Duration longest_idle = std::chrono::minutes(28);
// What is delivered to both sides comes within moments: one pass for both.
constexpr Duration settle_time = std::chrono::milliseconds(500);

// An account whose size is not known yet: that is soon found out.
constexpr std::uint64_t first_of_all = ~std::uint64_t{0};

constexpr std::array<Side, 2> both = {Side::old_side, Side::new_side};

}  // namespace

// What is not told stays as it was.
Worker::Seen Worker::seen_in(const imap::response::MailboxStatus& told, Seen before) {
  if ((told.items & imap::status_uid_next) != 0) before.next = told.uid_next;
  if ((told.items & imap::status_messages) != 0) before.messages = told.messages;
  if ((told.items & imap::status_highest_modseq) != 0) before.modseq = told.highest_modseq;
  return before;
}

Worker::Worker(Sync::State& state, net::TaskGroup& group, migration::Account account)
    : state_(state),
      group_(group),
      id_(account.id),
      shown_(std::move(account)),
      bell_(state.executor) {}

void Worker::show(const migration::Account& now) {
  if (now == shown_) return;
  shown_ = now;
  ring();
}

Task<void> Worker::run(std::shared_ptr<Worker> self) {
  co_await self->work();
  self->now_ = WorkerState::ended;
  self->clients_.reset();
  self->tell();
  self->state_.tick.notify();  // it may be wanted again
}

void Worker::tell() const {
  migration::Event event;
  event.account = id_;
  state_.events.publish(event);
}

// The account while it is to be kept alike.
std::optional<migration::Account> Worker::account() const {
  const auto routes = state_.registry.routes();
  const migration::Account* found = routes->account(id_);
  if (found == nullptr || migration::is_left_alone(*found)) return std::nullopt;
  return *found;
}

Task<void> Worker::work() {
  while (!state_.stopping) {
    halted_ = false;
    auto account = this->account();
    if (!account) co_return;
    now_ = WorkerState::waiting_for_a_slot;
    const bool measure = state_.is_limited(id_) && !state_.board.find(id_);
    const auto entered = co_await state_.enter(id_, PlaceFor::background, clients_);
    if (!entered || state_.stopping) co_return;
    const std::uint64_t weight = measure ? first_of_all : state_.weight(id_);
    auto slot = co_await state_.slots.acquire(weight);
    if (!slot || state_.stopping) co_return;
    // Who pauses an account and then sees no pass of it must not meet one that begins.
    now_ = WorkerState::passing;
    account = this->account();
    if (!account) co_return;
    auto lease = state_.leases.take(id_);
    if (!lease) {
      slot.release();
      co_await without_lease(lease.error(), *account);
      continue;
    }
    const SteadyTime began = state_.clock.steady();
    PassSettings settings;
    settings.home = migration::home_of(account->phase);
    settings.all_flags = !flags_at_ || began - *flags_at_ >= state_.options.flag_interval;
    settings.measure = measure;
    settings.let_rest = true;
    settings.halted = &halted_;
    settings.settle = lease->before() == migration::LeaseBefore::other_command_broke_off;
    asked_ = state_.take_request(id_) || asked_;
    if (!measure) settings.retry_skipped = std::exchange(asked_, false);
    const auto done = co_await state_.pass(id_, clients_, settings);
    lease->let_go(done.has_value());
    if (done && measure) {
      state_.board.set_state(id_, migration::CopyState::waiting);
      clients_.reset();  // others may come first
      continue;
    }
    const auto after = this->account();
    if (after && is_elsewhere(*after, settings.home)) continue;  // it was switched meanwhile
    co_await state_.conclude(id_, done);
    slot.release();
    if (state_.stopping) co_return;
    if (!done) {
      co_await after_fault(done.error(), *account);
      continue;
    }
    retry_ = Duration::zero();
    goes_on_at_ = done->waits ? done->waits->goes_on_at : std::nullopt;
    if (settings.all_flags) flags_at_ = began;
    now_ = WorkerState::watching;
    co_await watch();
  }
}

// Usually another process has it, whose lock cannot ring. Looking at it costs next to nothing.
Task<void> Worker::without_lease(Error error, migration::Account entry) {
  if (error.kind != ErrorKind::conflict) {
    const Result<migration::DeltaReport> ended = fail(error);
    co_await state_.conclude(id_, ended);
    co_await after_fault(std::move(error), std::move(entry));
    co_return;
  }
  now_ = WorkerState::held_elsewhere;
  clients_.reset();
  log::info("I-SYNC-17", "account {}: {}", id_, error.what);
  tell();
  do (void)co_await bell_.wait_for(state_.options.first_retry);
  while (!state_.stopping && account() && state_.leases.holder(id_));
}

Task<void> Worker::after_fault(Error error, migration::Account entry) {
  if (error.kind == ErrorKind::cancelled) co_return;
  clients_.reset();
  // A token that the pass itself has stored is nobody's wish.
  if (const auto now = account(); now && stores_tokens(entry)) entry = *now;
  const bool quota = is_over_quota(error);
  if (state_after(error) == migration::CopyState::needs_you && !quota) {
    now_ = WorkerState::needs_you;
    co_await wait_for_person(entry);
    co_return;
  }
  now_ = WorkerState::backing_off;
  const Duration longest = state_.options.longest_retry;
  // Exchange says the same of a wrong password, which is no thing to try often.
  const bool in_doubt = imap::is_not_connected(error.server_words);
  retry_ =
      quota || in_doubt ? longest : std::clamp(retry_ * 2, state_.options.first_retry, longest);
  const Duration asked = asked_to_wait(error).value_or(Duration::zero());
  co_await back_off(std::max(retry_, asked), entry);
}

// A wrong password is tried once. An import or run_now rings.
Task<void> Worker::wait_for_person(migration::Account entry) {
  while (!state_.stopping) {
    const auto now = account();
    if (!now || now->logins != entry.logins || is_asked()) co_return;
    const bool rung = co_await bell_.wait();
    if (!rung) co_return;
  }
}

// The bell is rung for other things too: a decision about deletions, a watch that ended.
Task<void> Worker::back_off(Duration time, migration::Account entry) {
  const Clock& clock = net::clock_of(state_.executor);
  const SteadyTime until = clock.steady() + time;
  while (!state_.stopping && clock.steady() < until) {
    if (account() != entry || is_asked()) {
      retry_ = Duration::zero();
      co_return;
    }
    const bool rung = co_await bell_.wait_for(until - clock.steady());
    if (!rung) co_return;
  }
}

bool Worker::is_asked() const {
  const std::lock_guard lock(state_.mutex);
  return state_.asked.contains(id_);
}

bool Worker::stores_tokens(const migration::Account& account) const {
  return std::ranges::any_of(both, [&](Side side) {
    return state_.access.oauth(account, side) == config::OAuthKind::refresh_token;
  });
}

// How long nothing need be done if nothing happens.
Duration Worker::rest() const {
  Duration longest = state_.options.pass_interval;
  if (goes_on_at_) longest = std::min<Duration>(longest, *goes_on_at_ - state_.clock.wall());
  return std::max<Duration>(longest, state_.options.first_retry);
}

bool Worker::has_idle() const {
  return std::ranges::all_of(clients_.sides,
                             [](const auto& client) { return client->has("IDLE"); });
}

// A POP3 session is over when the pass is: there is nothing to watch, and the next pass looks anew.
// And where a host has few places, others wait for this one.
bool Worker::can_watch() const {
  return !clients_.places.any() &&
         std::ranges::all_of(clients_.sides, [](const auto& client) { return client != nullptr; });
}

Task<void> Worker::watch() {
  if (!can_watch() || state_.watching >= state_.options.watched_accounts) {
    clients_.reset();
    (void)co_await bell_.wait_for(rest());
    co_return;
  }
  ++state_.watching;
  if (has_idle())
    co_await watch_by_idle();
  else
    co_await watch_by_status();
  --state_.watching;
}

Task<void> Worker::watch_by_idle() {
  const auto news = co_await begin_watch();
  if (!news) {
    clients_.reset();
    (void)co_await bell_.wait_for(state_.options.first_retry);
    co_return;
  }
  if (!*news) co_await wait_for_news();
  for (const Side side : both) {
    if (state_.stopping) co_return;
    // What a pass asks for is not to be mixed with what comes unasked. Refused: it is closed.
    (void)co_await clients_.at(side).notify_selected();
  }
  if (!clients_.usable()) clients_.reset();
}

// Opens both INBOXes and asks to hear of all folders, where the server tells of them. True:
// something has changed since the pass, which is not announced any more.
Task<Result<bool>> Worker::begin_watch() {
  const auto rows = state_.ledger.folders(id_);
  // As it is now, a large mailbox is dear to be asked for (decision 30).
  const bool large = rows && std::ranges::any_of(*rows, [this](const FolderRow& row) {
                       return std::ranges::any_of(row.sides, [this](const auto& one) {
                         return one.messages >= state_.options.large_mailbox;
                       });
                     });
  bool news = false;
  for (const Side side : both) {
    net::ImapClient& client = clients_.at(side);
    const std::string inbox("INBOX");
    const auto opened = co_await client.examine(inbox);
    if (!opened) co_return fail(opened.error());
    auto others = co_await client.notify_all(!large);
    if (!others) co_return fail(others.error());
    std::vector<imap::response::MailboxStatus> told;
    if (*others) told = std::move(**others);
    auto& first = told.emplace_back();
    first.name = inbox;
    first.items = imap::status_messages | imap::status_uid_next | imap::status_highest_modseq;
    first.highest_modseq = client.selected().highest_modseq;
    first.messages = client.selected().exists;
    first.uid_next = client.selected().uid_next;
    if (rows) news = tells_news(side, *rows, told) || news;
  }
  co_return news;
}

// Something is neither as the pass left it nor as it was before: seen twice, it is old news. By
// HIGHESTMODSEQ at home alone, where flags are a person's: a pass stores them on the mirror itself.
bool Worker::tells_news(Side side, const std::vector<FolderRow>& rows,
                        const std::vector<imap::response::MailboxStatus>& told) {
  const auto entry = account();
  const bool at_home = entry && migration::home_of(entry->phase) == side;
  std::map<std::string, Seen> now;  // as the pass left them, where nothing else is told
  for (const FolderRow& row : rows) {
    const FolderSide& left = row.at(side);
    if (!left.name.empty()) now[left.name] = {left.next, left.messages, at_home ? left.modseq : 0};
  }
  auto& seen = seen_[static_cast<std::size_t>(side)];
  bool news = false;
  for (const auto& one : told) {
    const auto found = now.find(one.name);
    if (found == now.end()) continue;  // it is not copied
    const Seen left = std::exchange(found->second, seen_in(one, found->second));
    const auto before = seen.find(one.name);
    const bool is_old = before != seen.end() && found->second.is_alike(before->second) &&
                        !before->second.is_behind(found->second);
    const bool is_as_left = found->second.is_alike(left) && !left.is_behind(found->second);
    news = news || (!is_as_left && !is_old);
  }
  seen = std::move(now);
  return news;
}

// Of folders that are copied, while they are watched.
bool Worker::is_news(Side side, const net::ImapChanges& changes) {
  auto& seen = seen_[static_cast<std::size_t>(side)];
  bool news = changes.any_but_folders();
  for (const auto& one : changes.folders) {
    const auto found = seen.find(one.name);
    if (found == seen.end()) continue;
    const Seen now = seen_in(one, found->second);
    news = news || !now.is_alike(found->second) || now.modseq > found->second.modseq;
    found->second = now;
  }
  return news;
}

Task<void> Worker::wait_for_news() {
  listening_ = true;
  for (const Side side : both) {
    ++idling_;
    group_.spawn(idle(side));
  }
  (void)co_await bell_.wait_for(std::min(rest(), longest_idle));
  listening_ = false;
  if (!state_.stopping) (void)co_await net::sleep_for(settle_time);
  for (const Side side : both) clients_.at(side).stop_idle();
  while (idling_ > 0) (void)co_await idle_ended_.wait_through();
}

Task<void> Worker::idle(Side side) {
  net::ImapClient& client = clients_.at(side);
  // An end that was asked for before this began would not be heard any more.
  while (listening_ && !state_.stopping) {
    const auto changed = co_await client.idle(longest_idle);
    if (!changed) client.close();
    if (!changed || !*changed || is_news(side, client.take_changes())) break;
  }
  --idling_;
  // The other one ends because of this: heard later, it would look like news.
  if (std::exchange(listening_, false)) bell_.notify();
  idle_ended_.wake_all();
}

Task<void> Worker::watch_by_status() {
  auto rows = state_.ledger.folders(id_).value_or(std::vector<FolderRow>());
  const SteadyTime until = state_.clock.steady() + rest();
  while (!state_.stopping && state_.clock.steady() < until) {
    const bool rung = co_await bell_.wait_for(state_.options.poll_interval);
    if (rung) co_return;
    const bool changed = co_await inbox_changed(rows);
    if (changed) co_return;
  }
}

// Or a side does not answer any more: the next pass opens it anew.
Task<bool> Worker::inbox_changed(const std::vector<FolderRow>& rows) {
  bool changed = false;
  for (const Side side : both) {
    const std::string inbox("INBOX");
    const imap::StatusItems items = imap::status_messages | imap::status_uid_next;
    auto status = co_await clients_.at(side).status(inbox, items);
    if (!status) {
      clients_.reset();
      co_return true;
    }
    const std::vector<imap::response::MailboxStatus> told(1, std::move(*status));
    changed = tells_news(side, rows, told) || changed;
  }
  co_return changed;
}

void Worker::pause() {
  halted_ = true;
  bell_.notify();
}

void Worker::stop() {
  pause();
  for (const auto& client : clients_.sides)
    if (client && idling_ > 0) client->stop_idle();
}

}  // namespace tandem::sync
