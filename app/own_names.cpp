#include "app/own_names.hpp"

#include <algorithm>

#include "config/dns_records.hpp"
#include "lib/base/text.hpp"
#include "lib/net/socket_address.hpp"
#include "lib/net/tls.hpp"

namespace tandem::app {
namespace {

using migration::NameInUse;

void add(std::vector<NameInUse>& names, std::string name, NameInUse::Use use) {
  name = lower(name);
  if (!net::is_host_name(name) || net::is_ip_address(name)) return;
  if (name.find('.') == std::string::npos) return;
  if (std::ranges::find(names, name, &NameInUse::name) == names.end())
    names.push_back({std::move(name), use});
}

}  // namespace

std::vector<NameInUse> names_in_use(const config::Configuration& configuration,
                                    const std::vector<std::string>& seen) {
  const config::ProcessSettings& process = configuration.process;
  std::vector<NameInUse> names;
  add(names, process.hostname, NameInUse::Use::told);
  std::vector<config::DnsRecord> records;
  if (!names.empty())
    records = config::all_dns_records(configuration.migrations, process.server_domains,
                                      process.listen, process.hostname);
  for (const auto& record : records)
    if (record.type == "CNAME")
      add(names, record.name.substr(0, record.name.size() - 1), NameInUse::Use::asked);
  for (const std::string& name : seen) add(names, name, NameInUse::Use::seen);
  return names;
}

Result<std::vector<migration::OwnCertificate>> own_certificates(
    const config::Configuration& configuration) {
  std::vector<migration::OwnCertificate> own;
  for (const auto& files : configuration.process.tls) {
    const auto identity = net::read_identity(files.certificate, files.key);
    if (!identity) return fail(identity.error());
    auto facts = net::certificate_facts(identity->chain_pem);
    if (!facts) return fail(facts.error());
    own.push_back({files.certificate, std::move(*facts)});
  }
  return own;
}

}  // namespace tandem::app
