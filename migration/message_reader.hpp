// read_message: one message of a side, whole and as its server has it, for a person who saves it.
// Over a connection of its own, with EXAMINE and BODY.PEEK[]: nothing is changed there, and what is
// under way between the sides is not disturbed. Bytes are passed on as they come and never held.
#pragma once

#include <cstdint>
#include <string_view>

#include "migration/left_out.hpp"

namespace tandem::migration {

class SideAccess;

// An error ends the reading with that error.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  // Once, before any bytes.
  virtual Task<Result<void>> begin(std::uint64_t size) = 0;
  virtual Task<Result<void>> bytes(std::string_view part) = 0;
};

// Larger ones are not read.
inline constexpr std::uint64_t largest_read = std::uint64_t{1} << 30;

// Errors: what a log-in or server may say; not_found: it has been removed there, or its folder was
// numbered anew; invalid: it is larger than `largest_read`. On the caller's io thread.
Task<Result<void>> read_message(const SideAccess& access, Account account, MessagePlace place,
                                MessageSink& sink);

}  // namespace tandem::migration
