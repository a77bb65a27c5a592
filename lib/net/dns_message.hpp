// DNS messages: RFC 1035 4. Building a query and reading an answer; pure, every byte is hostile.
// c-ares expands the compressed names.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace tandem::net {

enum class DnsType : std::uint16_t {
  a = 1,
  ns = 2,
  cname = 5,
  soa = 6,
  ptr = 12,
  mx = 15,
  txt = 16,
  aaaa = 28,
};

struct DnsRecord {
  std::string name;  // lower case, without the final dot
  DnsType type = DnsType::a;
  std::uint32_t ttl = 0;         // seconds
  std::uint16_t preference = 0;  // MX
  // Address, host name ("" is the root: a null MX, RFC 7505), text (TXT, its strings joined), or
  // for SOA the primary server. Names in lower case without the final dot.
  std::string data;
  std::uint32_t minimum = 0;  // SOA: how long a "no such name" is remembered
};

struct DnsAnswer {
  static constexpr int no_error = 0;
  static constexpr int server_failure = 2;
  static constexpr int no_such_name = 3;

  int code = no_error;
  bool authoritative = false;
  bool truncated = false;
  std::vector<DnsRecord> answers;  // records of unknown types are left out
  std::vector<DnsRecord> authority;

  // Those of a type in `answers`.
  [[nodiscard]] std::vector<DnsRecord> of(DnsType type) const;
};

// Error invalid: not a domain name.
[[nodiscard]] Result<std::string> make_dns_query(const std::string& name, DnsType type,
                                                 std::uint16_t id, bool recursive);
// Error protocol: malformed, or not the answer to `query`.
[[nodiscard]] Result<DnsAnswer> parse_dns_answer(std::string_view message, std::string_view query);
// The name under which an address's PTR record is found; "": not an address.
[[nodiscard]] std::string reverse_name(const std::string& address);

}  // namespace tandem::net
