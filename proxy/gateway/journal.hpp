// The journal: what the gateway has promised, row by row (journal_record.hpp). Everything that is
// promised to somebody is durable before he hears it; crash safety is the table in
// docs/crash-states.md.
//
// Any thread; the coroutines wait for durability.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/net/task.hpp"
#include "lib/store/store.hpp"
#include "migration/views.hpp"
#include "proxy/gateway/journal_record.hpp"
#include "proxy/gateway/lately.hpp"

namespace tandem::gateway {

using net::Task;

class Journal {
 public:
  [[nodiscard]] static store::Schema schema();
  explicit Journal(store::Store& store) : store_(store) {}

  // J1 and J2 in one: bytes, envelope, T, H, "sent". Durable when it returns: only then the dot.
  // The bytes can be read back under the ref.
  Task<Result<store::BlobRef>> begin(MessageRecord message, std::vector<RecipientRecord> recipients,
                                     store::BlobDraft body);
  // A transaction that is not stored (one home side, no mirror): what it delivers is remembered
  // from before the dot on, and its outcome is noted for the list of deliveries. Nobody waits.
  void passing(const std::vector<RecipientRecord>& recipients) { lately_.add(recipients); }
  void note(MessageRecord message, std::vector<RecipientRecord> recipients);
  // J3, before the client is answered: a replay that follows finds the outcome, not a doubt. If it
  // fails, a restart finds "sent" and looks into the mailbox. Reports on what is `returned` are
  // durable with it.
  Task<Result<void>> home_answered(std::string trace, std::vector<Outcome> outcomes,
                                   std::vector<ReportMail> reports);
  // J4: the client has read our 250 for this recipient; identical bytes are a new message from now
  // on.
  void answer_read(Promise promise);

  // A recipient with this H that was delivered, is in doubt or is ours to deliver, and whose
  // answer the client has not provably seen (R11).
  [[nodiscard]] Result<std::optional<RecipientRecord>> unseen(const std::string& replay,
                                                              WallTime not_before) const;
  // After a restart, and for the doubt worker: sent, owed_sent.
  [[nodiscard]] Result<std::vector<RecipientRecord>> in_doubt() const;
  // A doubt is over: `sent` becomes accepted or not_sent, `owed_sent` becomes accepted or owed
  // again. `doubled`: it is sent again although it may have arrived. An answer that came meanwhile
  // stands.
  Task<Result<void>> resolve(RecipientRecord recipient, bool arrived, bool doubled);

  [[nodiscard]] Result<std::vector<Pending>> mirrors_due(WallTime now, std::size_t limit) const;
  // The highest row there is. A row with a higher number was recorded later; one that was recorded
  // later may have a lower number, since rows are forgotten.
  [[nodiscard]] Result<std::int64_t> newest_recipient() const;
  Task<Result<void>> mirrors_made(std::vector<RecipientRecord> recipients);
  Task<Result<void>> mirror_failed(RecipientRecord recipient, std::string words, WallTime due);

  [[nodiscard]] Result<std::vector<Pending>> owed_due(WallTime now, std::size_t limit) const;
  // Before the dot of an attempt goes to `recipient.home`: owed_sent, with that home, epoch and
  // mirror. Durable when it returns. Error conflict: it is not owed any more.
  Task<Result<void>> owed_sending(RecipientRecord recipient, WallTime now);
  // The attempt's end, by the row's id; `report` is durable with it.
  Task<Result<void>> owed_ended(RecipientRecord recipient, Outcome outcome,
                                std::optional<ReportMail> report);
  // What a person asks: an owed, quarantined or failed copy is tried now. not_found: nothing is
  // owed under this trace id (and recipient, where one is given).
  Task<Result<std::uint64_t>> retry(std::string trace, std::string recipient, WallTime now);
  // What is owed, quarantined or a debt is given up. The reason is kept with the row.
  Task<Result<std::uint64_t>> drop(std::string trace, std::string recipient, std::string reason);

  // Did a home side take mail for this recipient since then? (R12)
  [[nodiscard]] bool had_mail(const std::string& recipient, WallTime since) const;
  // Did this message pass us for this recipient before?
  [[nodiscard]] bool passed(const std::string& trace, const std::string& recipient) const;
  [[nodiscard]] std::uint64_t pending_mirrors(AccountId account) const;
  [[nodiscard]] std::vector<migration::Delivery> recent(std::size_t limit,
                                                        const std::string& search) const;
  [[nodiscard]] std::vector<migration::QueueItem> queue(std::size_t limit) const;
  [[nodiscard]] migration::DeliveryCounts counts(const std::string& migration) const;

 private:
  store::Store& store_;
  Lately lately_;
};

}  // namespace tandem::gateway
