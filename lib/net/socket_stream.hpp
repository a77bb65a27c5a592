// Streams over TCP. Listener and Connector make them; the rest of the program sees Stream.
#pragma once

#include <string>
#include <vector>

#include "lib/net/socket_address.hpp"
#include "lib/net/stream.hpp"

namespace tandem::net {

// What a connection may begin with. A PROXY header where none may come is logged, and the
// connection ends there.
enum class FirstBytes : std::uint8_t { any, no_proxy_header };

// Takes over a connected socket.
[[nodiscard]] StreamPtr make_socket_stream(const Executor& executor, int socket,
                                           FirstBytes first = FirstBytes::any);

// Connects to an address within `limit`, from `source` if not empty. Errors: unreachable,
// timed_out, cancelled.
[[nodiscard]] Task<Result<StreamPtr>> connect_tcp(SocketAddress to, std::string source,
                                                  Duration limit);

// The same, from the first of `sources` that has a port left towards `to`; "" is the kernel's
// choice. There is at least one.
[[nodiscard]] Task<Result<StreamPtr>> connect_from(SocketAddress to,
                                                   std::vector<std::string> sources,
                                                   Duration limit);

}  // namespace tandem::net
