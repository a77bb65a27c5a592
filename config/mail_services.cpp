#include "config/mail_services.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>

#include "config/endpoint.hpp"

namespace tandem::config {
namespace {

struct Offer {
  MailService service;
  std::vector<ListenAddress> ListenSettings::* addresses;
};

constexpr std::array<Offer, 6> offers = {{
    {{"imaps", "imap", 0, true}, &ListenSettings::imaps},
    {{"imap", "imap", 0, false}, &ListenSettings::imap},
    {{"pop3s", "pop3", 0, true}, &ListenSettings::pop3s},
    {{"pop3", "pop3", 0, false}, &ListenSettings::pop3},
    {{"submissions", "submission", 0, true}, &ListenSettings::submissions},
    {{"submission", "submission", 0, false}, &ListenSettings::submission},
}};

bool is_told(const ListenAddress& listen, bool loopback_too) {
  return listen.port != 0 && (loopback_too || !is_loopback(listen.address));
}

const ListenAddress* first_told(const std::vector<ListenAddress>& addresses, bool loopback_too) {
  const auto found = std::ranges::find_if(
      addresses, [&](const ListenAddress& listen) { return is_told(listen, loopback_too); });
  return found == addresses.end() ? nullptr : &*found;
}

std::string https_url(const std::string& hostname, std::uint16_t port) {
  return port == 443 ? "https://" + hostname : fmt::format("https://{}:{}", hostname, port);
}

bool has_server(const SideSettings& side, std::string_view protocol) {
  if (protocol == "imap") return side.imap.has_value();
  if (protocol == "pop3") return side.pop3.has_value();
  // The built-in server takes what people send at its SMTP door.
  return side.submission || (side.smtp && !side.smtp->in_process.empty());
}

bool has_none(const SideSettings& side) {
  return !side.imap && !side.pop3 && !side.submission && !side.smtp;
}

}  // namespace

std::vector<MailService> mail_services(const ListenSettings& listen) {
  const bool all_loopback = std::ranges::none_of(offers, [&](const Offer& offer) {
    return first_told(listen.*offer.addresses, false) != nullptr;
  });
  std::vector<MailService> services;
  for (const Offer& offer : offers) {
    const auto* told = first_told(listen.*offer.addresses, all_loopback);
    if (told == nullptr) continue;
    services.push_back(offer.service);
    services.back().port = told->port;
  }
  return services;
}

std::vector<MailService> services_for(const MigrationSettings& migration,
                                      std::vector<MailService> services) {
  if (has_none(migration.old_side) && has_none(migration.new_side)) return services;
  std::erase_if(services, [&](const MailService& service) {
    return !has_server(migration.old_side, service.protocol) &&
           !has_server(migration.new_side, service.protocol);
  });
  return services;
}

const ListenAddress* told_listener(const std::vector<ListenAddress>& addresses) {
  const auto* open = first_told(addresses, false);
  return open != nullptr ? open : first_told(addresses, true);
}

std::string discovery_url(const ListenSettings& listen, const std::string& hostname) {
  if (const auto* https = told_listener(listen.https)) return https_url(hostname, https->port);
  if (const auto* web = first_told(listen.web, false)) return https_url(hostname, web->port);
  const bool proxied = first_told(listen.http, true) != nullptr;
  return proxied && first_told(listen.http, false) == nullptr ? https_url(hostname, 443) : "";
}

}  // namespace tandem::config
