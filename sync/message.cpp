#include "sync/message.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/core.h>

#include "lib/base/text.hpp"

namespace tandem::sync {
namespace {

struct SystemFlag {
  std::uint8_t bit;
  std::string_view name;
};
constexpr std::array<SystemFlag, 5> system_flags = {{{Flags::seen, "\\Seen"},
                                                     {Flags::answered, "\\Answered"},
                                                     {Flags::flagged, "\\Flagged"},
                                                     {Flags::draft, "\\Draft"},
                                                     {Flags::deleted, "\\Deleted"}}};

bool same_keyword(const std::string& a, const std::string& b) {
  return iequals(a, b);
}

bool less_keyword(const std::string& a, const std::string& b) {
  return lower(a) < lower(b);
}

}  // namespace

std::string Identity::to_bytes() const {
  if (!known()) return {};
  std::string bytes(sizeof words, '\0');
  std::memcpy(bytes.data(), words.data(), sizeof words);
  return bytes;
}

Identity Identity::from_bytes(std::string_view bytes) {
  Identity identity;
  if (bytes.size() == sizeof identity.words)
    std::memcpy(identity.words.data(), bytes.data(), sizeof identity.words);
  return identity;
}

Identity identity_of(const mail::StableDigest& digest, std::uint64_t body_size) {
  std::string text;
  if (digest.stable_fields > 0) {
    text = fmt::format("h {} ", body_size);
    text += digest.header;
  } else if (digest.body) {
    text = "b ";
    text += *digest.body;
  } else {
    return {};
  }
  return Identity::from_bytes(std::string_view(sha256(text)).substr(0, 16));
}

Identity likeness_of(const mail::StableDigest& digest) {
  if (digest.stable_fields == 0) return {};
  return Identity::from_bytes(std::string_view(digest.likeness).substr(0, 16));
}

Identity whole_identity_of(const mail::StableDigest& digest) {
  if (!digest.body) return {};
  return Identity::from_bytes(
      std::string_view(sha256(digest.likeness + *digest.body)).substr(0, 16));
}

// A header that is all of its message has no empty line, and Courier leaves its last LF out.
std::uint64_t size_behind_header(std::uint64_t size, const mail::StableDigest& digest) {
  const std::uint64_t rest = size - std::min(size, digest.header_size);
  return digest.ended || rest > 2 ? rest : 0;
}

void Flags::add(std::string_view flag) {
  for (const auto& known : system_flags) {
    if (!iequals(known.name, flag)) continue;
    system |= known.bit;
    return;
  }
  if (flag.empty() || flag.front() == '\\') return;  // \Recent, and what nobody may set
  std::string keyword(flag);
  Keywords::List list = keywords.list();
  const auto at = std::ranges::lower_bound(list, keyword, less_keyword);
  if (at != list.end() && same_keyword(*at, keyword)) return;
  list.insert(at, std::move(keyword));
  keywords = Keywords(std::move(list));
}

std::vector<std::string> Flags::to_list() const {
  std::vector<std::string> list;
  for (const auto& known : system_flags)
    if ((system & known.bit) != 0) list.emplace_back(known.name);
  list.insert(list.end(), keywords.begin(), keywords.end());
  return list;
}

std::string Flags::keyword_text() const {
  std::string text;
  for (const auto& keyword : keywords) {
    if (!text.empty()) text += ' ';
    text += keyword;
  }
  return text;
}

Keywords Flags::keywords_from(std::string_view text) {
  Keywords::List list;
  if (text.empty()) return {};
  for (const std::string_view word : split(text, ' ')) list.emplace_back(word);
  return Keywords(std::move(list));
}

std::vector<Uid> uids_of(const std::vector<Item>& items) {
  std::vector<Uid> uids;
  uids.reserve(items.size());
  for (const Item& item : items) uids.push_back(item.uid);
  return uids;
}

Flags minus(const Flags& a, const Flags& b) {
  Flags rest;
  rest.system = static_cast<std::uint8_t>(a.system & ~b.system);
  if (a.keywords.empty()) return rest;
  Keywords::List left;
  std::ranges::set_difference(a.keywords, b.keywords, std::back_inserter(left), less_keyword);
  rest.keywords = Keywords(std::move(left));
  return rest;
}

Flags unite(const Flags& a, const Flags& b) {
  Flags all;
  all.system = static_cast<std::uint8_t>(a.system | b.system);
  if (a.keywords.empty() && b.keywords.empty()) return all;
  Keywords::List both;
  std::ranges::set_union(a.keywords, b.keywords, std::back_inserter(both), less_keyword);
  all.keywords = Keywords(std::move(both));
  return all;
}

Flags merge(const Flags& base, const Flags& home, const Flags& mirror) {
  const Flags added = unite(minus(home, base), minus(mirror, base));
  const Flags removed = unite(minus(base, home), minus(base, mirror));
  return minus(unite(base, added), removed);
}

Flags as_said(const Flags& seen, const Flags& agreed, const Storable& storable) {
  return unite(seen, minus(agreed, permitted(agreed, storable)));
}

Flags permitted(const Flags& flags, const Storable& storable) {
  Flags kept = flags;
  if (!storable.deleted) kept.system &= static_cast<std::uint8_t>(~Flags::deleted);
  // A server that says nothing takes everything (RFC 9051 7.1, PERMANENTFLAGS).
  const auto& names = storable.named;
  if (names.empty() || std::ranges::find(names, "\\*") != names.end()) return kept;
  Flags named;
  for (const auto& flag : names) named.add(flag);
  return minus(kept, minus(kept, named));
}

}  // namespace tandem::sync
