// AccountPass: one account, all folders one after the other; several at a time where there is much
// to copy and further connections are free (pass_lanes.cpp).
#pragma once

#include <set>
#include <string>
#include <vector>

#include "config/migration_settings.hpp"
#include "lib/net/imap_client.hpp"
#include "migration/cutover_parts.hpp"
#include "sync/budget.hpp"
#include "sync/context.hpp"
#include "sync/folder_pass.hpp"
#include "sync/folder_queue.hpp"
#include "sync/folders.hpp"
#include "sync/lanes.hpp"
#include "sync/quarantine.hpp"

namespace tandem::sync {

class AccountPass {
 public:
  struct Settings {
    Side home = Side::old_side;
    bool all_flags = false;  // where CONDSTORE is missing, compare all flags
    bool retry_skipped = false;
    // A side that is read by POP3 takes none: nothing is copied to it, removed from it or, where it
    // forgets messages, from the other.
    bool home_takes_mail = true;
    bool mirror_takes_mail = true;
    // Folders that wait for a daily quota are left alone while nothing in them is pressing.
    bool let_rest = false;
    bool all_sizes = false;  // asks the home side how many bytes each folder has
  };
  AccountPass(Context& context, AccountId account, const config::SyncSettings& sync, Budget& budget,
              Lanes& lanes, net::ImapClient& home, net::ImapClient& mirror, Settings settings);

  Task<Result<migration::DeltaReport>> run();
  // Only lists, and shows how much there is to do.
  Task<Result<migration::DeltaReport>> measure();

 private:
  struct Work {
    FolderPair pair;
    FolderRow row;
    bool changed = false;
    bool waits = false;       // for a daily quota; its row is not in order
    std::uint64_t later = 0;  // messages that its row does not count: see FolderReport
  };
  // Lists both sides and brings every folder in order.
  Task<Result<void>> look(int number);
  Task<Result<void>> find_work(bool first);
  Task<Result<void>> list();
  // Folders that have another name than the ledger says (pass_folders.cpp).
  Task<Result<void>> follow_renames();
  Task<Result<void>> follow_home(FolderRow& row, const Folder& renamed,
                                 std::vector<KnownPair> others);
  [[nodiscard]] std::vector<KnownPair> known_but(const std::vector<FolderRow>& rows,
                                                 std::int64_t id) const;
  Task<Result<void>> plan();
  void let_rest();
  void note_wait(Work& work, const migration::DailyQuota& quota);
  Task<Result<void>> survey();
  Task<Result<void>> folder(Work& work);
  Task<Result<void>> conclude(Work& work, const FolderPass& pass, Result<FolderReport> done);
  [[nodiscard]] FolderPass::Settings settings_for(const Work& work) const;
  // Several folders at a time (pass_lanes.cpp).
  struct Crew;
  Task<Result<bool>> copy_several();
  void fill(FolderQueue& queue) const;
  [[nodiscard]] std::size_t further_lanes(const FolderQueue& queue) const;
  Task<void> work_in_lane(Crew& crew);
  Task<Result<void>> take_folders(Crew& crew, net::ImapClient& home, net::ImapClient& mirror,
                                  bool further);
  Task<Result<void>> folder_of(Crew& crew, Work& work, net::ImapClient& home,
                               net::ImapClient& mirror);
  Task<Result<void>> subscribe();
  [[nodiscard]] bool has_mail(const Work& work) const;
  [[nodiscard]] bool has_flags(const Work& work) const;
  [[nodiscard]] bool has_removals(const Work& work) const;
  // The connection ended each time when it was opened.
  [[nodiscard]] bool is_closed(const Work& work) const;
  Task<Result<void>> note_closed(const Work& work, const Error& error);
  // Deletions that are carried over (pass_removals.cpp).
  using Loose = Ledger::Loose;
  Task<Result<void>> recover();
  Result<bool> note_removed();
  Task<Result<void>> end_removals();
  Task<Result<void>> carry_out();
  Task<Result<void>> drop_moot();
  [[nodiscard]] Result<std::string> why_moot(const Deletion& one,
                                             const std::vector<FolderRow>& rows) const;
  Task<Result<void>> carry_out_in(const FolderRow& row, std::vector<Deletion> wanted);
  Task<Result<std::vector<Deletion>>> still_meant(const FolderRow& row,
                                                  std::vector<Deletion> wanted);
  Task<Result<std::set<Uid>>> back_at_home(const FolderRow& row, std::vector<Uid> uids);
  Task<Result<std::map<Uid, std::string>>> spared_at_home(const FolderRow& row,
                                                          std::vector<Uid> uids);
  Task<Result<void>> expunge_old();
  Result<void> brake(std::vector<Deletion>& noted) const;
  [[nodiscard]] bool carries_deletions() const {
    return sync_.propagate_deletes && settings_.home_takes_mail && settings_.mirror_takes_mail;
  }
  [[nodiscard]] FolderPass::Settings folder_settings() const;
  [[nodiscard]] net::ImapClient& client_at(Side side);
  [[nodiscard]] Quarantine quarantine_on(Side side);
  [[nodiscard]] Side mirror_side() const { return migration::other(settings_.home); }
  void show() const;
  Task<Result<migration::DeltaReport>> report();

  Context& context_;
  AccountId account_;
  const config::SyncSettings& sync_;
  Budget& budget_;
  Lanes& lanes_;
  net::ImapClient& home_;
  net::ImapClient& mirror_;
  Settings settings_;
  std::set<std::int64_t> done_;  // by copy_several: flags and what was left out are looked after
  SideFolders home_side_, mirror_side_;
  std::vector<Work> work_;
  // Removed at home as the last look saw it, with a copy of ours on the mirror; and where those are
  // on the mirror that the look before saw already.
  std::vector<Loose> removed_;
  std::set<std::pair<std::int64_t, Uid>> seen_removed_;
  bool removals_ = false;  // this pass met a folder that something has gone from
  bool unseen_ = false;    // a folder could not be looked at: what is gone may be in it
  migration::DeltaReport report_;
};

}  // namespace tandem::sync
