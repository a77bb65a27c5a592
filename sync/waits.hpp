// Folders that wait for a daily quota, and whether one of them may be left alone meanwhile: each
// look costs its listing, which counts too. Only what must not wait is looked for: what was moved,
// so that it is recognised, and what came on the mirror and belongs home.
#pragma once

#include <map>
#include <optional>

#include "lib/protocol/imap/response.hpp"
#include "migration/views.hpp"

namespace tandem::sync {

// A folder of one side, as STATUS tells it.
struct SideCount {
  std::uint64_t validity = 0;
  std::uint64_t messages = 0;
  std::uint64_t next = 0;
};

[[nodiscard]] SideCount count_of(const imap::response::MailboxStatus& status);

enum class Change : std::uint8_t {
  nothing,
  additions,  // and nothing has gone
  removals,   // or nobody can tell
};
[[nodiscard]] Change change(const SideCount& before, const SideCount& now);

struct Waiting {
  migration::DailyQuota quota;  // with the time it goes on
  WallTime looked_at{};
  migration::Side home = migration::Side::old_side;
  SideCount at_home, on_mirror;  // when it began to wait
};

// `removals`: something has gone from another folder of the account.
[[nodiscard]] bool may_rest(const Waiting& waiting, const SideCount& at_home,
                            const SideCount& on_mirror, bool removals, WallTime now);

// In memory, by folder: a restart looks anew. The executor's thread.
class Waits {
 public:
  [[nodiscard]] const Waiting* find(std::int64_t folder) const;
  void put(std::int64_t folder, Waiting waiting) { waiting_[folder] = waiting; }
  void end(std::int64_t folder) { waiting_.erase(folder); }

 private:
  std::map<std::int64_t, Waiting> waiting_;
};

}  // namespace tandem::sync
