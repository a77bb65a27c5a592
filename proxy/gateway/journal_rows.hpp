// The journal's rows to and from SQL. Internal to the journal's files.
#pragma once

#include <string>

#include "lib/net/task.hpp"
#include "lib/store/store.hpp"
#include "proxy/gateway/journal_record.hpp"

namespace tandem::gateway {

using net::Task;

[[nodiscard]] inline std::int64_t to_ms(WallTime at) {
  return at.time_since_epoch().count();
}
[[nodiscard]] inline WallTime from_ms(std::int64_t ms) {
  return WallTime{Duration{ms}};
}

[[nodiscard]] Result<void> insert_message(store::Sql& sql, const MessageRecord& message,
                                          const std::string& blob);
[[nodiscard]] Result<void> insert_recipient(store::Sql& sql, const RecipientRecord& row);
// A message of our own, owed to `report.recipient`.
[[nodiscard]] Result<void> insert_report(store::Sql& sql, const ReportMail& report,
                                         store::BlobRef blob);
// Moves a recipient on, and its mirror with it (R3, R8). Bytes nobody needs any more are released.
[[nodiscard]] Result<void> set_home(store::Sql& sql, const std::string& trace,
                                    const Outcome& outcome);
[[nodiscard]] Result<void> release_when_done(store::Sql& sql, const std::string& trace);

// SELECT … up to the WHERE, for recipient_of and pending_of.
[[nodiscard]] const std::string& select_recipients();
[[nodiscard]] const std::string& select_pending();
[[nodiscard]] RecipientRecord recipient_of(const store::Rows& rows);
[[nodiscard]] Pending pending_of(const store::Rows& rows);

// A change nobody waits for: it is durable before anything that follows it.
void commit_later(store::Store& store, store::Unit unit, std::string_view what);
Task<Result<void>> commit(store::Store& store, store::Unit unit);

}  // namespace tandem::gateway
