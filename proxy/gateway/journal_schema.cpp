// The journal's tables. Steps are only ever added.
#include "proxy/gateway/journal.hpp"

namespace tandem::gateway {

store::Schema Journal::schema() {
  return {.component = "gateway", .steps = {R"sql(
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
  )sql"}};
}

}  // namespace tandem::gateway
