#include "sync/quiet.hpp"

#include "lib/net/task_group.hpp"
#include "sync/list_side.hpp"

namespace tandem::sync {
namespace {

using net::Task;

// What only ever grows with what arrives.
Task<Result<std::uint64_t>> count_arrivals(net::ImapClient& client) {
  const auto side = co_await list_side(client, false);
  if (!side) co_return fail(side.error());
  std::uint64_t all = 0;
  for (const Folder& folder : side->folders)
    if (folder.status) all += folder.status->uid_next;
  co_return all;
}

}  // namespace

Task<Result<void>> wait_until_quiet(net::ImapClient& client, Duration pause) {
  auto before = co_await count_arrivals(client);
  unsigned in_vain = 0;
  while (before && in_vain < 2) {
    (void)co_await net::sleep_for(pause * (1 + in_vain));
    auto now = co_await count_arrivals(client);
    if (!now) co_return fail(now.error());
    in_vain = *now == *before ? in_vain + 1 : 0;
    before = std::move(now);
  }
  if (!before) co_return fail(before.error());
  co_return Result<void>{};
}

}  // namespace tandem::sync
