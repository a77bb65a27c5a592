// InboxMap: which message of the old side's INBOX is which of the new side's, as far as is known:
// the sync keeps it (and implements this), the session proxy gives POP3 clients the ids they know
// by it.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "lib/base/result.hpp"
#include "migration/account.hpp"

namespace tandem::migration {

struct InboxMessage {
  std::array<std::uint32_t, 2> uid{};  // IMAP UID, by Side; 0: not there, or not known
  std::array<bool, 2> gone{};          // by Side: a person removed it there
};

struct InboxMap {
  std::array<std::uint32_t, 2> validity{};  // UIDVALIDITY, by Side; 0: never looked at
  std::vector<InboxMessage> messages;
};

class InboxMaps {
 public:
  virtual ~InboxMaps() = default;
  // Empty where the account was never copied. Any io thread.
  [[nodiscard]] virtual Result<InboxMap> inbox(AccountId account) const = 0;
};

}  // namespace tandem::migration
