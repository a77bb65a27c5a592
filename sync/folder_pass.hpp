// FolderPass: one folder, both sides open, from the look to the last flag. Its steps are
// sync/scan -> match -> diff -> apply (transfer, flags); a stranger that comes while it copies
// gives it another round.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sync/context.hpp"
#include "sync/diff.hpp"
#include "sync/folders.hpp"
#include "sync/match.hpp"
#include "sync/store_commands.hpp"
#include "sync/transfer.hpp"

namespace tandem::sync {

struct ToldApart;  // closer.hpp

struct NewsWanted;

struct FolderReport {
  std::uint64_t copied = 0;  // in either direction
  std::uint64_t flags_changed = 0;
  std::optional<migration::DailyQuota> waits;  // not all was copied
  std::uint64_t later = 0;                     // home's messages that could not be copied this time
};

// Where a folder's pass is, and what is true there.
enum class FolderStep : std::uint8_t {
  opening,      // nothing is known but names; the mirror's folder may not exist yet
  reconciling,  // both are open; batches of an earlier life may be half done
  scanning,     // every message on the target that we put there is in the ledger
  matching,     // both sides' news are known; nobody knows yet which of them are the same
  copying,      // what is on one side only is known; some of it may be on its way
  carrying,     // what is missing on the mirror lies in another of its folders: it was moved
  returning,    // the mirror has all that home had; arrivals of the mirror are on their way home
  flagging,     // both sides have the same messages; flags may differ
  settled,      // everything seen is done or recorded; the ledger says up to where
};
inline constexpr std::size_t folder_steps = 9;
[[nodiscard]] std::string_view name_of(FolderStep step);

class FolderPass {
 public:
  struct Settings {
    Side home = Side::old_side;
    bool all_flags = false;  // compare all flags where CONDSTORE is missing
    bool retry_skipped = false;
    bool home_takes_mail = true;  // see AccountPass::Settings
    bool mirror_takes_mail = true;
    std::size_t shown = 0;  // the folder's place on the board
    // Other folders are under way at the same time: see is_deferred().
    bool beside_others = false;
    std::function<void()> on_known = nullptr;  // what is in it is known, and written
  };
  FolderPass(Context& context, Budget& budget, FolderRow& folder, const FolderPair& pair,
             net::ImapClient& home, net::ImapClient& mirror, Settings settings);

  Task<Result<FolderReport>> run();
  // Only looks, and marks what has gone: so that what was moved is recognised in whichever folder
  // it turns up.
  Task<Result<void>> survey();
  [[nodiscard]] FolderStep step() const { return step_; }
  // After a run that failed: something was moved between this folder and another, which may be
  // under way itself. Nothing was done about it; the folder is to be run alone.
  [[nodiscard]] bool is_deferred() const { return deferred_; }
  // What was done, also by a run that failed.
  [[nodiscard]] const FolderReport& report() const { return report_; }

 private:
  Task<Result<void>> prepare();
  Task<Result<void>> open();
  Task<Result<void>> open_and_scan();
  Task<Result<void>> make_mirror();
  Task<Result<void>> check_validity();
  Task<Result<void>> reconcile_batches();
  Task<Result<void>> round();
  Task<Result<void>> scan();
  struct Scanned {
    std::uint64_t messages = 0;
    Uid next = 0;
    std::uint64_t modseq = 0;
  };
  Task<Result<void>> scan_both();
  Task<Result<Scanned>> scan_side(net::ImapClient& client, const FolderSide& row, SideScan& scan);
  Task<Result<std::optional<Scanned>>> select_and_scan(net::ImapClient& client, std::string mailbox,
                                                       const FolderSide& row, SideScan& scan);
  static Scanned take_news(const net::ImapMailbox& open, const NewsWanted& wanted,
                           std::vector<Item> news, SideScan& scan);
  void note_scanned(Side side, const Scanned& seen);
  Task<Result<void>> compare_with_ledger();
  [[nodiscard]] Result<void> compare_rows();
  Task<Result<void>> mark_removed();
  Task<Result<void>> look_for_removed(net::ImapClient& client, const FolderSide& row,
                                      SideScan& scan);
  Task<Result<void>> scan_completely(net::ImapClient& client, SideScan& scan);
  Task<Result<void>> look_and_match();
  Task<Result<void>> forget_removed(Side side, const std::vector<Uid>& left_out,
                                    const std::vector<Item>& there);
  // The news of both sides and the rows that still miss a counterpart. Positions: items first,
  // rows behind them.
  struct Sides {
    std::vector<const Row*> left_rows, right_rows;  // home, mirror
    std::vector<Match> found;
    std::set<std::size_t> left_taken, right_taken;
    std::map<std::size_t, Flags> agreed;  // by the left position of a pair: see agree_on_pairs
    std::map<std::size_t, Row> before;    // the same: its row in the folder it came from
  };
  Task<Result<void>> match_news();
  Task<Result<void>> drop_unseen(Side side, std::vector<Item>& items,
                                 const std::vector<Uid>& left_out);
  Task<Result<bool>> is_set_back(net::ImapClient& client, const FolderSide& row);
  void find_pairs(Sides& sides, const ToldApart& told);
  [[nodiscard]] const Row* met_itself(const Sides& sides, const Match& pair) const;
  Task<Result<void>> look_closer(Sides& sides, mail::DigestOptions digest);
  Task<Result<void>> find_moved(Sides& sides);
  Task<Result<void>> learn_ids();
  void find_moved_on_both(Sides& sides, const std::vector<Ledger::Loose>& loose);
  void find_moved_at_home(Sides& sides, const std::vector<Ledger::Loose>& loose);
  void find_moved_on_mirror(Sides& sides, const std::vector<Ledger::Loose>& loose);
  Task<Result<void>> find_returned(Sides& sides);
  Task<Result<void>> find_returned_on(Side side, Sides& sides);
  struct Returned {
    std::size_t position = 0;  // among the news
    Item item;                 // as it came back
    Row row;                   // what is left of it
  };
  Task<Result<std::vector<std::size_t>>> take_returned(Side side, std::vector<Returned> messages);
  Task<Result<void>> agree_on_pairs(Sides& sides);
  Task<Result<void>> take_pairs(const Sides& sides);
  Task<Result<void>> leave_at_home(const Sides& sides);
  Task<Result<void>> sort_left(const Sides& sides);
  Task<Result<void>> sort_right(const Sides& sides);
  Task<Result<void>> copy();
  Task<Result<void>> carry();
  // A message that was moved at home: the row it had, and how it is at home now.
  struct Moved {
    Ledger::Loose from;
    Item item;
  };
  Task<Result<void>> carry_from(const FolderRow& from, const std::vector<Moved>& messages);
  Task<Result<void>> merge_moved(const FolderSide& there, const std::vector<Moved>& messages);
  Task<Result<void>> bring_home();
  struct Agreement {
    StoreCommands at_home, on_mirror;
  };
  // What both sides then have is what they had agreed on, but for this.
  struct Refusals {
    Unstored at_home, on_mirror;
    [[nodiscard]] Flags correct(Uid home, Uid mirror, const Flags& agreed) const {
      return on_mirror.correct(mirror, at_home.correct(home, agreed));
    }
  };
  Task<Result<Refusals>> store(const Agreement& agreement);
  Task<Result<void>> store_flags();
  Task<Result<void>> settle();
  void note_copied(const Transfer& transfer);
  Task<Result<void>> begin_to_wait();
  [[nodiscard]] FolderSide& home_row() { return folder_.at(settings_.home); }
  [[nodiscard]] FolderSide& mirror_row() { return folder_.at(migration::other(settings_.home)); }
  [[nodiscard]] Direction to_mirror();
  [[nodiscard]] Direction to_home();

  Context& context_;
  Budget& budget_;
  FolderRow& folder_;
  const FolderPair& pair_;
  net::ImapClient& home_;
  net::ImapClient& mirror_;
  Settings settings_;
  FolderStep step_ = FolderStep::opening;
  FolderReport report_;

  bool first_contact_ = false;      // with the mirror's folder as it is now
  bool first_ever_ = false;         // none was known before
  bool mirror_was_reset_ = false;   // its UIDVALIDITY changed
  bool mirror_renumbered_ = false;  // the same, during the whole pass
  bool home_was_reset_ = false;
  bool mirror_is_fresh_ = false;  // nothing was done since it was opened
  bool is_scanned_ = false;       // both sides told their news as they were opened
  bool again_ = false;            // another round is wanted
  bool deferred_ = false;
  Uid home_next_ = 0;  // as the scan saw it
  Uid mirror_next_ = 0;
  std::vector<Uid> home_later_, mirror_later_;  // could not be copied; a later pass tries again
  std::uint64_t home_modseq_ = 0;
  std::uint64_t mirror_modseq_ = 0;
  std::uint64_t home_messages_ = 0;
  std::uint64_t mirror_messages_ = 0;
  SideScan home_scan_, mirror_scan_;
  std::vector<Row> rows_;
  std::vector<Uid> home_skipped_, mirror_skipped_;
  std::vector<Uid> home_asked_, mirror_asked_;  // of those: a person wants them tried again
  bool may_retry_ = true;                       // once in a pass
  FolderDiff diff_;
  std::vector<Item> home_items_, mirror_items_;  // new ones
  std::vector<Item> to_copy_;                    // to the mirror
  std::vector<Item> to_bring_;                   // home
  std::vector<Unpaired> open_mirror_;            // may still find a counterpart
  std::vector<Moved> to_carry_;                  // on the mirror, from other folders into this one
  std::vector<Row> resolved_;                    // of moved messages, to be written
  std::vector<std::int64_t> obsolete_;           // rows that others take the place of
};

}  // namespace tandem::sync
