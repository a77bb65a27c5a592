// The ledger's tables of this room. Steps are only ever added. Columns are named by side, since
// home and mirror change places at a cut-over.
#include "lib/store/schema.hpp"

#include "sync/sync.hpp"

namespace tandem::sync {

// sync_message.gone: 1: removed on the old side, 2: on the new side (tombstones); 4 and 8: the
// same, since the last complete pass. `copied`: 1: the old side's message is a copy made by us, 2:
// the new side's. `trace` is kept only while one of the UIDs is missing. sync_batch: what may have
// been appended to side `target` from its UID `next` on; it is there from before the first byte
// until all of it is in sync_message. `marks`: size and date of each source, "SIZE:SECONDS ".
store::Schema Sync::schema() {
  return {.component = "sync",
          .steps = {R"sql(
    CREATE TABLE sync_account (
      account INTEGER PRIMARY KEY,
      state INTEGER NOT NULL,
      problem TEXT NOT NULL DEFAULT '',
      server_words TEXT NOT NULL DEFAULT '',
      next_step TEXT NOT NULL DEFAULT '',
      in_sync_ms INTEGER
    );
    CREATE TABLE sync_folder (
      id INTEGER PRIMARY KEY,
      account INTEGER NOT NULL,
      old_name TEXT NOT NULL,
      new_name TEXT NOT NULL,
      old_validity INTEGER NOT NULL DEFAULT 0,
      new_validity INTEGER NOT NULL DEFAULT 0,
      old_next INTEGER NOT NULL DEFAULT 0,
      new_next INTEGER NOT NULL DEFAULT 0,
      old_modseq INTEGER NOT NULL DEFAULT 0,
      new_modseq INTEGER NOT NULL DEFAULT 0,
      old_messages INTEGER NOT NULL DEFAULT 0,
      new_messages INTEGER NOT NULL DEFAULT 0,
      old_unseen INTEGER NOT NULL DEFAULT 0,
      new_unseen INTEGER NOT NULL DEFAULT 0,
      matched INTEGER NOT NULL DEFAULT 0,
      bytes INTEGER NOT NULL DEFAULT 0,
      bytes_done INTEGER NOT NULL DEFAULT 0,
      subscribed INTEGER NOT NULL DEFAULT 0,
      UNIQUE (account, old_name),
      UNIQUE (account, new_name)
    );
    CREATE TABLE sync_message (
      id INTEGER PRIMARY KEY,
      folder INTEGER NOT NULL,
      old_uid INTEGER,
      new_uid INTEGER,
      flags INTEGER NOT NULL DEFAULT 0,
      keywords TEXT,
      gone INTEGER NOT NULL DEFAULT 0,
      identity BLOB,
      trace TEXT
    );
    CREATE UNIQUE INDEX sync_message_old ON sync_message (folder, old_uid);
    CREATE UNIQUE INDEX sync_message_new ON sync_message (folder, new_uid);
    CREATE TABLE sync_batch (
      id INTEGER PRIMARY KEY,
      folder INTEGER NOT NULL,
      target INTEGER NOT NULL,
      next INTEGER NOT NULL,
      sources TEXT NOT NULL
    );
    CREATE TABLE sync_skipped (
      folder INTEGER NOT NULL,
      side INTEGER NOT NULL,
      uid INTEGER NOT NULL,
      subject TEXT NOT NULL,
      size INTEGER NOT NULL,
      reason TEXT NOT NULL,
      next_step TEXT NOT NULL,
      PRIMARY KEY (folder, side, uid)
    );
  )sql",
                    R"sql(
    ALTER TABLE sync_message ADD COLUMN copied INTEGER NOT NULL DEFAULT 0;
    CREATE INDEX sync_message_fresh ON sync_message (folder) WHERE gone >= 4;
    CREATE INDEX sync_message_traced ON sync_message (folder) WHERE trace IS NOT NULL;
    ALTER TABLE sync_batch ADD COLUMN marks TEXT NOT NULL DEFAULT '';
    -- `matched` is the old side's from here on.
    ALTER TABLE sync_folder ADD COLUMN new_matched INTEGER NOT NULL DEFAULT 0;
    UPDATE sync_folder SET new_matched = matched;
  )sql",
                    R"sql(
    -- Rows stay: they say what was removed where, and why.
    CREATE TABLE sync_deletion (
      id INTEGER PRIMARY KEY,
      account INTEGER NOT NULL,
      folder INTEGER NOT NULL,
      side INTEGER NOT NULL,
      folder_name TEXT NOT NULL,
      state INTEGER NOT NULL,
      validity INTEGER NOT NULL,
      uid INTEGER NOT NULL,
      identity BLOB NOT NULL,
      to_validity INTEGER NOT NULL DEFAULT 0,
      to_next INTEGER NOT NULL DEFAULT 0,
      subject TEXT NOT NULL DEFAULT '',
      noted_ms INTEGER NOT NULL,
      at_ms INTEGER NOT NULL,
      why TEXT NOT NULL DEFAULT ''
    );
    CREATE INDEX sync_deletion_account ON sync_deletion (account, state);
  )sql",
                    R"sql(
    -- What was moved, where a side has a daily quota: per hour of UTC, for two days.
    CREATE TABLE sync_traffic (
      account INTEGER NOT NULL,
      side INTEGER NOT NULL,
      upload INTEGER NOT NULL,
      hour INTEGER NOT NULL,
      bytes INTEGER NOT NULL,
      PRIMARY KEY (account, side, upload, hour)
    );
  )sql",
                    R"sql(
    -- Where a side shows a message in several folders (Gmail's labels): its id of it (`message`) by
    -- folder and UID. Of the UIDVALIDITY that the UIDs in sync_message are of.
    CREATE TABLE sync_label (
      folder INTEGER NOT NULL,
      side INTEGER NOT NULL,
      uid INTEGER NOT NULL,
      message INTEGER NOT NULL,
      PRIMARY KEY (folder, side, uid)
    );
    CREATE INDEX sync_label_message ON sync_label (message);
  )sql",
                    R"sql(
    -- What the UIDs of a batch are of: a folder may be numbered anew before it is looked at again.
    ALTER TABLE sync_batch ADD COLUMN source_validity INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE sync_batch ADD COLUMN target_validity INTEGER NOT NULL DEFAULT 0;
  )sql",
                    R"sql(
    -- INTERNALDATE, seconds since 1970; and that a person asked for another try.
    ALTER TABLE sync_skipped ADD COLUMN date INTEGER;
    ALTER TABLE sync_skipped ADD COLUMN again INTEGER NOT NULL DEFAULT 0;
  )sql",
                    R"sql(
    -- How the last verifications of an account ended. clean_since_ms: of the first of the clean
    -- ones in a row; 0: it was not clean.
    CREATE TABLE sync_verified (
      id INTEGER PRIMARY KEY,
      account INTEGER NOT NULL,
      at_ms INTEGER NOT NULL,
      full_bodies INTEGER NOT NULL,
      clean INTEGER NOT NULL,
      clean_since_ms INTEGER NOT NULL,
      folders INTEGER NOT NULL,
      messages INTEGER NOT NULL,
      missing INTEGER NOT NULL,
      extra INTEGER NOT NULL,
      changed INTEGER NOT NULL,
      not_compared INTEGER NOT NULL,
      whole INTEGER NOT NULL,
      rewritten INTEGER NOT NULL
    );
    CREATE INDEX sync_verified_account ON sync_verified (account);
  )sql",
                    R"sql(
    -- What is left of messages that were removed on one side.
    CREATE INDEX sync_message_left ON sync_message (folder) WHERE gone > 0 AND gone < 3;
  )sql"}};
}

}  // namespace tandem::sync
