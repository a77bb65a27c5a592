// Ledger: this room's rows, read and written. Every writing call is durable when it returns, except
// close_batch with `wait` off, which is durable (and seen by readers) before anything written after
// it.
// Any io thread.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/net/task.hpp"
#include "migration/account.hpp"
#include "migration/inbox_map.hpp"
#include "migration/verify.hpp"
#include "migration/views.hpp"
#include "sync/deletion.hpp"
#include "sync/message.hpp"

namespace tandem::store {
class Store;
class Sql;
struct Unit;
}  // namespace tandem::store

namespace tandem::sync {

using migration::AccountId;
using migration::Side;
using net::Task;

// What a folder of one side was when it was last left in order.
struct FolderSide {
  std::string name;
  std::uint32_t validity = 0;  // 0: never opened
  Uid next = 0;                // messages with lower UIDs are all accounted for
  std::uint64_t modseq = 0;
  std::uint64_t messages = 0;
  std::uint64_t unseen = 0;
  std::uint64_t matched = 0;  // of messages: with a counterpart, or nothing left to be done
};

struct FolderRow {
  std::int64_t id = 0;
  AccountId account = 0;
  std::array<FolderSide, 2> sides;  // by Side
  std::uint64_t bytes = 0;
  std::uint64_t bytes_done = 0;
  bool subscribed = false;  // on the mirror, by us
  [[nodiscard]] FolderSide& at(Side side) { return sides[static_cast<std::size_t>(side)]; }
  [[nodiscard]] const FolderSide& at(Side side) const {
    return sides[static_cast<std::size_t>(side)];
  }
};

// By what a source is told among the target's messages when it is no longer there to be looked at.
struct SourceMark {
  std::uint64_t size = 0;
  std::int64_t date = 0;  // INTERNALDATE, seconds since 1970
  auto operator<=>(const SourceMark&) const = default;
};

struct Batch {
  std::int64_t id = 0;
  Side target = Side::new_side;
  Uid next = 0;
  std::vector<Uid> sources;
  std::vector<SourceMark> marks;  // of the sources, in their order
  // The folders' UIDVALIDITY, which its UIDs are of. 0: not written (before schema step 6).
  std::uint32_t source_validity = 0, target_validity = 0;
};

struct Skipped {
  std::int64_t folder = 0;
  Side side = Side::old_side;  // that has the message
  Uid uid = 0;                 // 0: the whole folder
  std::string subject;
  std::uint64_t size = 0;
  std::string reason, next_step;
  std::optional<std::int64_t> date;  // INTERNALDATE, seconds since 1970
  bool again = false;                // a person asked for another try
};

// Between what happened and the server's words, in Skipped::reason.
inline constexpr std::string_view server_said = "; the server said: ";

// A message that its side shows in several folders, as one of them has it.
struct Label {
  Uid uid = 0;
  std::uint64_t message = 0;  // the side's id of it, the same in all folders
};

// A copy of ours of such a message, on the mirror, for another folder that shows it too.
struct LabelCopy {
  Uid uid = 0;              // at home, in that other folder
  std::int64_t folder = 0;  // where the copy is
  Uid copy = 0;             // its UID there
  Identity identity;
};

// Bytes that were moved from or to a side in an hour; hours since 1970, UTC.
struct Traffic {
  Side side = Side::old_side;
  bool upload = false;
  std::int64_t hour = 0;
  std::uint64_t bytes = 0;
};

struct AccountRow {
  migration::CopyState state = migration::CopyState::waiting;
  std::string problem, server_words, next_step;
  std::optional<WallTime> in_sync_at;
};

struct MessageCounts {
  std::uint64_t home = 0;  // known and not gone
  std::uint64_t mirror = 0;
  // Of those: with a counterpart, or one that a person removed, or that comes by the gateway.
  std::uint64_t home_matched = 0;
  std::uint64_t mirror_matched = 0;
};

class Ledger {
 public:
  explicit Ledger(store::Store& store) : store_(store) {}

  [[nodiscard]] Result<std::vector<FolderRow>> folders(AccountId account) const;
  Task<Result<FolderRow>> add_folder(FolderRow folder);  // with its id
  Task<Result<void>> save_folder(FolderRow folder);      // all but its names
  Task<Result<void>> rename_folder(FolderRow folder);    // its names
  Task<Result<void>> save_folder_bytes(FolderRow folder);

  struct RowsWanted {
    Uid home_from = 1, mirror_from = 1;
    std::vector<Uid> home_uids, mirror_uids;
  };
  // Rows with a UID from the given ones on, or named, and all that miss a UID.
  [[nodiscard]] Result<std::vector<Row>> rows(std::int64_t folder, Side home,
                                              const RowsWanted& wanted) const;
  // Rows of what is on one side only: the other's UID is missing, or a person removed it there.
  [[nodiscard]] Result<std::vector<Row>> lonely_rows(std::int64_t folder, Side home) const;
  [[nodiscard]] Result<migration::InboxMap> inbox(AccountId account) const;
  [[nodiscard]] Result<MessageCounts> counts(std::int64_t folder, Side home) const;
  // Inserts rows without an id, rewrites the others.
  Task<Result<void>> save_rows(std::int64_t folder, Side home, std::vector<Row> rows);
  Task<Result<void>> save_flags(std::vector<std::pair<std::int64_t, Flags>> flags);
  Task<Result<void>> remove_rows(std::vector<std::int64_t> rows);
  // Both in one unit.
  Task<Result<void>> replace_rows(std::int64_t folder, Side home,
                                  std::vector<std::int64_t> obsolete, std::vector<Row> rows);

  // Removals (ledger_removals.cpp). What is marked is also fresh until end_removals: it may have
  // been moved, and turn up in another folder.
  Task<Result<void>> mark_gone(std::vector<std::int64_t> rows, Side side);
  Task<Result<void>> mark_folder_gone(std::int64_t folder, Side side);
  Task<Result<void>> mark_back(std::vector<std::int64_t> rows, Side side);
  struct Loose {
    std::int64_t folder = 0;
    Row row;
  };
  // The account's rows that are fresh, or that carry a trace id and miss a UID.
  [[nodiscard]] Result<std::vector<Loose>> loose(AccountId account, Side home) const;
  // Of a folder: rows whose message was removed on `gone` before the last complete pass and is
  // still on the other side: their identities, in no order, and those rows that have one of some.
  [[nodiscard]] Result<std::vector<Identity>> left_behind(std::int64_t folder, Side gone) const;
  [[nodiscard]] Result<std::vector<Row>> rows_left_behind(
      std::int64_t folder, Side gone, Side home, const std::set<Identity>& identities) const;
  // What was removed is no longer fresh, but for `waiting` (of loose()); `noted` is written: one
  // unit.
  Task<Result<void>> end_removals(AccountId account, std::vector<Deletion> noted,
                                  std::vector<Loose> waiting, Side home);
  // The side's UIDs mean nothing any more (UIDVALIDITY): its UIDs are forgotten, tombstones stay.
  Task<Result<void>> forget_uids(std::int64_t folder, Side side);

  // Deletions that are carried over (ledger_deletions.cpp).
  using DeletionStates = std::initializer_list<DeletionState>;
  [[nodiscard]] Result<std::vector<Deletion>> deletions(AccountId account,
                                                        DeletionStates states) const;
  // All, newest first.
  [[nodiscard]] Result<std::vector<Deletion>> deletions(AccountId account, std::size_t limit) const;
  [[nodiscard]] Result<std::uint64_t> count_deletions(AccountId account, DeletionState state) const;
  // Their state and place. With each that is quarantined or restored now, what the folder's rows
  // say of the message: one unit.
  Task<Result<void>> save_deletions(std::vector<Deletion> deletions);
  // From held to another state; `folder` empty: of all. How many.
  Task<Result<std::uint64_t>> decide_held(AccountId account, std::string folder,
                                          DeletionState state, WallTime at);

  [[nodiscard]] Result<std::vector<Batch>> batches(std::int64_t folder) const;
  Task<Result<std::int64_t>> open_batch(std::int64_t folder, Batch batch);
  Task<Result<void>> close_batch(std::int64_t folder, Side home, std::int64_t batch,
                                 std::vector<Row> rows, bool wait);

  // Messages that are in several folders of a home (ledger_labels.cpp). Of these UIDs those whose
  // id is not known:
  [[nodiscard]] Result<std::vector<Uid>> without_label(std::int64_t folder, Side side,
                                                       const std::vector<Uid>& uids) const;
  Task<Result<void>> save_labels(std::int64_t folder, Side side, std::vector<Label> labels);
  // The known ones of these.
  [[nodiscard]] Result<std::vector<Label>> labels(std::int64_t folder, Side side,
                                                  const std::vector<Uid>& uids) const;
  // Of these UIDs those with a copy in another folder of the account, one for each.
  [[nodiscard]] Result<std::vector<LabelCopy>> label_copies(std::int64_t folder, Side home,
                                                            const std::vector<Uid>& uids) const;

  // Of the last two days (ledger_traffic.cpp).
  [[nodiscard]] Result<std::vector<Traffic>> traffic(AccountId account) const;
  Task<Result<void>> add_traffic(AccountId account, std::vector<Traffic> more);

  // How the last verifications ended (ledger_verified.cpp), the newest first; 20 are kept.
  [[nodiscard]] Result<std::vector<migration::Verified>> verified(AccountId account) const;
  Task<Result<void>> add_verified(AccountId account, migration::Verified one);

  [[nodiscard]] Result<std::vector<Skipped>> skipped(std::int64_t folder) const;
  // All of the account, and how many that are (ledger_skipped.cpp).
  [[nodiscard]] Result<std::vector<Skipped>> skipped_of(AccountId account) const;
  [[nodiscard]] Result<std::uint64_t> count_skipped(AccountId account) const;
  // How many messages of that side are recorded, by folder. Whole folders do not count.
  [[nodiscard]] Result<std::map<std::int64_t, std::uint64_t>> count_skipped(AccountId account,
                                                                            Side side) const;
  // The account's folders in which something is left out; `asked`: that a person wants tried again.
  [[nodiscard]] Result<std::set<std::int64_t>> folders_with_skipped(AccountId account,
                                                                    bool asked) const;
  // That it was tried again is over with that.
  Task<Result<void>> skip(Skipped skipped);
  Task<Result<void>> unskip(std::int64_t folder, Side side, std::vector<Uid> uids);
  // By folder, side and UID.
  Task<Result<void>> ask_again(std::vector<Skipped> wanted);

  [[nodiscard]] Result<AccountRow> account(AccountId account) const;
  Task<Result<void>> save_account(AccountId account, AccountRow row);

 private:
  using Work = std::move_only_function<Result<void>(store::Sql&)>;
  Task<Result<void>> commit(Work work);
  Task<Result<void>> commit_unit(store::Unit unit);
  store::Store& store_;
};

}  // namespace tandem::sync
