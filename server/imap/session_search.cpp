// SEARCH and UID SEARCH, with ESEARCH (RFC 4731), SEARCHRES (RFC 5182) and MODSEQ (RFC 7162). Rows
// are looked through some at a time, giving way to other sessions between.
#include <algorithm>
#include <fmt/format.h>

#include "lib/net/wait.hpp"
#include "server/imap/search_match.hpp"
#include "server/imap/session.hpp"

namespace tandem::server {
namespace {

using imap::SearchKey;
using imap::SearchKind;

constexpr std::size_t rows_at_once = 1000;
constexpr std::size_t messages_at_once = 20;  // that are read, before giving way

bool asks_modseq(const SearchKey& key) {
  return key.kind == SearchKind::modseq || std::ranges::any_of(key.children, asks_modseq);
}

// The UIDs that a search's own `UID set` leaves.
imap::SequenceSet narrowed(const SearchKey& key, const imap::SequenceSet& among,
                           const UidView& view) {
  if (key.kind == SearchKind::uid || key.kind == SearchKind::sequence) return view.known(key.set);
  if (key.kind != SearchKind::all_of) return among;
  for (const SearchKey& child : key.children)
    if (child.kind == SearchKind::uid || child.kind == SearchKind::sequence)
      return view.known(child.set);
  return among;
}

std::int64_t unix_seconds(WallTime now) {
  return std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
}

struct Found {
  std::string tag;
  bool uid = false;
  imap::SequenceSet uids;
  Modseq highest = 0;
  bool with_modseq = false;
};

std::uint32_t shown(const Found& found, const UidView& view, Uid uid) {
  return found.uid ? uid : view.number_of(uid).value_or(0);
}

imap::SequenceSet shown(const Found& found, const UidView& view) {
  if (found.uid) return found.uids;
  imap::SequenceSet numbers;
  for (const auto range : found.uids.ranges()) {
    const std::uint32_t first = view.number_of(range.first).value_or(0);
    numbers.add(first, first + (range.last - range.first));
  }
  return numbers;
}

std::string plain_answer(const Found& found, const UidView& view) {
  std::string line = "* SEARCH";
  const imap::SequenceSet numbers = shown(found, view);
  for (const auto range : numbers.ranges())
    for (std::uint64_t number = range.first; number <= range.last; ++number)
      fmt::format_to(std::back_inserter(line), " {}", number);
  if (found.with_modseq && !found.uids.empty())
    fmt::format_to(std::back_inserter(line), " (MODSEQ {})", found.highest);
  return line + "\r\n";
}

// RFC 9394: positions from 1, negative ones from the end.
imap::SequenceSet part_of(const imap::SequenceSet& all,
                          std::pair<std::int64_t, std::int64_t> part) {
  const auto count = static_cast<std::int64_t>(all.count());
  if (part.first < 0) part = {count + part.first + 1, count + part.second + 1};
  const auto [low, high] = std::minmax(part.first, part.second);
  imap::SequenceSet out;
  std::int64_t at = 1;
  for (const auto range : all.ranges())
    for (std::uint64_t number = range.first; number <= range.last; ++number, ++at)
      if (at >= low && at <= high) out.add(static_cast<std::uint32_t>(number));
  return out;
}

std::string extended_answer(const Found& found, const UidView& view,
                            const imap::command::Search& search) {
  std::string line = "* ESEARCH (TAG \"" + found.tag + "\")";
  if (found.uid) line += " UID";
  auto to = std::back_inserter(line);
  const imap::SequenceSet& uids = found.uids;
  const bool any = !uids.empty();
  if ((search.returns & imap::command::return_min) != 0 && any)
    fmt::format_to(to, " MIN {}", shown(found, view, uids.ranges().front().first));
  if ((search.returns & imap::command::return_max) != 0 && any)
    fmt::format_to(to, " MAX {}", shown(found, view, uids.ranges().back().last));
  if ((search.returns & imap::command::return_count) != 0)
    fmt::format_to(to, " COUNT {}", uids.count());
  if ((search.returns & imap::command::return_all) != 0 && any)
    fmt::format_to(to, " ALL {}", shown(found, view).to_string());
  if (search.partial) {
    const auto part = part_of(shown(found, view), *search.partial);
    fmt::format_to(to, " PARTIAL ({}:{} {})", search.partial->first, search.partial->second,
                   part.empty() ? "NIL" : part.to_string());
  }
  if (found.with_modseq && any) fmt::format_to(to, " MODSEQ {}", found.highest);
  return line + "\r\n";
}

// Message numbers and `$` as UIDs of the session's view.
void resolve_sets(SearchKey& key, const UidView& view, const imap::SequenceSet& saved) {
  if (key.kind == SearchKind::sequence || key.kind == SearchKind::uid) {
    if (key.set.is_saved_result())
      key.set = view.known(saved);
    else
      key.set = key.kind == SearchKind::uid ? view.known(key.set) : view.uids_of(key.set);
    key.set = key.set.resolve(0xffffffff);  // sorted: contains() is quick
    key.kind = SearchKind::uid;
  }
  for (SearchKey& child : key.children) resolve_sets(child, view, saved);
}

}  // namespace

net::Task<Result<imap::SequenceSet>> ImapSession::find_messages(const imap::SearchKey& key,
                                                                imap::SequenceSet among,
                                                                Modseq& highest) {
  const SearchContext context{&mailboxes_.blobs(), unix_seconds(mailboxes_.clock().wall()),
                              selected_->recent_from()};
  imap::SequenceSet found;
  std::size_t read = 0;
  const BoxId box = selected_->box().id;
  for (const auto range : among.ranges()) {
    for (Uid next = range.first; next != 0 && next <= range.last;) {
      const auto rows = mailboxes_.rows(box, next, range.last, RowDetail::flags, rows_at_once);
      if (!rows) co_return fail(rows.error());
      for (const MessageRow& row : *rows) {
        auto matches = quick_match(key, row, context);
        if (!matches) {
          const auto full = mailboxes_.rows(box, row.uid, row.uid, RowDetail::search, 1);
          if (!full) co_return fail(full.error());
          if (full->empty()) continue;  // expunged meanwhile
          auto answer = FullMatch(full->front(), context).matches(key);
          if (!answer) co_return fail(answer.error());
          matches = *answer;
          if (++read % messages_at_once == 0) co_await net::yield_now();
        }
        if (!*matches) continue;
        found.add(row.uid);
        highest = std::max(highest, row.modseq);
      }
      next = rows->size() < rows_at_once ? 0 : rows->back().uid + 1;
      if (next != 0) co_await net::yield_now();
    }
  }
  co_return found;
}

ImapSession::Done ImapSession::search(std::string tag, imap::command::Search search) {
  if (!search.charset.empty() && search.charset != "UTF-8" && search.charset != "US-ASCII") {
    co_return co_await finish(std::move(tag), "NO [BADCHARSET (US-ASCII UTF-8)] Unknown charset",
                              false);
  }
  resolve_sets(search.key, selected_->view(), saved_);
  prepare(search.key);
  Found answer{.tag = tag, .uid = search.uid, .with_modseq = asks_modseq(search.key)};
  if (answer.with_modseq) modes_.condstore = true;
  const imap::SequenceSet all = selected_->view().all();
  imap::SequenceSet among = narrowed(search.key, all, selected_->view());
  // A removed message that the client was not told of yet is still one of its numbers, but has no
  // row any more: it is not found.
  auto found = co_await find_messages(search.key, std::move(among), answer.highest);
  if (!found) co_return co_await no(std::move(tag), found.error());
  answer.uids = selected_->view().known(*found);
  if ((search.returns & imap::command::return_save) != 0) saved_ = answer.uids;
  if (search.extended) {
    const std::uint8_t only_save = imap::command::return_save;
    if (search.returns != only_save || search.partial)
      io_.put(extended_answer(answer, selected_->view(), search));
  } else {
    io_.put(plain_answer(answer, selected_->view()));
  }
  co_return co_await finish(std::move(tag), "OK Found", search.uid);
}

}  // namespace tandem::server
