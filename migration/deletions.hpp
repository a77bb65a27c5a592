// Deletions that the sync carries over: what is removed at home is moved, on the other side, to the
// quarantine folder there. Plain values for the page and the command line; the sync implements the
// view.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/net/task.hpp"
#include "migration/account.hpp"

namespace tandem::migration {

using net::Task;

// Its name on either side, behind the prefix that the side gives personal folders. The sync copies
// nothing from it and to it.
inline constexpr std::string_view quarantine_folder = "Tandemail quarantine";

// More at once than may go without asking: nothing of it is done before a person decides.
struct HeldDeletions {
  std::string folder;          // UTF-8, as on `side`
  Side side = Side::new_side;  // where they would be removed
  std::uint64_t messages = 0;
  WallTime since{};  // the first of them
};

// One that was done, is under way, or could not be done.
struct DeletedMessage {
  std::int64_t id = 0;
  std::string folder;  // UTF-8, as on `side` when it was removed
  Side side = Side::new_side;
  std::string subject;  // UTF-8; may be empty
  std::string state;    // "waiting", "quarantined", "restored", "expunged", "refused", "left_alone"
  WallTime at{};        // of that state
  std::optional<WallTime> expunge_at;  // of a quarantined one: when it is removed for good
  std::string why;                     // of one left alone: plain words
};

struct DeletionReport {
  bool propagated = false;  // sync.propagate_deletes
  std::vector<HeldDeletions> held;
  std::vector<DeletedMessage> messages;  // newest first, at most `limit`
  std::uint64_t quarantined = 0;         // of all
};

struct UndoReport {
  std::uint64_t restored = 0;
  std::uint64_t not_found = 0;  // no longer in the quarantine folder
};

class Deletions {  // implemented by sync/
 public:
  virtual ~Deletions() = default;
  // Any thread, as all of these.
  [[nodiscard]] virtual Result<DeletionReport> deletions(AccountId account,
                                                         std::size_t limit) const = 0;
  // What is held in a folder (empty: in all) is done by the next pass, or stays as it is for good.
  // How many messages. not_found: nothing is held there.
  virtual Task<Result<std::uint64_t>> decide(AccountId account, std::string folder, bool allow) = 0;
  // Brings messages back to the folder they were in (made again if it is gone), on the side where
  // they were quarantined; `ids` empty: all. Not while a pass runs: it waits for its end.
  // not_found: no such account, or nothing of it is quarantined; what a log-in or server may say.
  virtual Task<Result<UndoReport>> undo(AccountId account, std::vector<std::int64_t> ids) = 0;
};

}  // namespace tandem::migration
