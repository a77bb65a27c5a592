#include "sync/verify_folder.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

#include "sync/copy.hpp"
#include "sync/scan.hpp"

namespace tandem::sync {
namespace {

constexpr std::size_t most_differences = 10'000;
constexpr std::size_t looked_at_once = 5'000;  // messages whose digests are asked for together
constexpr std::size_t named_at_once = 200;
constexpr std::size_t most_rewritten = 20;        // named, of an account
constexpr std::size_t most_reserved = 1'000'000;  // on a server's word

using migration::Difference;
using migration::DifferenceKind;

struct KindWords {
  const char* reason;
  const char* next_step;
};

// By DifferenceKind.
constexpr std::array<KindWords, 4> kind_words = {{
    {"on the home side, not on the mirror", "Run a pass and verify again."},
    {"on the mirror, not on the home side", "Run a pass and verify again."},
    {"on both sides, and not the same in what it says",
     "Open it on both sides. The sync leaves both as they are: if only one is right, save that one "
     "as a file before its mailbox ends."},
    {"the same but for what mail servers write into a message, or leave out", ""},
}};
static_assert(kind_words.size() == static_cast<std::size_t>(DifferenceKind::rewritten) + 1);

const KindWords& words_of(DifferenceKind kind) {
  return kind_words[static_cast<std::size_t>(kind)];
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

}  // namespace

FolderVerify::FolderVerify(Sides sides, How how, SampleBudget& sample, std::mt19937_64& draw)
    : sides_(sides), full_(how.full), sample_(sample), draw_(draw) {
  digest_.our_names = {std::move(how.our_name)};
  digest_.exact = true;
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
      const auto is_excused = [&](const Item& item) {
        return std::ranges::binary_search(excused, item.uid);
      };
      // What is known not to be given spoils no other.
      const bool all_told = std::ranges::all_of(
          block, [&](const Item& item) { return item.looked_at || is_excused(item); });
      if (!looked && (is_fatal(looked.error()) || !all_told)) co_return fail(looked.error());
      for (const Item& item : block)
        all.push_back({item.look->identity, item.date.unix_seconds, item.uid, is_excused(item),
                       item.look->bytes});
      next = end;
    }
  }
  co_return all;
}

Task<Result<void>> FolderVerify::name(net::ImapClient& client, std::vector<ToName> some,
                                      std::string folder, std::vector<Difference>& to,
                                      std::size_t most) const {
  const std::size_t named = std::min(some.size(), most - std::min(most, to.size()));
  for (std::size_t from = 0; from < named; from += named_at_once) {
    const std::size_t end = std::min(named, from + named_at_once);
    std::vector<Uid> uids;
    for (std::size_t at = from; at < end; ++at) uids.push_back(some[at].found.uid);
    auto subjects = co_await subjects_of(client, uids);
    if (!subjects) co_return fail(subjects.error());
    for (std::size_t at = from; at < end; ++at) {
      const ToName& one = some[at];
      Difference difference;
      difference.kind = one.kind;
      difference.folder = folder;
      difference.uid = one.found.uid;
      difference.other_uid = one.other;
      difference.date = one.found.date;
      difference.subject = (*subjects)[one.found.uid];
      const KindWords& words = words_of(one.kind);
      difference.reason = words.reason;
      difference.next_step = words.next_step;
      if (one.kind == DifferenceKind::missing)
        difference.lacking = migration::other(sides_.home_side);
      if (one.kind == DifferenceKind::extra) difference.lacking = sides_.home_side;
      to.push_back(std::move(difference));
    }
  }
  co_return Result<void>{};
}

Task<Result<void>> FolderVerify::name_all(Seen seen, FolderPair pair,
                                          migration::FolderVerdict& verdict,
                                          migration::VerifyReport& report) const {
  for (auto* left : {&seen.left.home, &seen.left.mirror})
    std::erase_if(*left, [](const Witness& one) { return one.excused; });
  std::vector<ToName> at_home;
  if (sides_.mirror_takes_mail) {
    verdict.missing = seen.left.home.size();
    for (const Witness& one : seen.left.home) at_home.push_back({DifferenceKind::missing, one});
  }
  verdict.changed = seen.changed.size();
  for (const auto& [ours, theirs] : seen.changed)
    at_home.push_back({DifferenceKind::changed, ours, theirs.uid});
  verdict.rewritten = seen.left.rewritten;
  verdict.whole = seen.whole;
  std::ranges::sort(seen.left.named, {}, &Witness::uid);
  std::vector<ToName> rewritten;
  for (const Witness& one : seen.left.named) rewritten.push_back({DifferenceKind::rewritten, one});
  const std::string& folder = pair.home->name;
  auto named =
      co_await name(sides_.home, std::move(at_home), folder, report.differences, most_differences);
  if (!named) co_return named;
  named =
      co_await name(sides_.home, std::move(rewritten), folder, report.rewritten, most_rewritten);
  if (!named || pair.mirror == nullptr) co_return named;
  verdict.extra = seen.left.mirror.size();
  std::vector<ToName> there;
  for (const Witness& one : seen.left.mirror) there.push_back({DifferenceKind::extra, one});
  co_return co_await name(sides_.mirror, std::move(there), folder, report.differences,
                          most_differences);
}

Task<Result<void>> FolderVerify::run(FolderPair pair, const Ledger& ledger, const FolderRow* row,
                                     migration::VerifyReport& report) const {
  auto excused = excused_in(ledger, row, sides_.home_side);
  if (!excused) co_return fail(excused.error());
  auto home = co_await read(sides_.home, pair.home->name, std::move(excused->home));
  if (!home) co_return fail(home.error());
  Seen seen;
  seen.home_validity = sides_.home.selected().uid_validity;
  std::vector<Witness> mirror;
  if (pair.mirror != nullptr) {
    auto read_there = co_await read(sides_.mirror, pair.mirror_name, std::move(excused->mirror));
    if (!read_there) co_return fail(read_there.error());
    mirror = std::move(*read_there);
    seen.mirror_validity = sides_.mirror.selected().uid_validity;
  }
  migration::FolderVerdict verdict;
  verdict.name = pair.home->name;
  verdict.home_messages = home->size();
  verdict.mirror_messages = mirror.size();
  SampleRoom room = sample_.next();
  if (full_) {
    room = {};
    seen.whole = home->size();
  }
  Sample sample(static_cast<std::size_t>(room.messages), draw_);
  seen.left = left_over(std::move(*home), std::move(mirror), &sample);
  auto done = co_await look_closer(seen, ledger, row);
  if (!done) co_return done;
  done = co_await read_sample(seen, sample.take(), room);
  if (!done) co_return done;
  done = co_await name_all(std::move(seen), pair, verdict, report);
  if (!done) co_return done;
  report.folders.push_back(std::move(verdict));
  co_return Result<void>{};
}

}  // namespace tandem::sync
