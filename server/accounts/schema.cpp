// The tables of the accounts.
#include "server/accounts/account_book.hpp"

namespace tandem::server {

store::Schema AccountBook::schema() {
  return {.component = "server", .steps = {R"sql(
    CREATE TABLE server_account (
      id INTEGER PRIMARY KEY AUTOINCREMENT,
      address TEXT NOT NULL,
      address_key TEXT NOT NULL UNIQUE,
      hash TEXT NOT NULL,
      scram_salt BLOB NOT NULL,
      scram_iterations INTEGER NOT NULL,
      scram_stored BLOB NOT NULL,
      scram_server BLOB NOT NULL,
      sealed TEXT NOT NULL DEFAULT '',
      disabled INTEGER NOT NULL DEFAULT 0,
      quota INTEGER NOT NULL DEFAULT 0,
      created INTEGER NOT NULL  -- Unix seconds
    );
    -- Asked for each connection: does anybody use APOP?
    CREATE INDEX server_account_kept ON server_account (id) WHERE sealed <> '' AND disabled = 0;
    CREATE TABLE server_alias (
      address_key TEXT PRIMARY KEY,
      address TEXT NOT NULL,
      account INTEGER NOT NULL REFERENCES server_account(id)
    ) WITHOUT ROWID;
    CREATE INDEX server_alias_account ON server_alias (account);
  )sql"}};
}

}  // namespace tandem::server
