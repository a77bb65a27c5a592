// Pop3Stream: SEARCH, for who looks for a message: by its header, its date, its size. Date and
// header of a message are asked of the server only where the keys before them have left it in.
#include <algorithm>
#include <fmt/format.h>

#include "lib/base/text.hpp"
#include "lib/mail/header.hpp"
#include "migration/pop3_stream.hpp"

namespace tandem::migration {
namespace {

using imap::SearchKey;
using imap::SearchKind;

bool can_search(const SearchKey& key) {
  switch (key.kind) {
    case SearchKind::all:
    case SearchKind::all_of:
    case SearchKind::any_of:
    case SearchKind::none_of:
    case SearchKind::sequence:
    case SearchKind::uid:
    case SearchKind::header:
    case SearchKind::larger:
    case SearchKind::smaller:
    case SearchKind::before:
    case SearchKind::on:
    case SearchKind::since: return std::ranges::all_of(key.children, can_search);
    default: return false;
  }
}

// The day that is written in a date, whatever its zone (RFC 9051 6.4.4).
std::chrono::sys_days day_of(const imap::DateTime& date) {
  const std::chrono::seconds local(date.unix_seconds + std::int64_t{date.zone_minutes} * 60);
  return std::chrono::floor<std::chrono::days>(std::chrono::sys_seconds(local));
}

bool has_field(std::string_view header, const SearchKey& key) {
  const mail::HeaderView view(header);
  const std::string wanted = lower(key.text);
  return std::ranges::any_of(view.all(key.field), [&](const mail::HeaderField* field) {
    return lower(mail::unfold(field->value)).find(wanted) != std::string::npos;
  });
}

}  // namespace

Task<Result<bool>> Pop3Stream::matches(const SearchKey& key, std::size_t at) {
  const Pop3Message& one = inbox_.messages()[at];
  const auto last = static_cast<std::uint32_t>(inbox_.messages().size());
  switch (key.kind) {
    case SearchKind::sequence:
      co_return key.set.resolve(last).contains(static_cast<std::uint32_t>(at + 1));
    case SearchKind::uid:
      co_return key.set.resolve(inbox_.messages().back().known.uid).contains(one.known.uid);
    case SearchKind::larger: co_return one.size() > key.number;
    case SearchKind::smaller: co_return one.size() < key.number;
    case SearchKind::header: {
      const auto header = co_await inbox_.header(at);
      if (header) co_return has_field(*header, key);
      if (header.error().kind != ErrorKind::refused) co_return fail(header.error());
      co_return false;
    }
    case SearchKind::before:
    case SearchKind::on:
    case SearchKind::since: {
      const auto date = co_await inbox_.date(at);
      if (!date) co_return fail(date.error());
      const auto day = day_of(*date);
      if (key.kind == SearchKind::before) co_return day < key.day;
      co_return key.kind == SearchKind::on ? day == key.day : day >= key.day;
    }
    case SearchKind::all_of:
    case SearchKind::any_of:
    case SearchKind::none_of: co_return co_await combined(key, at);
    default: co_return true;
  }
}

// Until one child decides.
Task<Result<bool>> Pop3Stream::combined(const SearchKey& key, std::size_t at) {
  const bool all = key.kind == SearchKind::all_of;
  for (const SearchKey& child : key.children) {
    const auto found = co_await matches(child, at);
    if (!found) co_return found;
    if (*found != all) co_return key.kind == SearchKind::any_of;
  }
  co_return key.kind != SearchKind::any_of;
}

Task<Result<void>> Pop3Stream::search(const std::string& tag, const imap::command::Search& search) {
  if (!selected_ || search.extended || !can_search(search.key)) {
    answer(tag, "NO [CANNOT] a POP3 mailbox is not searched for that");
    co_return Result<void>{};
  }
  std::string numbers;
  for (std::size_t at = 0; at < inbox_.messages().size(); ++at) {
    const auto found = co_await matches(search.key, at);
    if (!found) co_return fail(found.error());
    const std::uint64_t number = search.uid ? inbox_.messages()[at].known.uid : at + 1;
    if (*found) numbers += fmt::format(" {}", number);
  }
  out_ += fmt::format("* SEARCH{}\r\n", numbers);
  answer(tag, "OK done");
  co_return co_await inbox_.remember();
}

}  // namespace tandem::migration
