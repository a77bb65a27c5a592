// The services for people's mail programs that the listeners really offer, with their ports: what
// every kind of client configuration (DNS records, autoconfig, autodiscover, profiles) is made of.
// Only with TLS, from the first byte or by STARTTLS: a clear-text log-in is never told. A listener
// on loopback is for this machine's own programs and is told only where all of them are (a trial,
// or a balancer in front with the same ports). RFC 6186, RFC 8314. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "config/migration_settings.hpp"
#include "config/process_settings.hpp"

namespace tandem::config {

struct MailService {
  std::string_view name;      // as in [listen]: "imaps", "imap", "pop3s", …
  std::string_view protocol;  // "imap", "pop3", "submission"
  std::uint16_t port = 0;
  bool implicit_tls = false;  // false: STARTTLS is required
  bool operator==(const MailService&) const = default;
};

// In the order of preference: IMAP before POP3, TLS from the first byte before STARTTLS. A port of
// 0 (the kernel chooses) is not known here and not told.
[[nodiscard]] std::vector<MailService> mail_services(const ListenSettings& listen);

// Of these, what a side of the migration has a server for: whatever else is listened on, nobody of
// its domains could log in there. A migration without any server is a domain of the built-in
// server.
[[nodiscard]] std::vector<MailService> services_for(const MigrationSettings& migration,
                                                    std::vector<MailService> services);

// The address of a listener that is told to others, by the same rule; nothing: there is none.
[[nodiscard]] const ListenAddress* told_listener(const std::vector<ListenAddress>& addresses);

// Where this process answers what mail programs ask over HTTP, as the world sees it, without a
// slash at the end: "https://mail.example.jp". Ports of `https`, else of `web` where it is not on
// loopback only. An `http` on loopback alone has a web server with our name in front. Empty: nobody
// can ask.
[[nodiscard]] std::string discovery_url(const ListenSettings& listen, const std::string& hostname);

}  // namespace tandem::config
