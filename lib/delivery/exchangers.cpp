#include "lib/delivery/exchangers.hpp"

#include <utility>

namespace tandem::delivery {
namespace {

constexpr std::size_t most_hosts = 5;  // RFC 5321 5.1 asks for two at least

net::Endpoint port_25(std::string host) {
  return {.protocol = net::Protocol::smtp,
          .host = std::move(host),
          .port = 25,
          .tls = net::TlsMode::opportunistic};
}

}  // namespace

Task<Result<std::vector<net::Endpoint>>> exchangers_of(const net::Resolver& resolver,
                                                       std::string domain) {
  const auto found = co_await resolver.mx(domain);
  if (!found && found.error().kind != ErrorKind::not_found) co_return fail(found.error());
  std::vector<net::Endpoint> hosts;
  if (!found) {  // RFC 5321 5.1: the domain is its own exchanger
    hosts.push_back(port_25(std::move(domain)));
    co_return hosts;
  }
  for (const auto& one : *found) {
    if (one.host.empty()) co_return fail(ErrorKind::refused, domain + " takes no mail");
    if (hosts.size() < most_hosts) hosts.push_back(port_25(one.host));
  }
  co_return hosts;
}

}  // namespace tandem::delivery
