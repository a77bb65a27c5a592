// Connects to a server on a Unix-domain socket of this machine. The stream's addresses are empty.
#pragma once

#include <string>

#include "lib/net/stream.hpp"

namespace tandem::net {

// Errors: unreachable (no such socket, nobody listens, too many wait).
[[nodiscard]] Task<Result<StreamPtr>> connect_unix(std::string path);

}  // namespace tandem::net
