// Between rows of the ledger and values. Internal to Ledger.
#pragma once

#include "lib/store/sql.hpp"
#include "sync/ledger.hpp"

namespace tandem::sync {

// In columns of both sides. Four times as much: gone since the last complete pass.
[[nodiscard]] std::int64_t side_bit(Side side);

// Of "id, old_uid, new_uid, flags, keywords, gone, identity, trace, copied".
[[nodiscard]] Row message_from(const store::Rows& rows, Side home);
[[nodiscard]] Result<void> put_message(store::Sql& sql, std::int64_t folder, Side home,
                                       const Row& row);
// The same of several. What one of them is about is no longer left out.
[[nodiscard]] Result<void> put_messages(store::Sql& sql, std::int64_t folder, Side home,
                                        const std::vector<Row>& rows);
[[nodiscard]] Result<void> put_new_deletion(store::Sql& sql, const Deletion& one);
[[nodiscard]] Result<void> status_of(const store::Rows& rows);
// Of an execute: its error or nothing.
[[nodiscard]] Result<void> done(const Result<std::int64_t>& executed);
// "3:7,9": UIDs in the order given.
[[nodiscard]] std::string uids_to_text(const std::vector<Uid>& uids);
[[nodiscard]] std::vector<Uid> uids_from_text(std::string_view text);

}  // namespace tandem::sync
