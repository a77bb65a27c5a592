// What is owed, in the journal.
#include <utility>

#include "proxy/gateway/journal.hpp"
#include "proxy/gateway/journal_rows.hpp"

namespace tandem::gateway {
namespace {

// The recipients of a trace, or the one that is named.
struct Chosen {
  const std::string& trace;
  const std::string& recipient;
};

Result<std::vector<std::string>> in_state(store::Sql& sql, Chosen chosen, HomeState one,
                                          HomeState other) {
  std::vector<std::string> found;
  auto rows = sql.query(
      "SELECT recipient FROM gateway_recipient WHERE trace = $1 AND ($2 = '' OR recipient = $2) "
      "AND home_state IN ($3, $4)",
      chosen.trace, chosen.recipient, one, other);
  while (rows.next()) found.push_back(rows.text(0));
  if (!rows.status()) return fail(rows.status().error());
  return found;
}

std::unexpected<Error> nothing_there(const std::string& trace) {
  return fail(Error{.kind = ErrorKind::not_found,
                    .what = "nothing that waits has the trace id " + trace,
                    .next_step = "List what waits: tandemail queue"});
}

}  // namespace

Result<std::vector<Pending>> Journal::owed_due(WallTime now, std::size_t limit) const {
  return store_.read([&](store::Sql& sql) -> Result<std::vector<Pending>> {
    static const std::string text =
        select_pending() + "WHERE r.home_state = 4 AND r.due_ms <= $1 ORDER BY r.due_ms LIMIT $2";
    std::vector<Pending> due;
    auto rows = sql.query(text, to_ms(now), limit);
    while (rows.next()) due.push_back(pending_of(rows));
    if (!rows.status()) return fail(rows.status().error());
    return due;
  });
}

Task<Result<void>> Journal::owed_sending(RecipientRecord recipient, WallTime now) {
  std::optional<std::int64_t> mirror;
  if (recipient.mirror) mirror = static_cast<std::int64_t>(*recipient.mirror);
  const MirrorState state = recipient.mirror ? MirrorState::waiting : MirrorState::none;
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    const auto done = sql.execute(
        "UPDATE gateway_recipient SET home_state = $1, home = $2, account = $3, epoch = $4, "
        "mirror = $5, mirror_state = $6, tried_ms = $7, attempts = attempts + 1 "
        "WHERE id = $8 AND home_state = $9",
        HomeState::owed_sent, recipient.home, recipient.account, recipient.epoch, mirror, state,
        to_ms(now), recipient.id, HomeState::owed);
    if (!done) return fail(done.error());
    if (*done == 0) return fail(ErrorKind::conflict, recipient.trace + " is not owed any more");
    return {};
  };
  co_return co_await commit(store_, std::move(unit));
}

Task<Result<void>> Journal::owed_ended(RecipientRecord recipient, Outcome outcome,
                                       std::optional<ReportMail> report) {
  store::Unit unit;
  if (report) unit.blobs.push_back(std::move(report->bytes));
  unit.apply = [&](store::Sql& sql, std::span<const store::BlobRef> blobs) -> Result<void> {
    const auto open = sql.integer(
        "SELECT count(*) FROM gateway_recipient WHERE id = $1 AND home_state IN ($2, $3)",
        recipient.id, HomeState::owed, HomeState::owed_sent);
    if (!open) return fail(open.error());
    if (open->value_or(0) == 0)
      return fail(ErrorKind::conflict, recipient.trace + " is not owed any more");
    // An attempt that ended before its dot is counted here; delivered, the mirror begins anew.
    const auto counted = sql.execute(
        "UPDATE gateway_recipient SET attempts = CASE WHEN $1 = $2 THEN 0 WHEN home_state = $3 "
        "THEN attempts + 1 ELSE attempts END WHERE id = $4",
        outcome.state, HomeState::accepted, HomeState::owed, recipient.id);
    if (!counted) return fail(counted.error());
    if (auto done = set_home(sql, recipient.trace, outcome); !done) return done;
    if (outcome.state == HomeState::owed && report) {
      const auto told =
          sql.execute("UPDATE gateway_recipient SET delay_told = 1 WHERE id = $1", recipient.id);
      if (!told) return fail(told.error());
    }
    return report ? insert_report(sql, *report, blobs[0]) : Result<void>{};
  };
  co_return co_await commit(store_, std::move(unit));
}

Task<Result<std::uint64_t>> Journal::retry(std::string trace, std::string recipient, WallTime now) {
  std::uint64_t count = 0;
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    const auto owed = in_state(sql, {trace, recipient}, HomeState::owed, HomeState::quarantined);
    if (!owed) return fail(owed.error());
    for (const auto& one : *owed) {
      const Outcome again{.recipient = one, .state = HomeState::owed, .due = now};
      if (auto done = set_home(sql, trace, again); !done) return done;
    }
    const auto debts = sql.execute(
        "UPDATE gateway_recipient SET due_ms = $1 WHERE trace = $2 AND ($3 = '' OR recipient = $3) "
        "AND mirror_state = $4",
        to_ms(now), trace, recipient, MirrorState::debt);
    if (!debts) return fail(debts.error());
    count = owed->size() + static_cast<std::uint64_t>(*debts);
    return {};
  };
  const auto done = co_await commit(store_, std::move(unit));
  if (!done) co_return fail(done.error());
  if (count == 0) co_return nothing_there(trace);
  co_return count;
}

Task<Result<std::uint64_t>> Journal::drop(std::string trace, std::string recipient,
                                          std::string reason) {
  std::uint64_t count = 0;
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    const auto owed = in_state(sql, {trace, recipient}, HomeState::owed, HomeState::quarantined);
    if (!owed) return fail(owed.error());
    for (const auto& one : *owed) {
      const Outcome given_up{.recipient = one, .state = HomeState::dropped, .words = reason};
      if (auto done = set_home(sql, trace, given_up); !done) return done;
    }
    const auto debts = sql.execute(
        "UPDATE gateway_recipient SET mirror_state = $1, words = $2 WHERE trace = $3 AND "
        "($4 = '' OR recipient = $4) AND mirror_state = $5",
        MirrorState::waived, reason, trace, recipient, MirrorState::debt);
    if (!debts) return fail(debts.error());
    count = owed->size() + static_cast<std::uint64_t>(*debts);
    return release_when_done(sql, trace);
  };
  const auto done = co_await commit(store_, std::move(unit));
  if (!done) co_return fail(done.error());
  if (count == 0) co_return nothing_there(trace);
  co_return count;
}

}  // namespace tandem::gateway
