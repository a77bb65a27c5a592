// The items of a FETCH response.
#pragma once

#include "lib/protocol/imap/response.hpp"

namespace tandem::imap {

// From `(` to `)`. With `prefix`, the input ends after a streamed literal: true if that is a
// body's.
bool expect_fetch_items(Decoder& in, response::Fetch& out, bool prefix);

}  // namespace tandem::imap
