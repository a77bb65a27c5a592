#include "sync/waits.hpp"

namespace tandem::sync {
namespace {

// What came on the mirror may wait as long.
constexpr Duration between_looks = std::chrono::hours(1);

}  // namespace

SideCount count_of(const imap::response::MailboxStatus& status) {
  return {status.uid_validity, status.messages, status.uid_next};
}

Change change(const SideCount& before, const SideCount& now) {
  if (before.validity != now.validity || now.next < before.next || now.messages < before.messages)
    return Change::removals;
  const std::uint64_t came = now.next - before.next;
  if (now.messages - before.messages != came) return Change::removals;
  return came == 0 ? Change::nothing : Change::additions;
}

bool may_rest(const Waiting& waiting, const SideCount& at_home, const SideCount& on_mirror,
              bool removals, WallTime now) {
  if (now >= waiting.quota.goes_on_at.value_or(now)) return false;
  const Change home = change(waiting.at_home, at_home);
  const Change mirror = change(waiting.on_mirror, on_mirror);
  if (home == Change::removals || mirror == Change::removals) return false;
  const bool moved_here = home == Change::additions || mirror == Change::additions;
  if (moved_here && removals) return false;
  return mirror == Change::nothing || now - waiting.looked_at < between_looks;
}

const Waiting* Waits::find(std::int64_t folder) const {
  const auto found = waiting_.find(folder);
  return found == waiting_.end() ? nullptr : &found->second;
}

}  // namespace tandem::sync
