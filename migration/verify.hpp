// Verification: both sides of an account are read again and compared, message by message. What the
// ledger says does not count, except for what a person removed and what could not be copied.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/net/task.hpp"
#include "migration/account.hpp"

namespace tandem::migration {

using net::Task;

// A message that one side has and the other lacks.
struct Difference {
  std::string folder;  // UTF-8, as on the home side
  Side lacking = Side::new_side;
  std::uint32_t uid = 0;  // on the side that has it
  std::int64_t date = 0;  // INTERNALDATE, seconds since 1970
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
};

struct VerifyReport {
  Side home = Side::old_side;
  std::vector<FolderVerdict> folders;
  std::vector<Difference> differences;  // at most 10,000 are named
  bool clean = false;                   // nothing missing that was not recorded as impossible
};

class Verifier {  // implemented by sync
 public:
  virtual ~Verifier() = default;
  // Compares per folder, by multisets of digests (`full`: of whole messages, else of headers and
  // body sizes). Changes nothing; reads every header, or every byte, of both sides. Errors:
  // not_found (no such account), and what a log-in may say. Any io thread.
  virtual Task<Result<VerifyReport>> verify(AccountId account, bool full) = 0;
};

}  // namespace tandem::migration
