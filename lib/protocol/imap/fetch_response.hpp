// The items of a FETCH response.
#pragma once

#include "lib/protocol/imap/response.hpp"

namespace tandem::imap {

// From `(` to `)`. With `prefix`, the input ends after a streamed literal: true if that is a
// body's. After a false, `item` is the name of the item that was being read if it is one that we
// know, else empty: a constant of ours, never the server's words.
bool expect_fetch_items(Decoder& in, response::Fetch& out, bool prefix, std::string_view& item);

}  // namespace tandem::imap
