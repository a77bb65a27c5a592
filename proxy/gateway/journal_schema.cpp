// The journal's tables. Steps are only ever added.
#include "proxy/gateway/journal.hpp"

namespace tandem::gateway {

store::Schema Journal::schema() {
  return {.component = "gateway",
          .steps = {R"sql(
    CREATE TABLE gateway_message (
      trace TEXT PRIMARY KEY,
      at_ms INTEGER NOT NULL,
      sender TEXT NOT NULL,
      received TEXT NOT NULL,
      blob TEXT NOT NULL
    ) WITHOUT ROWID;
    CREATE TABLE gateway_recipient (
      id INTEGER PRIMARY KEY,
      trace TEXT NOT NULL REFERENCES gateway_message(trace),
      recipient TEXT NOT NULL,
      account INTEGER NOT NULL,
      epoch INTEGER NOT NULL,
      home INTEGER NOT NULL,
      home_state INTEGER NOT NULL,
      mirror INTEGER,
      mirror_state INTEGER NOT NULL,
      replay BLOB NOT NULL,
      seen INTEGER NOT NULL DEFAULT 0,
      words TEXT NOT NULL DEFAULT '',
      attempts INTEGER NOT NULL DEFAULT 0,
      due_ms INTEGER NOT NULL DEFAULT 0
    );
    CREATE INDEX gateway_recipient_trace ON gateway_recipient (trace);
    CREATE INDEX gateway_recipient_replay ON gateway_recipient (replay) WHERE seen = 0;
    CREATE INDEX gateway_recipient_doubt ON gateway_recipient (id) WHERE home_state = 0;
    CREATE INDEX gateway_recipient_mirror ON gateway_recipient (due_ms) WHERE mirror_state IN (2, 4);
  )sql",
                    R"sql(
    ALTER TABLE gateway_message ADD COLUMN smtputf8 INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE gateway_message ADD COLUMN eight_bit INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE gateway_message ADD COLUMN report_on TEXT NOT NULL DEFAULT '';
    ALTER TABLE gateway_recipient ADD COLUMN tried_ms INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE gateway_recipient ADD COLUMN doubled INTEGER NOT NULL DEFAULT 0;
    DROP INDEX gateway_recipient_doubt;
    CREATE INDEX gateway_recipient_doubt ON gateway_recipient (id) WHERE home_state IN (0, 5);
    CREATE INDEX gateway_recipient_owed ON gateway_recipient (due_ms) WHERE home_state = 4;
    CREATE INDEX gateway_recipient_waits ON gateway_recipient (id)
      WHERE home_state IN (4, 5, 7) OR mirror_state = 4;
    CREATE INDEX gateway_recipient_address ON gateway_recipient (recipient, id);
  )sql",
                    R"sql(
    ALTER TABLE gateway_message ADD COLUMN message_id TEXT NOT NULL DEFAULT '';
    ALTER TABLE gateway_message ADD COLUMN size INTEGER NOT NULL DEFAULT 0;
    ALTER TABLE gateway_recipient ADD COLUMN fallback INTEGER NOT NULL DEFAULT 0;
  )sql",
                    R"sql(
    ALTER TABLE gateway_message ADD COLUMN client TEXT NOT NULL DEFAULT '';
  )sql",
                    // Totals are looked at every few seconds; the rows are counted nowhere.
                    R"sql(
    CREATE TABLE gateway_total (
      account INTEGER NOT NULL,
      home_state INTEGER NOT NULL,
      mirror_state INTEGER NOT NULL,
      recipients INTEGER NOT NULL,
      PRIMARY KEY (account, home_state, mirror_state)
    ) WITHOUT ROWID;
    INSERT INTO gateway_total SELECT account, home_state, mirror_state, count(*)
      FROM gateway_recipient GROUP BY 1, 2, 3;
    CREATE TRIGGER gateway_recipient_begins AFTER INSERT ON gateway_recipient BEGIN
      INSERT INTO gateway_total VALUES (new.account, new.home_state, new.mirror_state, 1)
        ON CONFLICT DO UPDATE SET recipients = recipients + 1;
    END;
    CREATE TRIGGER gateway_recipient_changes
      AFTER UPDATE OF account, home_state, mirror_state ON gateway_recipient
      WHEN new.account <> old.account OR new.home_state <> old.home_state
        OR new.mirror_state <> old.mirror_state BEGIN
      UPDATE gateway_total SET recipients = recipients - 1 WHERE account = old.account
        AND home_state = old.home_state AND mirror_state = old.mirror_state;
      INSERT INTO gateway_total VALUES (new.account, new.home_state, new.mirror_state, 1)
        ON CONFLICT DO UPDATE SET recipients = recipients + 1;
    END;
  )sql",
                    R"sql(
    ALTER TABLE gateway_message ADD COLUMN ret TEXT NOT NULL DEFAULT '';
    ALTER TABLE gateway_message ADD COLUMN envid TEXT NOT NULL DEFAULT '';
    ALTER TABLE gateway_recipient ADD COLUMN notify TEXT NOT NULL DEFAULT '';
    ALTER TABLE gateway_recipient ADD COLUMN orcpt TEXT NOT NULL DEFAULT '';
  )sql",
                    R"sql(
    ALTER TABLE gateway_message ADD COLUMN require_tls INTEGER NOT NULL DEFAULT 0;
  )sql",
                    R"sql(
    ALTER TABLE gateway_recipient ADD COLUMN delay_told INTEGER NOT NULL DEFAULT 0;
  )sql"}};
}

}  // namespace tandem::gateway
