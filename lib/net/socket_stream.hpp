// Streams over TCP. Listener and Connector make them; the rest of the program sees Stream.
#pragma once

#include "lib/net/socket_address.hpp"
#include "lib/net/stream.hpp"

namespace tandem::net {

// Takes over a connected socket.
[[nodiscard]] StreamPtr make_socket_stream(const Executor& executor, int socket);

// Connects to an address within `limit`, from `source` if not empty. Errors: unreachable,
// timed_out, cancelled.
[[nodiscard]] Task<Result<StreamPtr>> connect_tcp(SocketAddress to, std::string source,
                                                  Duration limit);

}  // namespace tandem::net
