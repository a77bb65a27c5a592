// What the ledger knows of an INBOX's messages, for the session proxy.
#include "lib/store/store.hpp"
#include "sync/state.hpp"
#include "sync/sync.hpp"

namespace tandem::sync {

using migration::InboxMap;
using migration::InboxMessage;

Result<InboxMap> Ledger::inbox(AccountId account) const {
  return store_.read([&](store::Sql& sql) -> Result<InboxMap> {
    InboxMap map;
    std::int64_t folder = 0;
    auto folders = sql.query(
        "SELECT id, old_validity, new_validity FROM sync_folder WHERE account = $1 "
        "AND upper(old_name) = 'INBOX'",
        account);
    if (folders.next()) {
      folder = folders.integer(0);
      map.validity = {static_cast<std::uint32_t>(folders.integer(1)),
                      static_cast<std::uint32_t>(folders.integer(2))};
    }
    if (!folders.status()) return fail(folders.status().error());
    auto rows =
        sql.query("SELECT old_uid, new_uid, gone FROM sync_message WHERE folder = $1", folder);
    while (rows.next()) {
      const std::int64_t gone = rows.integer(2);
      map.messages.push_back(InboxMessage{
          .uid = {static_cast<Uid>(rows.integer(0)), static_cast<Uid>(rows.integer(1))},
          .gone = {(gone & 1) != 0, (gone & 2) != 0}});
    }
    if (!rows.status()) return fail(rows.status().error());
    return map;
  });
}

Result<InboxMap> Sync::inbox(AccountId account) const {
  return state_->ledger.inbox(account);
}

}  // namespace tandem::sync
