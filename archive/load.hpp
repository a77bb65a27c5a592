// Load: mail that is in files into the mailbox of an account on one side, over IMAP.
//
// Each message once: what is in the target folder already is found by the sync's identity ladder,
// on counts (three equal files and two equal messages there: one is appended). So a run that was
// broken off, or is made twice, doubles nothing. Bytes go through sync/copy (MULTIAPPEND,
// LITERAL+), a message is never whole in memory. Dates, flags and keywords come along; those of
// messages that are there already are left as they are. Nothing may copy into that account
// meanwhile: the caller holds the ledger.
#pragma once

#include <optional>

#include "archive/report.hpp"
#include "lib/base/clock.hpp"
#include "migration/side_access.hpp"

namespace tandem::archive {

using net::Task;

struct LoadOrder {
  migration::Account account;
  migration::Side side = migration::Side::new_side;
  std::string from;    // a Maildir, a tree of them, an mbox file, a folder of these
  std::string folder;  // where to, as the server names it; empty: folders by their names
  // What worked on the mailbox before broke off, and the server may still be busy with it: it is
  // waited for (see sync/quiet), with such pauses.
  std::optional<Duration> settle = std::nullopt;
};

// An error: the server or a folder that cannot be read; `report` says what was done until then.
[[nodiscard]] Task<Result<void>> load_account(const migration::SideAccess& access, LoadOrder order,
                                              Report& report);

}  // namespace tandem::archive
