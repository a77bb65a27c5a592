// One question to one DNS server, once. Private to lib/net.
#pragma once

#include <string>

#include "lib/base/clock.hpp"
#include "lib/net/dns_message.hpp"
#include "lib/net/socket_address.hpp"
#include "lib/net/task.hpp"

namespace tandem::net {

// By UDP, then by TCP if the answer was truncated, each within `limit`. Answers to other questions
// are passed over. Errors: timed_out, unreachable, cancelled.
[[nodiscard]] Task<Result<DnsAnswer>> exchange_dns(SocketAddress server, std::string query,
                                                   Duration limit);

}  // namespace tandem::net
