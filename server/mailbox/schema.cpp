// The tables of the mailboxes. Counters of a mailbox and of a body's users are kept by triggers, so
// no way of changing a message can forget them.
#include "server/mailbox/mailboxes.hpp"

namespace tandem::server {

store::Schema Mailboxes::schema() {
  return {.component = "mailbox", .steps = {R"sql(
    CREATE TABLE mailbox_state (
      id INTEGER PRIMARY KEY CHECK (id = 1),
      last_validity INTEGER NOT NULL
    );
    INSERT INTO mailbox_state VALUES (1, 1);

    CREATE TABLE mailbox_box (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      account INTEGER NOT NULL,
      name TEXT NOT NULL,
      uid_validity INTEGER NOT NULL,
      uid_next INTEGER NOT NULL DEFAULT 1,
      modseq INTEGER NOT NULL DEFAULT 1,
      special_use TEXT NOT NULL DEFAULT '',
      messages INTEGER NOT NULL DEFAULT 0,
      unseen INTEGER NOT NULL DEFAULT 0,
      deleted INTEGER NOT NULL DEFAULT 0,
      bytes INTEGER NOT NULL DEFAULT 0,
      keywords TEXT NOT NULL DEFAULT '',
      recent_from INTEGER NOT NULL DEFAULT 1,
      UNIQUE (account, name)
    );
    CREATE TABLE mailbox_subscription (
      account INTEGER NOT NULL,
      name TEXT NOT NULL,
      PRIMARY KEY (account, name)
    ) WITHOUT ROWID;

    CREATE TABLE mailbox_body (
      id INTEGER PRIMARY KEY,
      position INTEGER NOT NULL,
      size INTEGER NOT NULL,
      header_size INTEGER NOT NULL,
      sent INTEGER,
      message_id TEXT NOT NULL,
      received TEXT,
      envelope TEXT NOT NULL,
      body_structure TEXT NOT NULL,
      parts TEXT NOT NULL
    );
    -- Beside the body, because that is wide and this changes often.
    CREATE TABLE mailbox_use (
      body INTEGER PRIMARY KEY,
      users INTEGER NOT NULL  -- messages; -1: sent ahead of its APPEND's end
    );
    CREATE INDEX mailbox_use_none ON mailbox_use (users) WHERE users <= 0;

    CREATE TABLE mailbox_message (
      box INTEGER NOT NULL REFERENCES mailbox_box(id),
      uid INTEGER NOT NULL,
      body INTEGER NOT NULL,
      flags INTEGER NOT NULL,
      keywords TEXT NOT NULL,
      modseq INTEGER NOT NULL,
      internal_seconds INTEGER NOT NULL,
      internal_zone INTEGER NOT NULL,
      size INTEGER NOT NULL,
      PRIMARY KEY (box, uid)
    ) WITHOUT ROWID;
    CREATE INDEX mailbox_message_modseq ON mailbox_message (box, modseq);

    CREATE TABLE mailbox_expunged (
      box INTEGER NOT NULL REFERENCES mailbox_box(id),
      modseq INTEGER NOT NULL,
      uid INTEGER NOT NULL,
      PRIMARY KEY (box, modseq, uid)
    ) WITHOUT ROWID;

    CREATE TRIGGER mailbox_message_in AFTER INSERT ON mailbox_message BEGIN
      UPDATE mailbox_box SET messages = messages + 1, bytes = bytes + NEW.size,
        unseen = unseen + (NEW.flags & 1 = 0), deleted = deleted + (NEW.flags & 8 <> 0)
        WHERE id = NEW.box;
      UPDATE mailbox_use SET users = max(users, 0) + 1 WHERE body = NEW.body;
    END;
    CREATE TRIGGER mailbox_message_out AFTER DELETE ON mailbox_message BEGIN
      UPDATE mailbox_box SET messages = messages - 1, bytes = bytes - OLD.size,
        unseen = unseen - (OLD.flags & 1 = 0), deleted = deleted - (OLD.flags & 8 <> 0)
        WHERE id = OLD.box;
      UPDATE mailbox_use SET users = users - 1 WHERE body = OLD.body;
    END;
    CREATE TRIGGER mailbox_message_flags AFTER UPDATE OF flags ON mailbox_message BEGIN
      UPDATE mailbox_box SET
        unseen = unseen + (NEW.flags & 1 = 0) - (OLD.flags & 1 = 0),
        deleted = deleted + (NEW.flags & 8 <> 0) - (OLD.flags & 8 <> 0)
        WHERE id = NEW.box;
    END;
  )sql"}};
}

}  // namespace tandem::server
