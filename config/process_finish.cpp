// What only the whole of a tandemail.conf shows: listeners without a certificate, certificates
// without a key, the page in the open, two listeners on one port.
#include <algorithm>
#include <fmt/format.h>
#include <unistd.h>

#include "config/endpoint.hpp"
#include "config/finish.hpp"
#include "config/secret_file.hpp"
#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

struct Listener {
  std::string_view key;
  const std::vector<ListenAddress>& addresses;
  bool implicit_tls;
};

bool only_loopback(const std::vector<ListenAddress>& addresses) {
  return std::ranges::all_of(
      addresses, [](const ListenAddress& listen) { return is_loopback(listen.address); });
}

// Log-ins travel over these: without a certificate they would do so in the clear, or not at all.
void check_certificate(const ProcessSettings& settings, SettingFile& file) {
  if (!settings.tls.empty()) return;
  const auto& listen = settings.listen;
  const Listener listeners[] = {{"listen.submissions", listen.submissions, true},
                                {"listen.imaps", listen.imaps, true},
                                {"listen.pop3s", listen.pop3s, true},
                                {"listen.https", listen.https, true},
                                {"listen.submission", listen.submission, false},
                                {"listen.imap", listen.imap, false},
                                {"listen.pop3", listen.pop3, false}};
  for (const auto& [key, addresses, implicit_tls] : listeners) {
    if (addresses.empty() || (!implicit_tls && only_loopback(addresses))) continue;
    file.error(file.line_of(key), fmt::format("{} needs a certificate.", key),
               "Set certificate and key in [tls].");
  }
}

void check_pairs(const ProcessSettings& settings, SettingFile& file) {
  for (const auto& pair : settings.tls) {
    if (!pair.certificate.empty() && !pair.key.empty()) continue;
    const auto* const given = pair.key.empty() ? "certificate" : "key";
    const auto* const other = pair.key.empty() ? "key" : "certificate";
    file.error(file.line_of(fmt::format("tls.{}", given)),
               fmt::format("A {} has no {}.", given, other),
               fmt::format("Add a line {} = … for each {}, in the same order.", other, given));
  }
}

void check_web(const ProcessSettings& settings, SettingFile& file) {
  if (!only_loopback(settings.listen.web) && settings.tls.empty())
    file.error(file.line_of("listen.web"), "The page would be open to the network without TLS.",
               "Listen on 127.0.0.1, or set certificate and key in [tls].");
}

void check_smarthost(const ProcessSettings& settings, SettingFile& file) {
  const bool named = !settings.smarthost_user.empty();
  const bool proven = !settings.smarthost_password_file.empty();
  if (!named && !proven) return;
  const auto* const given = named ? "smarthost_user" : "smarthost_password_file";
  const auto* const other = named ? "smarthost_password_file" : "smarthost_user";
  if (named != proven)
    file.error(file.line_of(given), fmt::format("{} needs {} beside it.", given, other),
               fmt::format("Set {} too.", other));
  if (!settings.smarthost)
    file.error(file.line_of(given), fmt::format("{} needs a smarthost to log in to.", given),
               "Set smarthost = smtp://…");
  else if (settings.smarthost->tls == net::TlsMode::opportunistic)
    file.error(file.line_of("smarthost"),
               "With tls=opportunistic the password could be shown without TLS.",
               "Leave tls=opportunistic out of smarthost: TLS is required then.");
}

// The same address and port twice cannot be bound.
void check_ports(const ProcessSettings& settings, SettingFile& file) {
  const auto& listen = settings.listen;
  const std::pair<std::string_view, const std::vector<ListenAddress>*> lists[] = {
      {"smtp", &listen.smtp},   {"submission", &listen.submission},
      {"imap", &listen.imap},   {"submissions", &listen.submissions},
      {"imaps", &listen.imaps}, {"pop3", &listen.pop3},
      {"pop3s", &listen.pop3s}, {"lmtp", &listen.lmtp},
      {"relay", &listen.relay}, {"web", &listen.web},
      {"https", &listen.https}, {"http", &listen.http}};
  std::vector<ListenAddress> seen;
  for (const auto& [name, addresses] : lists)
    for (const auto& address : *addresses) {
      if (address.port != 0 && std::ranges::find(seen, address) != seen.end())
        file.error(file.line_of(fmt::format("listen.{}", name)),
                   fmt::format("{} port {} is listened on twice.", address.address, address.port),
                   "Give each protocol a port of its own.");
      seen.push_back(address);
    }
}

void check_trust(const ProcessSettings& settings, SettingFile& file) {
  if (settings.trust.proxy_protocol_only.empty() || !settings.trust.proxy_protocol_from.empty())
    return;
  file.error(file.line_of("trust.proxy_protocol_only"),
             "These ports would serve nobody: no balancer is named.",
             "Name the balancers' addresses in proxy_protocol_from.");
}

void check_readable(const std::string& path, std::string_view key, SettingFile& file) {
  if (path.empty() || ::access(path.c_str(), R_OK) == 0) return;
  file.error(file.line_of(key), fmt::format("{}: cannot read {}.", key, printable(path)),
             "Is the path right, and may the user that runs Tandemail read it?");
}

}  // namespace

void finish(ProcessSettings& settings, SettingFile& file) {
  check_pairs(settings, file);
  check_certificate(settings, file);
  check_web(settings, file);
  check_ports(settings, file);
  check_smarthost(settings, file);
  check_trust(settings, file);
}

void check_files(const ProcessSettings& settings, SettingFile& file) {
  for (const auto& pair : settings.tls) {
    check_readable(pair.certificate, "tls.certificate", file);
    check_readable(pair.key, "tls.key", file);
  }
  check_password_file(settings.smarthost_password_file, file, "smarthost_password_file");
}

}  // namespace tandem::config
