// Lately: the last few thousand things that the journal knows and the disk perhaps not yet, because
// nobody waited for them: whose answer was seen, and what was passed on without being stored. A
// sender that lost its connection comes back sooner than that (R11). Lost with the process: then
// what SMTP itself leaves in doubt stays in doubt.
//
// Any thread.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "proxy/gateway/journal_record.hpp"

namespace tandem::gateway {

class Lately {
 public:
  void answer_read(const Promise& promise);
  [[nodiscard]] bool was_read(const RecipientRecord& recipient) const;

  // Replaces what was there with the same H.
  void add(const std::vector<RecipientRecord>& recipients);
  void forget(const std::vector<RecipientRecord>& recipients);
  [[nodiscard]] std::optional<RecipientRecord> with(const std::string& replay) const;

 private:
  mutable std::mutex mutex_;
  std::deque<std::string> read_order_;
  std::unordered_set<std::string> read_;  // trace and H
  std::deque<std::string> order_;
  std::unordered_map<std::string, RecipientRecord> by_replay_;
};

}  // namespace tandem::gateway
