// Transfer: the messages of one folder in one direction, in batches, each exactly once.
//
// Per batch, and in this order:
//   lock     of INBOX: the account's lock is ours, the gateway appends nothing meanwhile
//   look     what is on the target from the UID on that was seen last, and is not ours, is matched
//            with the batch (ladder, counts); what matches is not appended
//   record   the batch's source UIDs and the target's next UID are durable
//   append   bodies from socket to socket
//   close    UIDs by APPENDUID, else by matching the tail; rows are written, the record goes
// A process or connection that dies between record and close leaves the record: reconcile() finds
// by the ladder what of it had arrived.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "migration/account_locks.hpp"
#include "sync/budget.hpp"
#include "sync/context.hpp"
#include "sync/copy.hpp"
#include "sync/labels.hpp"

namespace tandem::sync {

// One direction between two open folders.
struct Direction {
  net::ImapClient& source;
  net::ImapClient& target;
  Side source_side;
  Side home;
  std::string target_name;
  [[nodiscard]] Side target_side() const { return migration::other(source_side); }
  [[nodiscard]] bool from_home() const { return source_side == home; }
  // An empty record of a batch between the folders as they are open.
  [[nodiscard]] Batch record(Uid target_next) const;
  [[nodiscard]] bool is_of(const Batch& batch) const;  // its UIDs still mean the same messages
  // A row for a source and a target message.
  [[nodiscard]] Row row(Uid source_uid, Uid target_uid) const;
};

// On the target, without a known counterpart.
struct Unpaired {
  std::int64_t row = 0;  // 0: not in the ledger
  Item item;
};

// On the target already, in another folder: the source shows it in both (labels).
struct Labelled {
  Item item;  // as the source has it
  LabelCopy known;
  Item there;  // on the target, in that folder
  Item here;   // and copied from there; UID 0: not
};

class Transfer {
 public:
  Transfer(Context& context, Budget& budget, FolderRow& folder, std::size_t shown_folder,
           Direction direction, std::vector<Item> items, std::vector<Unpaired> unpaired,
           Uid target_next);

  Task<Result<void>> run();

  [[nodiscard]] std::uint64_t appended() const { return appended_; }
  // Messages that were not given or were refused for now: a later pass tries them again.
  [[nodiscard]] const std::vector<Uid>& later() const { return later_; }
  // The rest waits for a daily quota.
  [[nodiscard]] std::optional<migration::DailyQuota> waits() const;
  // The target's messages below are all accounted for.
  [[nodiscard]] Uid target_next() const { return target_next_; }
  // The mirror did not keep the flags that copies were given: the folder wants another round.
  [[nodiscard]] bool lost_flags() const { return direction_.from_home() && !lost_flags_.empty(); }
  // Something came on the target meanwhile that is not ours: the folder wants another round.
  [[nodiscard]] bool found_strangers() const { return strangers_; }

 private:
  Task<Result<void>> compress();
  Task<Result<void>> batch();
  Task<migration::AccountLocks::Guard> lock_target();
  std::vector<Item> cut();
  // Cuts next_, and counts it against the daily quotas.
  Task<Result<void>> cut_next();
  [[nodiscard]] bool is_too_large(const Item& item) const;
  [[nodiscard]] unsigned breaks_of(const Item& item) const;
  [[nodiscard]] bool is_hopeless(const std::vector<Item>& items) const;
  Task<Result<void>> read_ahead();
  Task<Result<void>> send_fetch(const std::vector<Item>& items);
  Task<Result<void>> drain_fetch();
  Task<Result<void>> look();
  Task<Result<void>> pair(std::vector<Item>& items);
  Task<Result<void>> append(std::vector<Item> items, bool multi);
  Task<Result<void>> append_again(std::vector<Item> items);
  Task<Result<std::optional<Error>>> finish_fetches(BatchCopy& copy);
  Task<Result<void>> settle(BatchCopy& copy, std::vector<Item>* again);
  bool may_come_later(const Item& item, const Copied& copied);
  Task<Result<void>> check_flags();
  Task<Result<void>> give_lost_flags();
  void arrived(const Item& item, const Copied& copied);
  Task<Result<void>> find_uids();
  Task<Result<void>> refuse(const Item& item, const Copied& copied);
  void suspect(const Error& error, const std::vector<Uid>& under_way);
  [[nodiscard]] bool is_known(Uid uid) const;  // ours or unpaired
  // Labels (transfer_labels.cpp).
  Task<Result<void>> find_copies();
  [[nodiscard]] const LabelCopy* label_of(const Item& item) const;  // null: it is downloaded
  [[nodiscard]] bool is_labelled(const std::vector<Item>& items) const;
  std::vector<Item> cut_labelled();
  Task<Result<void>> copy_labelled(std::vector<Item> items);
  Task<Result<void>> copy_batch(std::vector<Labelled> labelled);
  void put_back(std::vector<Item> items);
  Task<Result<void>> pair_labelled(std::vector<Labelled>& labelled);
  Task<Result<void>> look_there(std::vector<Labelled>& labelled, std::vector<Item>& rest);
  Task<Result<void>> open_target_again(std::uint32_t validity);
  Task<Result<void>> find_here(const std::map<Uid, Uid>& told, std::vector<Labelled>& labelled);
  Task<Result<void>> settle_labelled(std::vector<Labelled>& labelled, std::vector<Item>& rest);
  void advance();
  [[nodiscard]] mail::DigestOptions digest_options() const;
  [[nodiscard]] BatchCopy::Options copy_options(bool multi) const;

  Context& context_;
  Budget& budget_;
  FolderRow& folder_;
  std::size_t shown_folder_;
  Direction direction_;
  std::vector<Item> items_;
  std::size_t done_ = 0;  // of items_
  std::vector<Unpaired> unpaired_;
  Uid target_next_;
  std::set<Uid> ours_;  // appended, at or above target_next_
  std::vector<net::ImapTag> fetches_;
  std::vector<Item> next_;  // cut, and perhaps asked for
  std::vector<Row> rows_;   // of the batch at hand, to be written with its close
  std::uint64_t appended_ = 0;
  std::vector<Uid> later_;
  std::uint64_t waits_for_ = 0;  // bytes that the daily quotas have no room for; 0: nothing waits
  bool strangers_ = false;
  std::vector<Uid> not_yet_;         // of the batch at hand: not given, or refused for now
  Flags checked_;                    // each was seen on a copy, or is missing there
  Flags lost_flags_;                 // of those
  std::map<Uid, LabelCopy> copies_;  // of items_, by their UIDs
  std::vector<FolderRow> folders_;   // where they are
  enum class Dates : std::uint8_t { unknown, kept, lost };
  Dates dates_ = Dates::unknown;  // by a COPY on the target
};

// What an interrupted batch had brought to the target is matched and written; the record goes.
Task<Result<void>> reconcile(Context& context, const FolderRow& folder, Direction direction,
                             Batch batch);

[[nodiscard]] bool is_over_quota(const Error& error);

}  // namespace tandem::sync
