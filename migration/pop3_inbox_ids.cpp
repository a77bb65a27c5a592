// Pop3Inbox: who is who.
#include <array>
#include <map>

#include "lib/base/text.hpp"
#include "lib/mail/digest.hpp"
#include "lib/mail/header.hpp"
#include "migration/pop3_inbox.hpp"
#include "migration/pop3_numbering.hpp"

namespace tandem::migration {
namespace {

// Longer ids hold more than a number: a time, a file's name, a digest.
constexpr std::size_t longest_short_id = 9;
constexpr std::size_t looked_at_in_each_session = 8;
constexpr std::uint64_t piece_to_digest = 1024 * 1024;  // and the most of a header

// What POP3 servers and their clients' marks change in a message that stays the same.
const std::array<std::string, 9> unstable = {"Status",     "X-Status",         "X-UIDL",
                                             "X-Keywords", "X-Mozilla-Status", "X-Mozilla-Status2",
                                             "X-IMAPbase", "Content-Length",   "Lines"};

std::string key_by_header(std::string_view header) {
  const mail::HeaderView view(header);
  return "h " + hex_encode(sha256(mail::select_fields(view, unstable, true)));
}

// What stays the same as long as it is the same message; empty: the header says too little.
std::string digest_of(std::string_view header) {
  const mail::HeaderView view(header);
  if (view.find("Message-ID") == nullptr && view.find("Date") == nullptr) return {};
  const std::array<std::string, 1> received = {"Received"};
  const std::string way = mail::select_fields(view, received, false);
  return hex_encode(sha256(mail::digest_header(header).header + way));
}

Result<std::string> digest_of_whole(const store::BlobDraft& whole) {
  mail::DigestStream stream;
  std::string header;
  for (std::uint64_t at = 0; at < whole.size(); at += piece_to_digest) {
    const auto bytes = whole.read(at, piece_to_digest);
    if (!bytes) return bytes;
    if (at == 0) header = *bytes;
    stream.update(*bytes);
  }
  std::string of_header = digest_of(header);
  if (!of_header.empty()) return of_header;
  const mail::StableDigest digest = stream.finish();
  return hex_encode(sha256(digest.header + digest.body.value_or(std::string())));
}

}  // namespace

void Pop3Inbox::note_header(std::size_t at, std::string_view header) {
  Pop3Known& known = messages_[at].known;
  if (!known.header.empty()) return;
  known.header = digest_of(header);
  if (!known.header.empty()) found_out_.insert(at);
}

// Also of those whose header alone tells too little.
void Pop3Inbox::note_whole(std::size_t at, const store::BlobDraft& whole) {
  Pop3Known& known = messages_[at].known;
  if (!known.header.empty()) return;
  const auto digest = digest_of_whole(whole);
  if (!digest) return;
  known.header = *digest;
  found_out_.insert(at);
}

Task<Result<void>> Pop3Inbox::add_ids(std::vector<Listed>& listing) {
  const auto ids = co_await client_.uidl();
  if (!ids && ids.error().kind == ErrorKind::refused && !ids.error().temporary)
    co_return Result<void>{};
  if (!ids) co_return fail(ids.error());
  std::map<std::string_view, unsigned> count;
  for (const pop3::ListEntry& one : *ids) ++count[one.value];
  std::map<std::uint64_t, std::string_view> by_number;
  for (const pop3::ListEntry& one : *ids)
    if (count[one.value] == 1) by_number[one.number] = one.value;
  for (Listed& one : listing)
    if (const auto found = by_number.find(one.number); found != by_number.end())
      one.id = found->second;
  co_return Result<void>{};
}

// One for each message, no two alike.
Task<Result<std::vector<std::string>>> Pop3Inbox::keys_of(const std::vector<Listed>& listing) {
  std::vector<std::string> keys;
  std::map<std::string, unsigned> alike;
  Ahead window;
  for (std::size_t at = 0; at < listing.size(); ++at) {
    const Listed& one = listing[at];
    window.advance(at, listing.size(), [&](std::size_t next) {
      if (listing[next].id.empty()) client_.top_ahead(listing[next].number, 0);
    });
    if (!one.id.empty()) {
      keys.push_back(Pop3Index::key_of(one.id));
      continue;
    }
    const auto header = co_await read_header(one.number);
    if (!header) co_return fail(header.error());
    std::string key = key_by_header(*header);
    const unsigned before = alike[key]++;
    if (before > 0) key += " " + std::to_string(before);
    keys.push_back(std::move(key));
  }
  co_return keys;
}

// For who is who, where the id does not say it.
Task<Result<std::string>> Pop3Inbox::read_header(std::uint64_t number) {
  auto header = co_await header_alone(number);
  if (header || header.error().kind != ErrorKind::refused) co_return header;
  Error error = header.error();
  error.kind = ErrorKind::invalid;
  error.what =
      "The POP3 server does not say which message is which (no unique UIDL), and gives no header "
      "alone (TOP): its mail cannot be copied so that each message is copied once";
  error.next_step = "Ask this host for IMAP, or for a POP3 server that has UIDL.";
  co_return fail(std::move(error));
}

// Whether the ids still name the messages that they named.
Task<Result<std::vector<Pop3Seen>>> Pop3Inbox::see(const std::vector<Listed>& listing,
                                                   const Pop3Index::Numbered& known) {
  auto keys = co_await keys_of(listing);
  if (!keys) co_return fail(keys.error());
  std::vector<Pop3Seen> seen;
  Positions brief;
  for (std::size_t at = 0; at < listing.size(); ++at) {
    seen.push_back({std::move((*keys)[at]), listing[at].size, std::nullopt});
    const std::size_t length = listing[at].id.size();
    if (length > 0 && length <= longest_short_id && known.messages.contains(seen.back().key))
      brief.push_back(at);
  }
  auto looked = co_await look(listing, changed(listing, known, seen), true, seen);
  if (!looked) co_return fail(looked.error());
  const std::size_t others = brief.size() - std::min(brief.size(), looked_at_in_each_session);
  const Positions last(brief.begin() + static_cast<std::ptrdiff_t>(others), brief.end());
  if (has_top_) looked = co_await look(listing, last, false, seen);
  if (!looked) co_return fail(looked.error());
  const bool reused = std::ranges::any_of(
      brief, [&](std::size_t at) { return is_another(known.messages.at(seen[at].key), seen[at]); });
  if (reused) looked = co_await look(listing, brief, true, seen);
  if (!looked) co_return fail(looked.error());
  co_return seen;
}

// Known ones of another size; at a server that was seen to use ids again, new ones too.
Pop3Inbox::Positions Pop3Inbox::changed(const std::vector<Listed>& listing,
                                        const Pop3Index::Numbered& known,
                                        const std::vector<Pop3Seen>& seen) {
  const bool reuses = std::ranges::any_of(
      known.messages, [](const auto& one) { return Pop3Numbering::is_displaced(one.first); });
  Positions positions;
  for (std::size_t at = 0; at < listing.size(); ++at) {
    const auto found = known.messages.find(seen[at].key);
    const bool fresh = found == known.messages.end();
    const std::uint64_t size = listing[at].size;
    const bool other = fresh ? reuses : found->second.listed.value_or(size) != size;
    if (other && !listing[at].id.empty()) positions.push_back(at);
  }
  return positions;
}

// Those of `positions` that were not looked at yet.
Task<Result<void>> Pop3Inbox::look(const std::vector<Listed>& listing, Positions positions,
                                   bool by_whole, std::vector<Pop3Seen>& seen) {
  std::erase_if(positions, [&](std::size_t at) { return seen[at].header.has_value(); });
  Ahead window;
  for (std::size_t next = 0; next < positions.size(); ++next) {
    window.advance(next, positions.size(), [&](std::size_t ahead) {
      if (has_top_) client_.top_ahead(listing[positions[ahead]].number, 0);
    });
    auto header = co_await look_at(listing[positions[next]].number, by_whole);
    if (!header) co_return fail(header.error());
    seen[positions[next]].header = std::move(*header);
  }
  co_return Result<void>{};
}

// A digest; none: it cannot be had.
Task<Result<std::optional<std::string>>> Pop3Inbox::look_at(std::uint64_t number, bool by_whole) {
  if (has_top_) {
    const auto header = co_await header_alone(number);
    if (!header && header.error().kind != ErrorKind::refused) co_return fail(header.error());
    std::string digest;
    if (header) digest = digest_of(*header);
    if (!digest.empty()) co_return digest;
  }
  if (by_whole) co_return co_await look_at_whole(number);
  co_return std::nullopt;
}

Task<Result<std::optional<std::string>>> Pop3Inbox::look_at_whole(std::uint64_t number) {
  const auto whole = co_await fetch(number);
  if (!whole && whole.error().kind == ErrorKind::refused) co_return std::nullopt;
  if (!whole) co_return fail(whole.error());
  const auto digest = digest_of_whole(*whole);
  if (!digest) co_return fail(digest.error());
  co_return *digest;
}

}  // namespace tandem::migration
