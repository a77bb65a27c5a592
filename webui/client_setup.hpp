// What mail programs are told to set themselves up: our own host name and the services that are
// really offered, never a backend's. Made once at start; immutable.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/dns_records.hpp"
#include "config/mail_services.hpp"

namespace tandem::webui {

struct ClientSetup {
  std::string hostname;  // ours, as clients are told it; empty: none that could be told
  std::string url;       // config::discovery_url; empty: the world cannot ask us
  std::vector<config::MailService> services;  // the preferred one of a protocol first
  std::vector<std::string> domains;           // lower-case ASCII
  std::vector<config::DnsRecord> records;     // to be published
  std::string certificate, key;  // PEM files that sign profiles; empty: they are not signed
};

// The address as SMTP writes it, if it is one and its domain is ours; nothing otherwise (T-21).
// Whether there is such a mailbox plays no part.
[[nodiscard]] std::optional<std::string> address_of_ours(const ClientSetup& setup,
                                                         std::string_view text);
[[nodiscard]] bool is_our_domain(const ClientSetup& setup, std::string_view domain);
// The first of a protocol; nullptr: it is not offered.
[[nodiscard]] const config::MailService* preferred(const ClientSetup& setup,
                                                   std::string_view protocol);

}  // namespace tandem::webui
