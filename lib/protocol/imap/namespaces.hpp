// Whose a mailbox is, by what NAMESPACE said (RFC 2342, RFC 9051 6.3.10).
#pragma once

#include <string_view>

#include "lib/protocol/imap/response.hpp"

namespace tandem::imap {

// It lies in another person's namespace or in a shared one. The longest prefix decides: where
// personal mailboxes are below `INBOX.` and shared ones have no prefix (Cyrus), `Sales` is shared.
// False where the server said nothing, and for INBOX. `name`: UTF-8. Pure.
[[nodiscard]] bool is_of_others(std::string_view name, const response::Namespace& spaces);

}  // namespace tandem::imap
