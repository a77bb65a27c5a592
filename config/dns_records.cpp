#include "config/dns_records.hpp"

#include <array>
#include <fmt/core.h>

namespace tandem::config {
namespace {

using Listeners = std::vector<ListenAddress> ListenSettings::*;

struct Service {
  std::string_view name;
  unsigned priority;    // IMAP before POP3, TLS from the first byte before STARTTLS
  Listeners listeners;  // null: never published
};

constexpr std::array<Service, 6> services = {{
    {"_imaps", 0, &ListenSettings::imaps},
    {"_imap", 0, nullptr},
    {"_pop3s", 10, &ListenSettings::pop3s},
    {"_pop3", 0, nullptr},
    {"_submissions", 0, &ListenSettings::submissions},
    {"_submission", 10, &ListenSettings::submission},
}};

// 0: not offered.
std::uint16_t port_of(const Service& service, const ListenSettings& listen) {
  if (service.listeners == nullptr) return 0;
  const auto& addresses = listen.*service.listeners;
  return addresses.empty() ? 0 : addresses.front().port;
}

}  // namespace

std::vector<DnsRecord> dns_records(const MigrationSettings& migration, const ListenSettings& listen,
                                   const std::string& hostname) {
  std::vector<DnsRecord> records;
  for (const std::string& domain : migration.domains) {
    for (const Service& service : services) {
      const std::uint16_t port = port_of(service, listen);
      std::string value = "0 0 0 .";
      if (port != 0) value = fmt::format("{} 1 {} {}.", service.priority, port, hostname);
      records.push_back({fmt::format("{}._tcp.{}.", service.name, domain), "SRV", value});
    }
    if (migration.gateway.enabled)
      records.push_back({domain + ".", "MX", fmt::format("10 {}.", hostname)});
  }
  return records;
}

}  // namespace tandem::config
