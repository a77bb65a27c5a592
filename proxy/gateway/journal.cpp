// A transaction in the journal: from before its dot to the end of its doubts.
#include "proxy/gateway/journal.hpp"

#include <utility>

#include "proxy/gateway/journal_rows.hpp"

namespace tandem::gateway {
namespace {

Result<void> insert_all(store::Sql& sql, const MessageRecord& message, const std::string& blob,
                        const std::vector<RecipientRecord>& recipients) {
  auto done = insert_message(sql, message, blob);
  for (const auto& row : recipients) {
    if (!done) return done;
    done = insert_recipient(sql, row);
  }
  return done;
}

}  // namespace

Task<Result<store::BlobRef>> Journal::begin(MessageRecord message,
                                            std::vector<RecipientRecord> recipients,
                                            store::BlobDraft body) {
  store::Unit unit;
  unit.blobs.push_back(std::move(body));
  unit.apply = [&message, &recipients](store::Sql& sql, std::span<const store::BlobRef> blobs) {
    return insert_all(sql, message, blobs[0].to_text(), recipients);
  };
  const auto done = co_await store_.committer().commit(std::move(unit));
  if (!done) co_return fail(done.error());
  co_return done->front();
}

void Journal::note(MessageRecord message, std::vector<RecipientRecord> recipients) {
  std::vector<RecipientRecord> refused;
  for (const auto& one : recipients)
    if (one.home_state == HomeState::refused) refused.push_back(one);
  lately_.add(recipients);
  lately_.forget(refused);
  store::Unit unit;
  unit.apply = [message = std::move(message), recipients = std::move(recipients)](
                   store::Sql& sql, std::span<const store::BlobRef>) {
    return insert_all(sql, message, "", recipients);
  };
  commit_later(store_, std::move(unit), "delivery");
}

Task<Result<void>> Journal::home_answered(std::string trace, std::vector<Outcome> outcomes,
                                          std::vector<ReportMail> reports) {
  store::Unit unit;
  for (auto& report : reports) unit.blobs.push_back(std::move(report.bytes));
  unit.apply = [&](store::Sql& sql, std::span<const store::BlobRef> blobs) -> Result<void> {
    for (const auto& outcome : outcomes)
      if (auto done = set_home(sql, trace, outcome); !done) return done;
    for (std::size_t i = 0; i < reports.size(); ++i)
      if (auto done = insert_report(sql, reports[i], blobs[i]); !done) return done;
    return {};
  };
  co_return co_await commit(store_, std::move(unit));
}

void Journal::answer_read(Promise promise) {
  lately_.answer_read(promise);
  store::Unit unit;
  unit.apply = [promise = std::move(promise)](store::Sql& sql,
                                              std::span<const store::BlobRef>) -> Result<void> {
    const auto done = sql.execute(
        "UPDATE gateway_recipient SET seen = 1 WHERE trace = $1 AND replay = $2 AND "
        "home_state <> $3",
        promise.trace, store::Blob{promise.replay}, HomeState::sent);
    if (!done) return fail(done.error());
    return {};
  };
  commit_later(store_, std::move(unit), "answer read");
}

Result<std::optional<RecipientRecord>> Journal::unseen(const std::string& replay,
                                                       WallTime not_before) const {
  const auto lately = lately_.with(replay);
  if (lately && !lately_.was_read(*lately) && lately->at >= not_before) return lately;
  return store_.read([&](store::Sql& sql) -> Result<std::optional<RecipientRecord>> {
    static const std::string text =
        select_recipients() +
        "WHERE r.replay = $1 AND r.seen = 0 AND r.home_state NOT IN (2, 3) AND m.at_ms >= $2 "
        "ORDER BY r.id DESC LIMIT 16";
    auto rows = sql.query(text, store::Blob{replay}, to_ms(not_before));
    while (rows.next()) {
      RecipientRecord row = recipient_of(rows);
      if (!lately_.was_read(row)) return row;
    }
    if (!rows.status()) return fail(rows.status().error());
    return std::nullopt;
  });
}

Result<std::vector<RecipientRecord>> Journal::in_doubt() const {
  return store_.read([&](store::Sql& sql) -> Result<std::vector<RecipientRecord>> {
    static const std::string text = select_recipients() + "WHERE r.home_state IN (0, 5)";
    std::vector<RecipientRecord> found;
    auto rows = sql.query(text);
    while (rows.next()) found.push_back(recipient_of(rows));
    if (!rows.status()) return fail(rows.status().error());
    return found;
  });
}

Task<Result<void>> Journal::resolve(RecipientRecord recipient, bool arrived, bool doubled) {
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    const auto now = sql.integer(
        "SELECT home_state FROM gateway_recipient WHERE trace = $1 AND recipient = $2 AND "
        "home_state IN (0, 5)",
        recipient.trace, recipient.recipient);
    if (!now) return fail(now.error());
    if (!now->has_value()) return {};
    const bool ours = static_cast<HomeState>(**now) == HomeState::owed_sent;
    const HomeState absent = ours ? HomeState::owed : HomeState::not_sent;
    Outcome outcome{.recipient = recipient.recipient,
                    .state = arrived ? HomeState::accepted : absent};
    if (!arrived) outcome.words = recipient.words;
    if (doubled) {
      const auto marked = sql.execute(
          "UPDATE gateway_recipient SET doubled = 1 WHERE trace = $1 AND recipient = $2",
          recipient.trace, recipient.recipient);
      if (!marked) return fail(marked.error());
    }
    return set_home(sql, recipient.trace, outcome);
  };
  const auto done = co_await commit(store_, std::move(unit));
  if (done) lately_.forget({recipient});
  co_return done;
}

}  // namespace tandem::gateway
