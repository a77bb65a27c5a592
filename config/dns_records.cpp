#include "config/dns_records.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>

#include "config/mail_services.hpp"

namespace tandem::config {
namespace {

struct Service {
  std::string_view name;
  unsigned priority;         // IMAP before POP3, TLS from the first byte before STARTTLS
  std::string_view offered;  // as in [listen]; empty: never published
};

constexpr std::array<Service, 6> services = {{
    {"_imaps", 0, "imaps"},
    {"_imap", 0, ""},
    {"_pop3s", 10, "pop3s"},
    {"_pop3", 0, ""},
    {"_submissions", 0, "submissions"},
    {"_submission", 10, "submission"},
}};

std::string target_of(const Service& service, const std::vector<MailService>& offered,
                      const std::string& hostname) {
  const auto found = std::ranges::find(offered, service.offered, &MailService::name);
  if (found == offered.end()) return "0 0 0 .";
  return fmt::format("{} 1 {} {}.", service.priority, found->port, hostname);
}

// Programs ask names of the domain, at the port of HTTPS and no other. Who serves HTTPS elsewhere
// is found by SRV, which autodiscover alone knows.
void add_discovery(std::vector<DnsRecord>& records, const std::string& domain,
                   const ListenSettings& listen, const std::string& hostname) {
  const std::string url = discovery_url(listen, hostname);
  if (url.empty()) return;
  const auto colon = url.rfind(':');
  const bool usual = colon < url.find("//");
  const std::string port = usual ? "443" : url.substr(colon + 1);
  records.push_back(
      {"_autodiscover._tcp." + domain + ".", "SRV", fmt::format("0 1 {} {}.", port, hostname)});
  if (!usual) return;
  for (const char* name : {"autoconfig.", "autodiscover."})
    if (hostname != name + domain)
      records.push_back({name + domain + ".", "CNAME", hostname + "."});
}

}  // namespace

std::vector<DnsRecord> dns_records(const MigrationSettings& migration, const ListenSettings& listen,
                                   const std::string& hostname) {
  const std::vector<MailService> offered = services_for(migration, mail_services(listen));
  std::vector<DnsRecord> records;
  for (const std::string& domain : migration.domains) {
    for (const Service& service : services)
      records.push_back({fmt::format("{}._tcp.{}.", service.name, domain), "SRV",
                         target_of(service, offered, hostname)});
    add_discovery(records, domain, listen, hostname);
    if (migration.gateway.enabled)
      records.push_back({domain + ".", "MX", fmt::format("10 {}.", hostname)});
  }
  return records;
}

std::vector<DnsRecord> all_dns_records(const std::vector<MigrationSettings>& migrations,
                                       const std::vector<std::string>& own_domains,
                                       const ListenSettings& listen, const std::string& hostname) {
  std::vector<MigrationSettings> all = migrations;
  for (const std::string& domain : own_domains) {
    const bool moved = std::ranges::any_of(migrations, [&](const MigrationSettings& migration) {
      return std::ranges::find(migration.domains, domain) != migration.domains.end();
    });
    if (!moved) all.emplace_back().domains = {domain};
  }
  std::vector<DnsRecord> records;
  for (const auto& one : all)
    for (auto& record : dns_records(one, listen, hostname)) records.push_back(std::move(record));
  return records;
}

}  // namespace tandem::config
