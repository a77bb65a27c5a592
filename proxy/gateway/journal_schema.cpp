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
  )sql"}};
}

}  // namespace tandem::gateway
