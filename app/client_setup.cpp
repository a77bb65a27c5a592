#include "app/client_setup.hpp"

#include <algorithm>
#include <utility>

namespace tandem::app {
namespace {

config::ListenSettings as_bound(const std::vector<Bound>& bound) {
  config::ListenSettings listen;
  const std::pair<std::string_view, std::vector<config::ListenAddress>*> lists[] = {
      {"imaps", &listen.imaps},
      {"imap", &listen.imap},
      {"pop3s", &listen.pop3s},
      {"pop3", &listen.pop3},
      {"submissions", &listen.submissions},
      {"submission", &listen.submission},
      {"https", &listen.https},
      {"http", &listen.http},
      {"web", &listen.web}};
  for (const auto& [name, addresses] : lists) {
    addresses->clear();
    for (const Bound& one : bound)
      if (one.service == name) addresses->push_back({one.address, one.port});
  }
  return listen;
}

std::vector<std::string> domains_of(const config::Configuration& configuration) {
  std::vector<std::string> domains = configuration.process.server_domains;
  for (const auto& migration : configuration.migrations)
    domains.insert(domains.end(), migration.domains.begin(), migration.domains.end());
  std::ranges::sort(domains);
  const auto same = std::ranges::unique(domains);
  domains.erase(same.begin(), same.end());
  return domains;
}

// What people of at least one domain can log in to.
std::vector<config::MailService> services_of(const config::Configuration& configuration,
                                             const config::ListenSettings& listen) {
  std::vector<config::MailService> services = config::mail_services(listen);
  if (configuration.migrations.empty()) return services;
  std::erase_if(services, [&](const config::MailService& service) {
    return std::ranges::all_of(configuration.migrations, [&](const auto& migration) {
      return config::services_for(migration, {service}).empty();
    });
  });
  return services;
}

}  // namespace

webui::ClientSetup client_setup(const config::Configuration& configuration,
                                const std::vector<Bound>& bound, const std::string& hostname) {
  webui::ClientSetup setup{.domains = domains_of(configuration)};
  const config::ProcessSettings& process = configuration.process;
  if (process.tls.empty() || hostname.find('.') == std::string::npos) return setup;
  const config::ListenSettings listen = as_bound(bound);
  setup.hostname = hostname;
  setup.url = config::discovery_url(listen, hostname);
  setup.services = services_of(configuration, listen);
  setup.records =
      config::all_dns_records(configuration.migrations, process.server_domains, listen, hostname);
  setup.certificate = process.tls.front().certificate;
  setup.key = process.tls.front().key;
  return setup;
}

}  // namespace tandem::app
