// The ledger's tables of this room. Steps are only ever added.
//
// migration_pop3_message: what messages of a POP3 mailbox are called (pop3_index.hpp); size 0,
// the smallest date, listed -1 and an empty header: not known.
#include "lib/store/schema.hpp"

#include "migration/registry.hpp"

namespace tandem::migration {

store::Schema Registry::schema() {
  return {.component = "migration",
          .steps = {R"sql(
    CREATE TABLE migration_account (
      id INTEGER PRIMARY KEY,
      migration TEXT NOT NULL,
      address TEXT NOT NULL UNIQUE,
      phase TEXT NOT NULL,
      epoch INTEGER NOT NULL,
      paused INTEGER NOT NULL DEFAULT 0,
      note TEXT NOT NULL DEFAULT '',
      old_login TEXT NOT NULL,
      old_password TEXT NOT NULL,
      new_login TEXT NOT NULL,
      new_password TEXT NOT NULL
    );
    CREATE TABLE migration_step (
      id INTEGER PRIMARY KEY,
      account INTEGER NOT NULL REFERENCES migration_account(id),
      at_ms INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      from_phase TEXT NOT NULL,
      to_phase TEXT NOT NULL,
      who TEXT NOT NULL,
      UNIQUE (account, epoch)
    );
    CREATE TABLE migration_audit (
      id INTEGER PRIMARY KEY,
      at_ms INTEGER NOT NULL,
      who TEXT NOT NULL,
      what TEXT NOT NULL,
      detail TEXT NOT NULL
    );
  )sql",
                    R"sql(
    CREATE TABLE migration_pop3_inbox (
      account INTEGER NOT NULL,
      side INTEGER NOT NULL,
      validity INTEGER NOT NULL,
      next INTEGER NOT NULL,
      PRIMARY KEY (account, side)
    ) WITHOUT ROWID;
    CREATE TABLE migration_pop3_message (
      account INTEGER NOT NULL,
      side INTEGER NOT NULL,
      id TEXT NOT NULL,
      uid INTEGER NOT NULL,
      size INTEGER NOT NULL DEFAULT 0,
      date INTEGER NOT NULL DEFAULT -9223372036854775808,
      zone INTEGER NOT NULL DEFAULT 0,
      PRIMARY KEY (account, side, id)
    ) WITHOUT ROWID;
    CREATE UNIQUE INDEX migration_pop3_uid ON migration_pop3_message (account, side, uid);
  )sql",
                    R"sql(
    ALTER TABLE migration_pop3_message ADD COLUMN listed INTEGER NOT NULL DEFAULT -1;
    ALTER TABLE migration_pop3_message ADD COLUMN header TEXT NOT NULL DEFAULT '';
  )sql"}};
}

}  // namespace tandem::migration
