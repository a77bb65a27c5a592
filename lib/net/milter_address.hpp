// Where a milter listens: `inet:HOST:PORT` (also libmilter's `inet:PORT@HOST`) or `unix:/PATH`
// (also `local:/PATH`).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace tandem::net {

struct MilterAddress {
  std::string host;  // name or address; empty with `path` and `in_process`
  std::uint16_t port = 0;
  std::string path;        // of a Unix-domain socket
  std::string in_process;  // the name under which the Connector knows it (tests)
  bool operator==(const MilterAddress&) const = default;

  [[nodiscard]] std::string to_string() const;  // as it is written
};

// Error invalid: what and next_step are fit to be shown.
[[nodiscard]] Result<MilterAddress> parse_milter_address(std::string_view text);

// The milter protocol has no TLS: it is spoken on this machine and in private networks only
// (10/8, 172.16/12, 192.168/16, 100.64/10, fc00::/7, link-local).
[[nodiscard]] bool is_near(const std::string& address);

}  // namespace tandem::net
