// The settings of one running process: tandemail.conf. Read once at start; immutable afterwards.
// Every member is one key of the table in process_options.cpp, which also holds the help texts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/log.hpp"
#include "lib/net/address_set.hpp"
#include "lib/net/endpoint.hpp"
#include "lib/net/milter_address.hpp"

namespace tandem::config {

struct ListenAddress {
  std::string address;     // IPv4 or IPv6 without brackets; "::" is every address
  std::uint16_t port = 0;  // 0: the kernel chooses (tests, demo)
  bool operator==(const ListenAddress&) const = default;
};

// Empty: this protocol is not offered.
struct ListenSettings {
  std::vector<ListenAddress> smtp, submission, submissions, imap, imaps, pop3, pop3s, lmtp;
  std::vector<ListenAddress> relay;  // for machines that a migration's [relay] lists
  std::vector<ListenAddress> web = {{"127.0.0.1", 8080}};
  std::vector<ListenAddress> https, http;  // what mail programs ask to set themselves up, no page
  bool operator==(const ListenSettings&) const = default;
};

// PEM files. The first pair is the default; further ones are chosen by SNI from their own names.
struct CertificateFiles {
  std::string certificate;  // with the chain
  std::string key;
  bool operator==(const CertificateFiles&) const = default;
};

struct LogSettings {
  log::Level level = log::Level::info;
  std::string file;  // empty: standard error
  bool operator==(const LogSettings&) const = default;
};

struct LimitSettings {
  unsigned connections_per_address = 50;  // per IPv4 address or IPv6 /64, all protocols together
  unsigned connections_per_minute = 600;  // begun from there, that do not log in; 0: no limit
  unsigned connections_per_server = 40;   // to an SMTP or LMTP server of a side
  unsigned copies_at_once = 4;            // passes of the sync, a connection to each side each
  unsigned watched_accounts = 100;        // two open connections each; others are polled
  std::uint64_t message_size = 100ULL << 20;  // bytes, announced as SIZE and APPENDLIMIT
  bool operator==(const LimitSettings&) const = default;
};

// Who may say for whom a connection is.
struct TrustSettings {
  net::AddressSet proxy_protocol_from;  // balancers: their connections begin with a PROXY header
  std::vector<std::string> proxy_protocol_only;  // of [listen]: nobody else is served there
  net::AddressSet xclient_from;                  // mail servers that may use XCLIENT on port 25
  bool operator==(const TrustSettings&) const = default;
};

// Mail from other servers: port 25.
struct SmtpSettings {
  // How long strangers must keep silent before the banner (T-13).
  Duration greet_pause = std::chrono::seconds(2);
  bool refuse_bare_newlines = false;  // false: repaired (T-10)
  bool operator==(const SmtpSettings&) const = default;
};

// People's log-ins: IMAP, POP3, submission.
struct SessionSettings {
  bool apop_without_tls = false;
  bool oauth = false;
  bool operator==(const SessionSettings&) const = default;
};

// What becomes of a message that a milter does not judge: down, silent, broken.
enum class MilterWhenDown : std::uint8_t {
  accept,    // it passes as if there were no such milter; the log says so
  tempfail,  // 451: its sender tries again
};

struct ProcessSettings {
  std::string data = "/var/lib/tandemail";
  std::string hostname;  // ASCII; empty: the machine's own name
  std::string secrets_key = "/etc/tandemail/secrets.key";
  unsigned threads = 0;  // 0: one per core
  Duration shutdown_grace = std::chrono::seconds(30);
  ListenSettings listen;
  std::vector<CertificateFiles> tls;
  LogSettings log;
  LimitSettings limits;
  TrustSettings trust;
  SmtpSettings smtp;
  SessionSettings session;
  // Where delivery reports to senders out in the world are handed in; nothing: their own MX.
  std::optional<net::Endpoint> smarthost;
  std::string smarthost_user;  // empty: no log-in there
  std::string smarthost_password_file;
  // Asked by the gateway about each message, in this order.
  std::vector<net::MilterAddress> milters;
  MilterWhenDown milter_when_down = MilterWhenDown::accept;
  std::vector<std::string> server_domains;  // the built-in server's own domains, lower-case ASCII
  bool operator==(const ProcessSettings&) const = default;
};

}  // namespace tandem::config
