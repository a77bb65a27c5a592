// Reads a PROXY header (lib/protocol/proxy_header.hpp) from a connection, before anything else, and
// gives the connection the address it names. Nothing behind the header is read.
#pragma once

#include "lib/net/stream.hpp"

namespace tandem::net {

// Errors: protocol (no header or a wrong one), closed (it ended before its first byte: somebody
// looks whether the port answers), timed_out.
[[nodiscard]] Task<Result<void>> take_proxy_header(Stream& stream, Duration limit);

}  // namespace tandem::net
