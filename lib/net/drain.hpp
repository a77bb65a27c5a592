// The orderly end of a server's connection. Closing a TCP socket with unread input makes the peer's
// system discard our last reply; so our direction ends first, and what still comes is read and
// dropped, for two seconds and 256 KiB at most. Then the stream is closed.
#pragma once

#include "lib/net/stream.hpp"

namespace tandem::net {

Task<void> say_goodbye(Stream& stream);

}  // namespace tandem::net
