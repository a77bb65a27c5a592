// Untagged data by its word: CAPABILITY, LIST, STATUS, SEARCH and so on.
#pragma once

#include "lib/protocol/imap/response.hpp"

namespace tandem::imap {

// False: not one of these, or one that cannot be read; then `out` means nothing.
bool try_data(Decoder& in, bool utf8, Response& out);

}  // namespace tandem::imap
