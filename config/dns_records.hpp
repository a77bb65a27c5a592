// The DNS records by which mail programs find a migration's services by themselves, always with our
// own host name, so that a cut-over behind it changes nothing for a client: SRV as RFC 6186 and
// RFC 8314 use it, the names that autoconfig and autodiscover ask, and the MX. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "config/migration_settings.hpp"
#include "config/process_settings.hpp"

namespace tandem::config {

struct DnsRecord {
  std::string name;   // absolute, with its dot at the end
  std::string type;   // "SRV", "CNAME", "MX"
  std::string value;  // as in a zone file
};

// For each domain: services of [listen] at their ports, as far as a side has a server for them; a
// target of "." says that a service is not offered (clear-text ports never are: clients shall begin
// with TLS). The names for autoconfig and autodiscover where somebody answers there
// (mail_services.hpp). The MX last, where the gateway is to take the mail. `hostname` is ours,
// without a dot at the end.
[[nodiscard]] std::vector<DnsRecord> dns_records(const MigrationSettings& migration,
                                                 const ListenSettings& listen,
                                                 const std::string& hostname);

// Of all migrations, and of the built-in server's own domains besides.
[[nodiscard]] std::vector<DnsRecord> all_dns_records(
    const std::vector<MigrationSettings>& migrations, const std::vector<std::string>& own_domains,
    const ListenSettings& listen, const std::string& hostname);

}  // namespace tandem::config
