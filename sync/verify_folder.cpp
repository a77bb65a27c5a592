#include "sync/verify_folder.hpp"

#include <algorithm>
#include <iterator>
#include <ranges>
#include <set>
#include <utility>

#include "sync/closer.hpp"
#include "sync/match.hpp"
#include "sync/scan.hpp"

namespace tandem::sync {
namespace {

constexpr std::size_t most_differences = 10'000;
constexpr std::size_t looked_at_once = 5'000;  // messages whose digests are asked for together
constexpr std::size_t named_at_once = 200;
constexpr std::size_t most_reserved = 1'000'000;  // on a server's word

using Group = std::vector<Witness>;

// An excused one comes last of its like, whatever its date.
std::vector<Candidate> candidates_of(Group& group) {
  std::ranges::sort(group, {}, [](const Witness& w) { return std::pair(w.excused, w.uid); });
  std::vector<Candidate> all;
  for (const Witness& one : group)
    all.push_back(
        {all.size(), static_cast<Uid>(all.size()), one.identity, {}, one.excused ? 0 : one.date});
  return all;
}

// Of equal messages.
void pair_up(Group home, Group mirror, LeftOver& left) {
  const auto ours = candidates_of(home);
  const auto theirs = candidates_of(mirror);
  std::set<std::size_t> here;
  std::set<std::size_t> there;
  for (const Match& one : match(ours, theirs)) {
    here.insert(one.left);
    there.insert(one.right);
  }
  const auto keep = [](const Group& group, const std::set<std::size_t>& taken, Group& to) {
    for (std::size_t at = 0; at < group.size(); ++at)
      if (!taken.contains(at)) to.push_back(group[at]);
  };
  keep(home, here, left.home);
  keep(mirror, there, left.mirror);
}

Group take_equal(const std::vector<Witness>& all, std::size_t& at, const Identity& identity) {
  Group group;
  while (at < all.size() && all[at].identity == identity) group.push_back(all[at++]);
  return group;
}

struct Excused {
  std::vector<Uid> home, mirror;
};

Result<Excused> excused_in(const Ledger& ledger, const FolderRow* row, Side home) {
  Excused excused;
  if (row == nullptr) return excused;
  const auto skipped = ledger.skipped(row->id);
  if (!skipped) return fail(skipped.error());
  for (const Skipped& one : *skipped)
    (one.side == home ? excused.home : excused.mirror).push_back(one.uid);
  const auto rows = ledger.lonely_rows(row->id, home);
  if (!rows) return fail(rows.error());
  for (const Row& message : *rows) {
    if (message.mirror_gone) excused.home.push_back(message.home);
    if (message.home_gone || message.home == 0) excused.mirror.push_back(message.mirror);
  }
  std::ranges::sort(excused.home);
  std::ranges::sort(excused.mirror);
  return excused;
}

void drop(std::vector<Witness>& from, const std::set<Uid>& uids) {
  std::erase_if(from, [&](const Witness& one) { return uids.contains(one.uid); });
}

}  // namespace

LeftOver left_over(std::vector<Witness> home, std::vector<Witness> mirror) {
  const auto order = [](const Witness& one) { return std::pair(one.identity, one.uid); };
  std::ranges::sort(home, {}, order);
  std::ranges::sort(mirror, {}, order);
  LeftOver left;
  std::size_t here = 0;
  std::size_t there = 0;
  while (here < home.size() || there < mirror.size()) {
    Identity least = here < home.size() ? home[here].identity : mirror[there].identity;
    if (there < mirror.size()) least = std::min(least, mirror[there].identity);
    Group ours = take_equal(home, here, least);
    Group theirs = take_equal(mirror, there, least);
    if (least.known() && ours.size() == theirs.size()) continue;  // nearly all
    pair_up(std::move(ours), std::move(theirs), left);
  }
  std::ranges::sort(left.home, {}, &Witness::uid);
  std::ranges::sort(left.mirror, {}, &Witness::uid);
  return left;
}

FolderVerify::FolderVerify(Sides sides, bool full, std::string our_name)
    : sides_(sides), full_(full) {
  digest_.our_names = {std::move(our_name)};
}

Task<Result<void>> FolderVerify::look(net::ImapClient& client, std::vector<Item>& items) const {
  if (full_) co_return co_await look_at_whole(client, items, digest_);
  co_return co_await look_at(client, items, digest_);
}

Task<Result<std::vector<Witness>>> FolderVerify::read(net::ImapClient& client, std::string name,
                                                      std::vector<Uid> excused) const {
  std::vector<Witness> all;
  const auto opened = co_await client.examine(name);
  if (!opened) co_return fail(opened.error());
  all.reserve(std::min<std::size_t>(opened->exists, most_reserved));
  Uid rest = 1;
  while (rest != 0) {
    auto items = co_await scan_part(client, rest);
    if (!items) co_return fail(items.error());
    for (auto next = items->begin(); next != items->end();) {
      const auto end = next + std::min(std::ssize(*items) - (next - items->begin()),
                                       static_cast<std::ptrdiff_t>(looked_at_once));
      std::vector<Item> block(std::make_move_iterator(next), std::make_move_iterator(end));
      const auto looked = co_await look(client, block);
      if (!looked) co_return fail(looked.error());
      for (const Item& item : block)
        all.push_back({item.look->identity, item.date.unix_seconds, item.uid,
                       std::ranges::binary_search(excused, item.uid)});
      next = end;
    }
  }
  co_return all;
}

// Without trace ids: the digest alone decides here, and a copy with our trace id but other content
// is a difference.
Task<Result<std::vector<Item>>> FolderVerify::look_again(net::ImapClient& client,
                                                         const std::vector<Witness>& some) const {
  std::vector<Uid> uids;
  for (const Witness& one : some) uids.push_back(one.uid);
  auto items = co_await scan_uids(client, uids);
  if (!items) co_return fail(items.error());
  const auto looked = co_await look(client, *items);
  if (!looked) co_return fail(looked.error());
  for (Item& item : *items) item.look = Look{item.look->identity, item.look->likeness, {}};
  co_return items;
}

Task<Result<void>> FolderVerify::look_closer(LeftOver& left) const {
  if (full_ || left.home.empty() || left.mirror.empty()) co_return Result<void>{};
  const auto home = co_await look_again(sides_.home, left.home);
  if (!home) co_return fail(home.error());
  const auto mirror = co_await look_again(sides_.mirror, left.mirror);
  if (!mirror) co_return fail(mirror.error());
  Alone ours = alone(*home, {});
  Alone theirs = alone(*mirror, {});
  const auto found = co_await match_whole(sides_.home, ours, sides_.mirror, theirs, digest_);
  if (!found) co_return fail(found.error());
  std::set<Uid> at_home;
  std::set<Uid> on_mirror;
  for (const Match& one : *found) {
    at_home.insert((*home)[one.left].uid);
    on_mirror.insert((*mirror)[one.right].uid);
  }
  drop(left.home, at_home);
  drop(left.mirror, on_mirror);
  co_return Result<void>{};
}

Task<Result<std::uint64_t>> FolderVerify::name(net::ImapClient& client, std::vector<Witness> left,
                                               std::string folder, Side lacking,
                                               migration::VerifyReport& report) const {
  std::erase_if(left, &Witness::excused);
  const bool extra = lacking == sides_.home_side;
  const std::size_t room = most_differences - std::min(most_differences, report.differences.size());
  const std::size_t named = std::min(left.size(), room);
  for (std::size_t from = 0; from < named; from += named_at_once) {
    const std::size_t to = std::min(named, from + named_at_once);
    std::vector<Uid> uids;
    for (std::size_t at = from; at < to; ++at) uids.push_back(left[at].uid);
    auto subjects = co_await subjects_of(client, uids);
    if (!subjects) co_return fail(subjects.error());
    for (std::size_t at = from; at < to; ++at) {
      migration::Difference difference;
      difference.folder = folder;
      difference.lacking = lacking;
      difference.uid = left[at].uid;
      difference.date = left[at].date;
      difference.subject = (*subjects)[left[at].uid];
      difference.reason =
          extra ? "on the mirror, not on the home side" : "on the home side, not on the mirror";
      difference.next_step = "Run a pass and verify again.";
      report.differences.push_back(std::move(difference));
    }
  }
  co_return left.size();
}

Task<Result<void>> FolderVerify::run(FolderPair pair, const Ledger& ledger, const FolderRow* row,
                                     migration::VerifyReport& report) const {
  auto excused = excused_in(ledger, row, sides_.home_side);
  if (!excused) co_return fail(excused.error());
  auto home = co_await read(sides_.home, pair.home->name, std::move(excused->home));
  if (!home) co_return fail(home.error());
  std::vector<Witness> mirror;
  if (pair.mirror != nullptr) {
    auto read_there = co_await read(sides_.mirror, pair.mirror_name, std::move(excused->mirror));
    if (!read_there) co_return fail(read_there.error());
    mirror = std::move(*read_there);
  }
  migration::FolderVerdict verdict;
  verdict.name = pair.home->name;
  verdict.home_messages = home->size();
  verdict.mirror_messages = mirror.size();
  LeftOver left = left_over(std::move(*home), std::move(mirror));
  const auto closer = co_await look_closer(left);
  if (!closer) co_return fail(closer.error());
  if (sides_.mirror_takes_mail) {
    const auto missing = co_await name(sides_.home, std::move(left.home), pair.home->name,
                                       migration::other(sides_.home_side), report);
    if (!missing) co_return fail(missing.error());
    verdict.missing = *missing;
  }
  if (pair.mirror != nullptr) {
    const auto extra = co_await name(sides_.mirror, std::move(left.mirror), pair.home->name,
                                     sides_.home_side, report);
    if (!extra) co_return fail(extra.error());
    verdict.extra = *extra;
  }
  report.folders.push_back(std::move(verdict));
  co_return Result<void>{};
}

}  // namespace tandem::sync
