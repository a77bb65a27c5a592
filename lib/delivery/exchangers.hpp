// Where a domain out in the world takes its mail: its MX hosts, best first, or the domain itself
// where it names none (RFC 5321 5.1). Spoken to on port 25, with TLS when they offer it.
#pragma once

#include <string>
#include <vector>

#include "lib/net/endpoint.hpp"
#include "lib/net/resolver.hpp"

namespace tandem::delivery {

using net::Task;

// Kinds: refused (a null MX, RFC 7505: the domain takes no mail), not_found (no such domain), and
// what a look-up fails with, temporary.
Task<Result<std::vector<net::Endpoint>>> exchangers_of(const net::Resolver& resolver,
                                                       std::string domain);

}  // namespace tandem::delivery
