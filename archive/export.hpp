// Export: the mailbox of an account on one side into files, over IMAP and read only (EXAMINE,
// PEEK).
//
// What is in the archive already is known by its UIDVALIDITY and UID, which the files carry; files
// of another UIDVALIDITY, and other people's, by the sync's identity ladder, on counts. So a run
// that was broken off goes on, and a later run brings what is new and renews flags. What was
// removed on the server stays in the archive. Folders that only show others' messages (\All,
// \Flagged) are left out, as the sync leaves them.
#pragma once

#include "archive/box.hpp"
#include "archive/report.hpp"
#include "migration/side_access.hpp"

namespace tandem::archive {

using net::Task;

struct ExportOrder {
  migration::Account account;
  migration::Side side = migration::Side::old_side;
  std::string directory;  // of this account; made if missing
  Format format = Format::maildir;
};

// Where an account's archive is, below the directory that was named: a folder called like it.
[[nodiscard]] std::string account_directory(const std::string& below, const std::string& address);

// An error: the server or the disk; what is complete is kept, and in `report`. One export at a time
// writes to a directory (conflict).
[[nodiscard]] Task<Result<void>> export_account(const migration::SideAccess& access,
                                                ExportOrder order, Report& report);

}  // namespace tandem::archive
