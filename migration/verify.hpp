// Verification: both sides of an account are read again and compared, message by message. What the
// ledger says does not count, except for what a person removed and what could not be copied.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/net/task.hpp"
#include "migration/account.hpp"

namespace tandem::migration {

using net::Task;

enum class DifferenceKind : std::uint8_t {
  missing,    // at home, not on the mirror
  extra,      // on the mirror, not at home
  changed,    // on both sides, and what it says is not the same
  rewritten,  // the same but for what servers write into a message: no difference
};
[[nodiscard]] std::string_view name_of(DifferenceKind kind);

// A message that one side lacks, or has otherwise.
struct Difference {
  DifferenceKind kind = DifferenceKind::missing;
  std::string folder;           // UTF-8, as on the home side
  std::optional<Side> lacking;  // changed: neither
  std::uint32_t uid = 0;        // on the side that has it; changed: at home
  std::uint32_t other_uid = 0;  // changed: on the mirror; else 0
  std::int64_t date = 0;        // INTERNALDATE, seconds since 1970
  std::string subject;
  std::string reason;  // plain words
  std::string next_step;
};

struct FolderVerdict {
  std::string name;  // as on the home side
  std::uint64_t home_messages = 0;
  std::uint64_t mirror_messages = 0;
  std::uint64_t missing = 0;  // on home, not on the mirror
  std::uint64_t extra = 0;    // on the mirror, not on home
  std::uint64_t changed = 0;  // on both, with other content
  std::uint64_t whole = 0;    // messages at home that were read whole and compared
  // Of those: the same by what docs/verify.md says, and not byte for byte. No difference.
  std::uint64_t rewritten = 0;
  // Not empty: a side does not let it be read, in plain words and the server's own. The counts are
  // 0 then.
  std::string not_compared;
  std::string next_step;  // what to do about that
};

struct VerifyReport {
  Side home = Side::old_side;
  std::vector<FolderVerdict> folders;
  std::vector<Difference> differences;  // at most 10,000 are named
  std::vector<Difference> rewritten;    // some of those, at most 20
  // All folders were compared, and nothing differs that was not recorded as impossible.
  bool clean = false;
};

// How one verification of an account ended; kept.
struct Verified {
  WallTime at{};  // its end
  bool full = false;
  bool clean = false;
  std::uint64_t folders = 0;   // at home
  std::uint64_t messages = 0;  // at home
  std::uint64_t missing = 0, extra = 0, changed = 0;
  std::uint64_t not_compared = 0;  // folders
  std::uint64_t whole = 0, rewritten = 0;
  // Clean: the end of the first of the clean ones in a row of which this is the last.
  std::optional<WallTime> clean_since;
};
// `before`: the one before it, if there was one.
[[nodiscard]] Verified result_of(const VerifyReport& report, bool full, WallTime at,
                                 const Verified* before);
// Clean twice, at least 24 hours apart, and whenever it was verified between: one leg of the
// verdict that a move is complete.
[[nodiscard]] bool is_clean_for_a_day(const Verified& last);

class Verifier {  // implemented by sync
 public:
  virtual ~Verifier() = default;
  // Compares per folder, by multisets of digests (`full`: of whole messages, else of headers and
  // body sizes, and of a random sample whole). Changes nothing; reads every header, or every byte,
  // of both sides. A folder that
  // a server refuses to open is told in its verdict, and the others are compared. Errors:
  // not_found (no such account), and what a log-in may say. Any io thread.
  virtual Task<Result<VerifyReport>> verify(AccountId account, bool full) = 0;
  // How the last ones ended, the newest first; at most 20. Errors: storage. Any thread.
  [[nodiscard]] virtual Result<std::vector<Verified>> verified(AccountId account) const = 0;
};

}  // namespace tandem::migration
