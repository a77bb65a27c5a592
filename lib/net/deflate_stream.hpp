// A Stream whose bytes travel deflated over another one, without zlib's header (RFC 1951), as
// RFC 4978 wants it. Whatever is written can be read by the peer at once: each write ends with a
// flush. Private to lib/net.
//
// Bounds: what arrives is inflated into the reader's own room and no further, so a few bytes that
// stand for very many cost no memory. While it waits for input it keeps the peer's last 32 KiB (the
// peer may refer to them); what it needs to write (256 KiB) is given back by wait_readable.
//
// Errors besides the other stream's: `if_damaged`, if what comes is no such data; both are closed
// then. A peer that ends the compressed data has ended its direction. TLS can only be outside.
#pragma once

#include <string>

#include "lib/base/result.hpp"
#include "lib/net/stream.hpp"

namespace tandem::net {

// `ahead`: compressed bytes that were read from `inner` already.
[[nodiscard]] StreamPtr make_deflated(StreamPtr inner, std::string ahead, Error if_damaged);

}  // namespace tandem::net
