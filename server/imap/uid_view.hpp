// UidView: a session's own picture of the mailbox: which UID has which message number. Held as
// ranges, so a mailbox of a million messages without gaps costs a few bytes. It changes only when
// the session tells its client.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "lib/protocol/imap/sequence_set.hpp"

namespace tandem::server {

class UidView {
 public:
  UidView() = default;
  // `uids` ascending without overlaps.
  explicit UidView(const imap::SequenceSet& uids);

  [[nodiscard]] std::uint32_t size() const { return size_; }
  [[nodiscard]] std::uint32_t largest() const { return ranges_.empty() ? 0 : ranges_.back().last; }
  // Nothing: not in the view.
  [[nodiscard]] std::optional<std::uint32_t> number_of(std::uint32_t uid) const;
  [[nodiscard]] std::uint32_t uid_of(std::uint32_t number) const;  // 1 <= number <= size()
  // How many messages have a smaller UID.
  [[nodiscard]] std::uint32_t count_below(std::uint32_t uid) const;

  // UIDs of the messages in a set of numbers; numbers that are too large name nothing.
  [[nodiscard]] imap::SequenceSet uids_of(const imap::SequenceSet& numbers) const;
  // Those of `uids` that are in the view; `*` is the largest.
  [[nodiscard]] imap::SequenceSet known(const imap::SequenceSet& uids) const;
  [[nodiscard]] imap::SequenceSet all() const;

  void append(std::uint32_t uid);  // larger than all
  // Removes what is there of `uids` (ascending); the numbers to say EXPUNGE with, in order.
  std::vector<std::uint32_t> remove(const imap::SequenceSet& uids);

 private:
  struct Range {
    std::uint32_t first = 0;
    std::uint32_t last = 0;
    std::uint32_t before = 0;  // messages in earlier ranges
  };
  [[nodiscard]] std::vector<Range>::const_iterator range_at(std::uint32_t uid) const;
  void assign(const imap::SequenceSet& uids);

  std::vector<Range> ranges_;
  std::uint32_t size_ = 0;
};

}  // namespace tandem::server
