#include "proxy/gateway/journal.hpp"

#include <array>
#include <utility>

#include "lib/base/log.hpp"

namespace tandem::gateway {
namespace {

constexpr std::size_t seen_kept = 4096;

constexpr std::array<std::string_view, 4> home_names = {"waiting", "delivered", "refused",
                                                        "not sent"};
static_assert(home_names.size() == static_cast<std::size_t>(HomeState::not_sent) + 1);
constexpr std::array<std::string_view, 6> mirror_names = {"none",   "waiting", "pending",
                                                          "copied", "debt",    "cancelled"};
static_assert(mirror_names.size() == static_cast<std::size_t>(MirrorState::cancelled) + 1);

std::int64_t to_ms(WallTime at) {
  return at.time_since_epoch().count();
}
WallTime from_ms(std::int64_t ms) {
  return WallTime{Duration{ms}};
}

Result<void> insert_message(store::Sql& sql, const MessageRecord& message,
                            const std::string& blob) {
  const auto done = sql.execute(
      "INSERT INTO gateway_message (trace, at_ms, sender, received, blob) "
      "VALUES ($1, $2, $3, $4, $5)",
      message.trace, to_ms(message.at), message.sender, message.received, blob);
  if (!done) return fail(done.error());
  return {};
}

Result<void> insert_recipient(store::Sql& sql, const RecipientRecord& row, bool seen) {
  std::optional<std::int64_t> mirror;
  if (row.mirror) mirror = static_cast<std::int64_t>(*row.mirror);
  const auto done = sql.execute(
      "INSERT INTO gateway_recipient (trace, recipient, account, epoch, home, home_state, mirror, "
      "mirror_state, replay, seen, words) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
      row.trace, row.recipient, row.account, row.epoch, row.home, row.home_state, mirror,
      row.mirror_state, store::Blob{row.replay}, seen, row.words);
  if (!done) return fail(done.error());
  return {};
}

// The bytes are needed until no recipient's copy is still to be made.
Result<void> release_when_done(store::Sql& sql, const std::string& trace) {
  const auto open = sql.integer(
      "SELECT count(*) FROM gateway_recipient WHERE trace = $1 AND "
      "(home_state = $2 OR mirror_state IN ($3, $4, $5))",
      trace, HomeState::sent, MirrorState::waiting, MirrorState::pending, MirrorState::debt);
  if (!open) return fail(open.error());
  if (open->value_or(0) > 0) return {};
  const auto blob = sql.text("SELECT blob FROM gateway_message WHERE trace = $1", trace);
  if (!blob) return fail(blob.error());
  const auto ref = store::BlobRef::from_text(blob->value_or(""));
  if (!ref) return {};
  if (auto released = store::release(sql, *ref); !released) return released;
  const auto done = sql.execute("UPDATE gateway_message SET blob = '' WHERE trace = $1", trace);
  if (!done) return fail(done.error());
  return {};
}

Result<void> set_home(store::Sql& sql, const std::string& trace, HomeState state,
                      const std::string& words) {
  const bool accepted = state == HomeState::accepted;
  const auto done = sql.execute(
      "UPDATE gateway_recipient SET home_state = $1, words = $2, mirror_state = "
      "CASE WHEN mirror_state = $3 THEN $4 ELSE mirror_state END WHERE trace = $5",
      state, words, MirrorState::waiting, accepted ? MirrorState::pending : MirrorState::cancelled,
      trace);
  if (!done) return fail(done.error());
  return release_when_done(sql, trace);
}

constexpr std::string_view recipient_columns =
    "r.id, r.trace, r.recipient, r.account, r.epoch, r.home, r.home_state, r.mirror, "
    "r.mirror_state, r.replay, r.words, r.attempts, r.due_ms, m.at_ms";

RecipientRecord recipient_of(const store::Rows& rows) {
  RecipientRecord row{.id = rows.integer(0),
                      .trace = rows.text(1),
                      .recipient = rows.text(2),
                      .account = rows.integer(3),
                      .epoch = static_cast<std::uint64_t>(rows.integer(4)),
                      .home = rows.as<Side>(5),
                      .home_state = rows.as<HomeState>(6),
                      .mirror_state = rows.as<MirrorState>(8),
                      .replay = rows.text(9),
                      .at = from_ms(rows.integer(13)),
                      .words = rows.text(10),
                      .attempts = static_cast<unsigned>(rows.integer(11)),
                      .due = from_ms(rows.integer(12))};
  if (!rows.is_null(7)) row.mirror = rows.as<Side>(7);
  return row;
}

// A change nobody waits for: it is durable before anything that follows it.
void later(store::Store& store, store::Unit unit, std::string_view what) {
  const auto taken = store.committer().commit_later(std::move(unit));
  if (!taken)
    log::warning("W-GATE-1", "the journal did not take '{}': {}", what, taken.error().to_string());
}

Task<Result<void>> commit(store::Store& store, store::Unit unit) {
  const auto done = co_await store.committer().commit(std::move(unit));
  if (!done) co_return fail(done.error());
  co_return Result<void>{};
}

}  // namespace

std::string_view name_of(HomeState state) {
  return home_names[static_cast<std::size_t>(state)];
}
std::string_view name_of(MirrorState state) {
  return mirror_names[static_cast<std::size_t>(state)];
}

Task<Result<store::BlobRef>> Journal::begin(MessageRecord message,
                                            std::vector<RecipientRecord> recipients,
                                            store::BlobDraft body) {
  store::Unit unit;
  unit.blobs.push_back(std::move(body));
  unit.apply = [&message, &recipients](store::Sql& sql,
                                       std::span<const store::BlobRef> blobs) -> Result<void> {
    auto done = insert_message(sql, message, blobs[0].to_text());
    for (const auto& row : recipients) {
      if (!done) return done;
      done = insert_recipient(sql, row, false);
    }
    return done;
  };
  const auto done = co_await store_.committer().commit(std::move(unit));
  if (!done) co_return fail(done.error());
  co_return done->front();
}

void Journal::note(MessageRecord message, std::vector<RecipientRecord> recipients) {
  store::Unit unit;
  unit.apply = [message = std::move(message), recipients = std::move(recipients)](
                   store::Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    auto done = insert_message(sql, message, "");
    for (const auto& row : recipients) {
      if (!done) return done;
      done = insert_recipient(sql, row, true);
    }
    return done;
  };
  later(store_, std::move(unit), "delivery");
}

Task<Result<void>> Journal::home_answered(std::string trace, bool accepted, std::string words) {
  store::Unit unit;
  unit.apply = [&trace, accepted, &words](store::Sql& sql, std::span<const store::BlobRef>) {
    return set_home(sql, trace, accepted ? HomeState::accepted : HomeState::refused, words);
  };
  co_return co_await commit(store_, std::move(unit));
}

void Journal::SeenLately::add(const std::string& trace) {
  const std::lock_guard lock(mutex_);
  order_.push_back(trace);
  traces_.insert(trace);
  if (order_.size() <= seen_kept) return;  // the oldest have long been durable
  traces_.erase(order_.front());
  order_.pop_front();
}

bool Journal::SeenLately::contains(const std::string& trace) const {
  const std::lock_guard lock(mutex_);
  return traces_.contains(trace);
}

void Journal::answer_seen(std::string trace) {
  seen_.add(trace);
  store::Unit unit;
  unit.apply = [trace = std::move(trace)](store::Sql& sql,
                                          std::span<const store::BlobRef>) -> Result<void> {
    const auto done =
        sql.execute("UPDATE gateway_recipient SET seen = 1 WHERE trace = $1 AND home_state <> $2",
                    trace, HomeState::sent);
    if (!done) return fail(done.error());
    return {};
  };
  later(store_, std::move(unit), "answer seen");
}

Task<Result<void>> Journal::resolve(std::string trace, HomeState state) {
  store::Unit unit;
  unit.apply = [&trace, state](store::Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    // Only what is still in doubt: an answer that came meanwhile stands.
    const auto open =
        sql.integer("SELECT count(*) FROM gateway_recipient WHERE trace = $1 AND home_state = $2",
                    trace, HomeState::sent);
    if (!open) return fail(open.error());
    if (open->value_or(0) == 0) return {};
    return set_home(sql, trace, state, "");
  };
  co_return co_await commit(store_, std::move(unit));
}

Task<Result<void>> Journal::mirror_made(RecipientRecord recipient) {
  store::Unit unit;
  unit.apply = [&recipient](store::Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    const auto done =
        sql.execute("UPDATE gateway_recipient SET mirror_state = $1, words = '' WHERE id = $2",
                    MirrorState::made, recipient.id);
    if (!done) return fail(done.error());
    return release_when_done(sql, recipient.trace);
  };
  co_return co_await commit(store_, std::move(unit));
}

Task<Result<void>> Journal::mirror_failed(RecipientRecord recipient, std::string words,
                                          WallTime due) {
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    const auto done = sql.execute(
        "UPDATE gateway_recipient SET mirror_state = $1, words = $2, attempts = attempts + 1, "
        "due_ms = $3 WHERE id = $4",
        MirrorState::debt, words, to_ms(due), recipient.id);
    if (!done) return fail(done.error());
    return {};
  };
  co_return co_await commit(store_, std::move(unit));
}

Result<std::optional<RecipientRecord>> Journal::unseen(const std::string& replay,
                                                       WallTime not_before) const {
  return store_.read([&](store::Sql& sql) -> Result<std::optional<RecipientRecord>> {
    static const std::string text =
        "SELECT " + std::string(recipient_columns) +
        " FROM gateway_recipient r JOIN gateway_message m USING (trace) WHERE r.replay = $1 AND "
        "r.seen = 0 AND r.home_state IN (0, 1) AND m.at_ms >= $2 ORDER BY r.id DESC LIMIT 16";
    auto rows = sql.query(text, store::Blob{replay}, to_ms(not_before));
    while (rows.next()) {
      RecipientRecord row = recipient_of(rows);
      if (!seen_.contains(row.trace)) return row;
    }
    if (!rows.status()) return fail(rows.status().error());
    return std::nullopt;
  });
}

Result<std::vector<RecipientRecord>> Journal::in_doubt() const {
  return store_.read([&](store::Sql& sql) -> Result<std::vector<RecipientRecord>> {
    static const std::string text =
        "SELECT " + std::string(recipient_columns) +
        " FROM gateway_recipient r JOIN gateway_message m USING (trace) "
        "WHERE r.home_state = 0";
    std::vector<RecipientRecord> found;
    auto rows = sql.query(text);
    while (rows.next()) found.push_back(recipient_of(rows));
    if (!rows.status()) return fail(rows.status().error());
    return found;
  });
}

Result<std::vector<PendingMirror>> Journal::mirrors_due(WallTime now, std::size_t limit) const {
  return store_.read([&](store::Sql& sql) -> Result<std::vector<PendingMirror>> {
    static const std::string text =
        "SELECT " + std::string(recipient_columns) +
        ", m.sender, m.received, m.blob FROM gateway_recipient r "
        "JOIN gateway_message m USING (trace) WHERE r.mirror_state IN (2, 4) AND r.due_ms <= $1 "
        "ORDER BY r.id LIMIT $2";
    std::vector<PendingMirror> due;
    auto rows = sql.query(text, to_ms(now), limit);
    while (rows.next()) {
      PendingMirror one{.recipient = recipient_of(rows)};
      one.message = {.trace = one.recipient.trace,
                     .at = one.recipient.at,
                     .sender = rows.text(14),
                     .received = rows.text(15),
                     .blob = store::BlobRef::from_text(rows.view(16)).value_or(store::BlobRef{})};
      due.push_back(std::move(one));
    }
    if (!rows.status()) return fail(rows.status().error());
    return due;
  });
}

}  // namespace tandem::gateway
