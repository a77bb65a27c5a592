// AccountPass: one account, both connections, all folders one after the other.
#pragma once

#include <string>
#include <vector>

#include "config/migration_settings.hpp"
#include "lib/net/imap_client.hpp"
#include "migration/cutover_parts.hpp"
#include "sync/context.hpp"
#include "sync/folders.hpp"

namespace tandem::sync {

class AccountPass {
 public:
  struct Settings {
    Side home = Side::old_side;
    bool all_flags = false;  // where CONDSTORE is missing, compare all flags
    bool retry_skipped = false;
  };
  AccountPass(Context& context, AccountId account, const config::SyncSettings& sync,
              net::ImapClient& home, net::ImapClient& mirror, Settings settings);

  Task<Result<migration::DeltaReport>> run();

 private:
  struct Work {
    FolderPair pair;
    FolderRow row;
    bool changed = false;
  };
  Task<Result<void>> list();
  // Folders that have another name than the ledger says (pass_folders.cpp).
  Task<Result<void>> follow_renames();
  Task<Result<void>> follow_home(FolderRow& row, const Folder& renamed);
  Task<Result<void>> plan();
  Task<Result<void>> survey();
  Task<Result<void>> folder(Work& work, std::size_t shown);
  Task<Result<void>> subscribe(Work& work);
  [[nodiscard]] bool has_news(const Work& work) const;
  [[nodiscard]] bool has_removals(const Work& work) const;
  void show() const;
  Task<Result<migration::DeltaReport>> report();

  Context& context_;
  AccountId account_;
  const config::SyncSettings& sync_;
  net::ImapClient& home_;
  net::ImapClient& mirror_;
  Settings settings_;
  SideFolders home_side_, mirror_side_;
  std::vector<Work> work_;
  migration::DeltaReport report_;
};

}  // namespace tandem::sync
