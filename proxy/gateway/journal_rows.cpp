#include "proxy/gateway/journal_rows.hpp"

#include <utility>

#include "lib/base/log.hpp"

namespace tandem::gateway {
namespace {

MirrorState mirror_after(HomeState state) {
  switch (state) {
    case HomeState::accepted: return MirrorState::pending;
    case HomeState::sent:
    case HomeState::owed:
    case HomeState::owed_sent: return MirrorState::waiting;
    case HomeState::refused:
    case HomeState::not_sent:
    case HomeState::returned:
    case HomeState::quarantined:
    case HomeState::dropped: return MirrorState::cancelled;
  }
  return MirrorState::waiting;
}

}  // namespace

Result<void> insert_message(store::Sql& sql, const MessageRecord& message,
                            const std::string& blob) {
  const auto done = sql.execute(
      "INSERT INTO gateway_message (trace, at_ms, sender, received, blob, smtputf8, eight_bit, "
      "report_on, message_id, size, client, ret, envid, require_tls) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
      message.trace, to_ms(message.at), message.sender, message.received, blob, message.smtputf8,
      message.eight_bit, message.report_on, message.message_id, message.size, message.client,
      message.ret, message.envid, message.require_tls);
  if (!done) return fail(done.error());
  return {};
}

Result<void> insert_recipient(store::Sql& sql, const RecipientRecord& row) {
  std::optional<std::int64_t> mirror;
  if (row.mirror) mirror = static_cast<std::int64_t>(*row.mirror);
  const auto done = sql.execute(
      "INSERT INTO gateway_recipient (trace, recipient, account, epoch, home, home_state, mirror, "
      "mirror_state, replay, words, due_ms, tried_ms, fallback, notify, orcpt) "
      "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
      row.trace, row.recipient, row.account, row.epoch, row.home, row.home_state, mirror,
      row.mirror_state, store::Blob{row.replay}, row.words, to_ms(row.due), to_ms(row.tried),
      row.instead, row.notify, row.orcpt);
  if (!done) return fail(done.error());
  return {};
}

Result<void> insert_report(store::Sql& sql, const ReportMail& report, store::BlobRef blob) {
  auto done = insert_message(sql, report.message, blob.to_text());
  if (done) done = insert_recipient(sql, report.recipient);
  return done;
}

// The bytes are needed until nothing is left to be done with them.
Result<void> release_when_done(store::Sql& sql, const std::string& trace) {
  const auto open = sql.integer(
      "SELECT count(*) FROM gateway_recipient WHERE trace = $1 AND "
      "(home_state IN ($2, $3, $4, $5) OR mirror_state IN ($6, $7, $8))",
      trace, HomeState::sent, HomeState::owed, HomeState::owed_sent, HomeState::quarantined,
      MirrorState::waiting, MirrorState::pending, MirrorState::debt);
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

Result<void> set_home(store::Sql& sql, const std::string& trace, const Outcome& outcome) {
  const auto done = sql.execute(
      "UPDATE gateway_recipient SET home_state = $1, "
      "words = CASE WHEN $2 = '' THEN words ELSE $2 END, due_ms = $3, mirror_state = "
      "CASE WHEN mirror_state = $4 THEN $5 ELSE mirror_state END WHERE trace = $6 AND "
      "recipient = $7",
      outcome.state, outcome.words, to_ms(outcome.due), MirrorState::waiting,
      mirror_after(outcome.state), trace, outcome.recipient);
  if (!done) return fail(done.error());
  return release_when_done(sql, trace);
}

const std::string& select_recipients() {
  static const std::string text =
      "SELECT r.id, r.trace, r.recipient, r.account, r.epoch, r.home, r.home_state, r.mirror, "
      "r.mirror_state, r.replay, r.words, r.attempts, r.due_ms, m.at_ms, r.tried_ms, r.doubled, "
      "r.fallback FROM gateway_recipient r JOIN gateway_message m USING (trace) ";
  return text;
}

const std::string& select_pending() {
  static const std::string text =
      "SELECT r.id, r.trace, r.recipient, r.account, r.epoch, r.home, r.home_state, r.mirror, "
      "r.mirror_state, r.replay, r.words, r.attempts, r.due_ms, m.at_ms, r.tried_ms, r.doubled, "
      "r.fallback, m.sender, m.received, m.blob, m.smtputf8, m.eight_bit, m.report_on, m.client, "
      "m.ret, m.envid, r.notify, r.orcpt, m.require_tls, r.delay_told "
      "FROM gateway_recipient r JOIN gateway_message m USING (trace) ";
  return text;
}

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
                      .due = from_ms(rows.integer(12)),
                      .tried = from_ms(rows.integer(14)),
                      .doubled = rows.integer(15) != 0,
                      .instead = rows.as<Instead>(16)};
  if (!rows.is_null(7)) row.mirror = rows.as<Side>(7);
  return row;
}

Pending pending_of(const store::Rows& rows) {
  Pending one{.recipient = recipient_of(rows)};
  one.message = {.trace = one.recipient.trace,
                 .at = one.recipient.at,
                 .sender = rows.text(17),
                 .received = rows.text(18),
                 .blob = store::BlobRef::from_text(rows.view(19)).value_or(store::BlobRef{}),
                 .smtputf8 = rows.integer(20) != 0,
                 .eight_bit = rows.integer(21) != 0,
                 .require_tls = rows.integer(28) != 0,
                 .report_on = rows.text(22),
                 .ret = rows.text(24),
                 .envid = rows.text(25),
                 .client = rows.text(23)};
  one.recipient.notify = rows.text(26);
  one.recipient.orcpt = rows.text(27);
  one.recipient.delay_told = rows.integer(29) != 0;
  return one;
}

void commit_later(store::Store& store, store::Unit unit, std::string_view what) {
  const auto taken = store.committer().commit_later(std::move(unit));
  if (!taken)
    log::warning("W-GATE-1", "the journal did not take '{}': {}", what, taken.error().to_string());
}

Task<Result<void>> commit(store::Store& store, store::Unit unit) {
  const auto done = co_await store.committer().commit(std::move(unit));
  if (!done) co_return fail(done.error());
  co_return Result<void>{};
}

}  // namespace tandem::gateway
