// Resolver: names to addresses, and the records a mail move needs. Literals, `localhost` and the
// hosts file need no network. Nothing is cached here: the machine's resolver does that, and the DNS
// watch asks servers directly.
//
// Messages go by UDP to each server in turn, over TCP when truncated; each try has its own port and
// random id, and its own time limit under the context's clock (c-ares' own sockets know only the
// machine's clock; it is used for the names). Any thread; immutable after its making.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/net/dns_message.hpp"
#include "lib/net/socket_address.hpp"
#include "lib/net/task.hpp"

namespace tandem::net {

struct ResolverOptions {
  std::vector<SocketAddress> servers;  // empty: those in /etc/resolv.conf (else 127.0.0.1)
  Duration try_limit = std::chrono::seconds(2);
  int rounds = 2;  // over all servers
  std::string hosts_file = "/etc/hosts";
};

struct MxRecord {
  std::string host;  // "" is a null MX: the domain takes no mail (RFC 7505)
  std::uint16_t preference = 0;
  std::uint32_t ttl = 0;
};

class Resolver {
 public:
  explicit Resolver(ResolverOptions options = {});

  // Errors of all: not_found (no such name, or none of the type: final), timed_out and unreachable
  // (temporary), invalid (not a name), cancelled.

  // IPv4 first: mail from an IPv6 address without a name is refused by many.
  [[nodiscard]] Task<Result<std::vector<std::string>>> addresses(std::string host) const;
  [[nodiscard]] Task<Result<std::vector<MxRecord>>> mx(std::string domain) const;  // best first
  [[nodiscard]] Task<Result<std::vector<std::string>>> txt(std::string name) const;
  [[nodiscard]] Task<Result<std::vector<std::string>>> ptr(std::string address) const;

  // The answer as it is, "no such name" included. Asks the configured servers.
  [[nodiscard]] Task<Result<DnsAnswer>> query(std::string name, DnsType type) const;
  // Asks this server only; not `recursive`: only for what it knows itself.
  [[nodiscard]] Task<Result<DnsAnswer>> query_server(SocketAddress server, std::string name,
                                                     DnsType type, bool recursive = true) const;

  [[nodiscard]] const ResolverOptions& options() const { return options_; }

 private:
  [[nodiscard]] Task<Result<DnsAnswer>> ask(std::vector<SocketAddress> servers, std::string name,
                                            DnsType type, bool recursive) const;
  [[nodiscard]] Task<Result<std::vector<DnsRecord>>> records(std::string name, DnsType type) const;

  ResolverOptions options_;
};

}  // namespace tandem::net
