#include "proxy/session/pop3_match.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <optional>

#include "lib/base/text.hpp"

namespace tandem::session {

using migration::InboxMap;
using migration::InboxMessage;
using migration::Side;

namespace {

std::size_t at(Side side) {
  return static_cast<std::size_t>(side);
}

// Position in the other side's listing, by UID there.
std::map<std::uint32_t, std::size_t> positions(const Pop3Side& side) {
  std::map<std::uint32_t, std::size_t> found;
  for (std::size_t i = 0; i < side.uids.size(); ++i)
    if (side.uids[i] != 0) found.emplace(side.uids[i], i);
  return found;
}

struct Origins {
  const Pop3Side& elsewhere;
  Side home;
  std::map<std::uint32_t, std::size_t> there;
  std::map<std::uint32_t, const InboxMessage*> known;  // by UID at home

  [[nodiscard]] const InboxMessage* message(std::uint32_t uid) const {
    const auto found = known.find(uid);
    return uid == 0 || found == known.end() ? nullptr : found->second;
  }
  [[nodiscard]] std::optional<std::size_t> position(const InboxMessage* message) const {
    if (message == nullptr) return std::nullopt;
    const auto found = there.find(message->uid[at(migration::other(home))]);
    if (found == there.end()) return std::nullopt;
    return found->second;
  }
};

Origins origins_of(const Pop3Side& elsewhere, const InboxMap& map, Side home) {
  Origins origins{elsewhere, home, positions(elsewhere), {}};
  for (const InboxMessage& message : map.messages)
    if (message.uid[at(home)] != 0) origins.known.emplace(message.uid[at(home)], &message);
  return origins;
}

// What is known before uniqueness and order: nothing: it is new to the client.
std::optional<std::string> known_id(const Pop3Side& at_home, std::size_t i,
                                    const Origins& origins) {
  const auto before = at_home.given.find(at_home.listing[i].id);
  if (before != at_home.given.end()) return before->second;
  const InboxMessage* message = origins.message(at_home.uids[i]);
  if (const auto position = origins.position(message)) {
    const std::string& id = origins.elsewhere.listing[*position].id;
    const auto given = origins.elsewhere.given.find(id);
    return given == origins.elsewhere.given.end() ? id : given->second;
  }
  if (message != nullptr && message->gone[at(migration::other(origins.home))]) return "";
  return std::nullopt;
}

}  // namespace

std::uint32_t uid_in(std::string_view id, std::uint32_t validity) {
  if (validity == 0) return 0;
  // "%08Xu%08Xv" without the letters: UID, then UIDVALIDITY (Dovecot's default).
  const std::string tail = lower(fmt::format("{:08x}", validity));
  if (id.size() == 16 && lower(id.substr(8)) == tail) {
    std::uint32_t uid = 0;
    for (const char c : lower(id.substr(0, 8))) {
      const bool digit = c >= '0' && c <= '9';
      if (!digit && (c < 'a' || c > 'f')) return 0;
      uid = uid * 16 + static_cast<std::uint32_t>(digit ? c - '0' : c - 'a' + 10);
    }
    return uid;
  }
  const std::string head = std::to_string(validity) + ".";  // Cyrus, the built-in server
  if (!id.starts_with(head)) return 0;
  const auto uid = parse_number(id.substr(head.size()));
  return uid && *uid <= 0xffffffff ? static_cast<std::uint32_t>(*uid) : 0;
}

std::vector<std::uint32_t> match_listings(const std::vector<Pop3Entry>& listing,
                                          const std::vector<ImapEntry>& inbox) {
  std::vector<std::uint32_t> uids(listing.size(), 0);
  const bool same = listing.size() == inbox.size();
  std::size_t next = 0;
  for (std::size_t i = 0; i < listing.size(); ++i) {
    std::size_t found = next;
    if (same) {  // some servers count octets otherwise: the position says more than the size
      found = i;
    } else {
      while (found < inbox.size() && inbox[found].size != listing[i].size) ++found;
    }
    if (found >= inbox.size()) continue;
    uids[i] = inbox[found].uid;
    next = found + 1;
  }
  return uids;
}

std::string unique_id(const std::string& id, std::map<std::string, int>& taken) {
  constexpr std::size_t length = 32;
  std::string made = id;
  while (!taken.emplace(made, 1).second) made = "T" + hex_encode(sha256(made)).substr(0, length);
  return made;
}

std::vector<GivenId> give_ids(const Pop3Side& at_home, const Pop3Side& elsewhere,
                              const InboxMap& map, Side home) {
  const Origins origins = origins_of(elsewhere, map, home);
  const std::uint64_t seen = elsewhere.listing.size();
  std::vector<GivenId> all;
  std::map<std::string, int> taken;
  for (const Pop3Entry& entry : elsewhere.listing) taken.emplace(entry.id, 1);
  for (std::size_t i = 0; i < at_home.listing.size(); ++i) {
    const auto position = origins.position(origins.message(at_home.uids[i]));
    GivenId one{at_home.listing[i].id, {}, position ? *position : seen + i};
    const auto known = known_id(at_home, i, origins);
    if (known) one.given = *known;
    if (known && !known->empty()) taken.emplace(*known, 1);
    all.push_back(std::move(one));
  }
  for (std::size_t i = 0; i < all.size(); ++i)
    if (!known_id(at_home, i, origins)) all[i].given = unique_id(all[i].id, taken);
  return all;
}

}  // namespace tandem::session
