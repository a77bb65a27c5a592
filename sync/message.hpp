// The values the pure parts of this room work on: a message as a scan sees it, what is known of it,
// and who it is. "Home" and "mirror" are roles; in the ledger columns are named by side.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/digest.hpp"
#include "lib/protocol/imap/date_time.hpp"
#include "sync/compact.hpp"

namespace tandem::sync {

using Uid = std::uint32_t;  // 0: none

// Rung (b) of the ladder, shortened to 128 bits: the stable header and the body's size; where the
// header says nothing, the body itself. All zero: not known.
struct Identity {
  std::array<std::uint64_t, 2> words{};
  [[nodiscard]] bool known() const { return words[0] != 0 || words[1] != 0; }
  auto operator<=>(const Identity&) const = default;

  [[nodiscard]] std::string to_bytes() const;  // 16 bytes
  [[nodiscard]] static Identity from_bytes(std::string_view bytes);
};
[[nodiscard]] Identity identity_of(const mail::StableDigest& digest, std::uint64_t body_size);
[[nodiscard]] Identity likeness_of(const mail::StableDigest& digest);
// Rung (c), of a message that was read whole: the header's likeness and the body. Not known without
// a body.
[[nodiscard]] Identity whole_identity_of(const mail::StableDigest& digest);
// The body's size, of a message of `size` bytes whose header was digested.
[[nodiscard]] std::uint64_t size_behind_header(std::uint64_t size,
                                               const mail::StableDigest& digest);

// Flags without \Recent.
struct Flags {
  enum : std::uint8_t { seen = 1, answered = 2, flagged = 4, draft = 8, deleted = 16 };
  std::uint8_t system = 0;
  Keywords keywords;

  void add(std::string_view flag);
  [[nodiscard]] std::vector<std::string> to_list() const;
  [[nodiscard]] std::string keyword_text() const;  // for the ledger: separated by spaces
  static Keywords keywords_from(std::string_view text);
  [[nodiscard]] bool empty() const { return system == 0 && keywords.empty(); }
  bool operator==(const Flags&) const = default;
};
[[nodiscard]] Flags minus(const Flags& a, const Flags& b);
[[nodiscard]] Flags unite(const Flags& a, const Flags& b);
// Three-way: each flag as the side has it that changed it since `base`.
[[nodiscard]] Flags merge(const Flags& base, const Flags& home, const Flags& mirror);
// What a folder keeps of the flags that are stored in it.
struct Storable {
  std::vector<std::string> named;  // PERMANENTFLAGS; empty: all; `\*`: all, keywords too
  bool deleted = true;             // false: a message that gets \Deleted is gone
};
// What a side's flags say: what it cannot store is as it was agreed.
[[nodiscard]] Flags as_said(const Flags& seen, const Flags& agreed, const Storable& storable);
[[nodiscard]] Flags permitted(const Flags& flags, const Storable& storable);

// What a message's header says.
struct Look {
  Identity identity;
  Identity likeness;  // the header alone, for rung (c); not known if it says nothing
  std::string trace;  // empty: it did not come through us
  // A part (31 bits) of the digest of all its bytes; 0: not read whole, or not asked for.
  std::uint32_t bytes = 0;
  bool operator==(const Look&) const = default;
};

// A message in a folder of one side, as scanned.
struct Item {
  Uid uid = 0;
  bool looked_at = false;
  std::uint64_t size = 0;
  imap::DateTime date;
  Flags flags;
  Seldom<Look> look;  // when its header was looked at
};

[[nodiscard]] std::vector<Uid> uids_of(const std::vector<Item>& items);

// What the ledger knows of a message. One UID is 0 while its counterpart is not known.
struct Row {
  std::int64_t id = 0;
  Uid home = 0;
  Uid mirror = 0;
  Flags flags;             // as last agreed
  bool home_gone = false;  // a person removed it there: a tombstone
  bool mirror_gone = false;
  bool home_fresh = false;  // gone since the last complete pass: it may have been moved
  bool mirror_fresh = false;
  bool home_copied = false;  // that side's message is a copy made by us
  bool mirror_copied = false;
  Identity identity;
  Seldom<std::string> trace;  // kept while `open`

  // A counterpart may still turn up on the side whose UID is missing.
  [[nodiscard]] bool open() const {
    return (home == 0 && !home_gone) || (mirror == 0 && !mirror_gone);
  }
};

}  // namespace tandem::sync
