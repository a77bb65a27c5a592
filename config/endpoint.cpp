#include "config/endpoint.hpp"

#include <array>
#include <charconv>
#include <fmt/format.h>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

#include "config/units.hpp"
#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

using net::Endpoint;
using net::Protocol;
using net::TlsMode;

struct Scheme {
  std::string_view name;
  Protocol key;  // which key takes it
  Protocol protocol;
  TlsMode tls;
  std::uint16_t port;
};

constexpr std::array schemes = {
    Scheme{"imaps", Protocol::imap, Protocol::imap, TlsMode::implicit, 993},
    Scheme{"imap", Protocol::imap, Protocol::imap, TlsMode::starttls, 143},
    Scheme{"pop3s", Protocol::pop3, Protocol::pop3, TlsMode::implicit, 995},
    Scheme{"pop3", Protocol::pop3, Protocol::pop3, TlsMode::starttls, 110},
    Scheme{"smtp", Protocol::smtp, Protocol::smtp, TlsMode::starttls, 25},
    Scheme{"smtps", Protocol::smtp, Protocol::smtp, TlsMode::implicit, 465},
    Scheme{"lmtp", Protocol::smtp, Protocol::lmtp, TlsMode::starttls, 24},
    Scheme{"submissions", Protocol::submission, Protocol::submission, TlsMode::implicit, 465},
    Scheme{"submission", Protocol::submission, Protocol::submission, TlsMode::starttls, 587},
};

std::unexpected<Error> bad(std::string what, std::string cure) {
  return fail(
      Error{.kind = ErrorKind::invalid, .what = std::move(what), .next_step = std::move(cure)});
}

// "imaps:// or imap://": what the key takes.
std::string schemes_of(Protocol wanted) {
  std::string names;
  for (const auto& scheme : schemes)
    if (scheme.key == wanted)
      names += fmt::format("{}{}://", names.empty() ? "" : ", ", scheme.name);
  return names;
}

Result<void> set_tls(Endpoint& endpoint, std::string_view mode) {
  if (mode == "never") {
    if (endpoint.tls == TlsMode::implicit)
      return bad("tls=never contradicts the URL's scheme.", "Use the scheme without the final s.");
    if (!is_loopback(endpoint.host))
      return bad("tls=never would send passwords and mail in the clear.",
                 "It is allowed on loopback addresses (127.0.0.1, ::1, localhost) only.");
    endpoint.tls = TlsMode::never;
    return {};
  }
  if (mode == "opportunistic") {
    if (endpoint.protocol != Protocol::smtp || endpoint.tls == TlsMode::implicit)
      return bad("tls=opportunistic is for smtp:// only.",
                 "Leave it out: TLS is required then, or use a host that offers it.");
    endpoint.tls = TlsMode::opportunistic;
    return {};
  }
  return bad(fmt::format("tls={} is not known.", printable(mode, 40)),
             "Use tls=never (loopback) or tls=opportunistic (smtp), or leave it out.");
}

// "sha256:HEX", with or without colons between the bytes, as `openssl x509 -fingerprint` prints it.
Result<void> set_pin(Endpoint& endpoint, std::string_view pin) {
  constexpr std::string_view kind = "sha256:";
  std::string hex;
  if (istarts_with(pin, kind))
    for (const char c : pin.substr(kind.size()))
      if (c != ':') hex += c;
  const auto bytes = hex_decode(lower(hex));
  if (!bytes || bytes->size() != 32)
    return bad(
        "The pin is not the SHA-256 of a certificate.",
        "Write pin=sha256: and the 64 hex digits that openssl x509 -fingerprint -sha256 prints.");
  endpoint.pin = lower(hex);
  return {};
}

Result<void> set_parameter(Endpoint& endpoint, const std::string& name, const std::string& value) {
  if (name == "tls") return set_tls(endpoint, value);
  if (name == "pin") return set_pin(endpoint, value);
  if (name == "ca") {
    if (value.empty() || value.front() != '/')
      return bad("ca= needs the path of a PEM file.",
                 "Write the full path: ca=/etc/ssl/their-ca.pem.");
    endpoint.ca_file = value;
    return {};
  }
  return bad(fmt::format("The parameter {}= is not known.", printable(name, 40)),
             "Known are tls=, pin= and ca=.");
}

Result<void> set_host(Endpoint& endpoint, const boost::urls::url_view& url) {
  using boost::urls::host_type;
  const auto type = url.host_type();
  if (type == host_type::ipv4 || type == host_type::ipv6) {
    endpoint.host = url.host_address();
    return {};
  }
  const std::string written = url.host_name();
  const auto host = parse_domain(written, true);
  if (type != host_type::name || !host)
    return bad(fmt::format("\"{}\" is not a host name or address.", printable(written, 100)),
               "Write it like imap.example.jp, 192.0.2.1 or [2001:db8::1].");
  endpoint.host = *host;
  return {};
}

Result<void> set_port(Endpoint& endpoint, std::string_view port) {
  if (port.empty()) return {};
  const auto number = parse_number(port);
  if (!number || *number == 0 || *number > 65535)
    return bad(fmt::format("{} is not a port.", printable(port, 20)), "Ports are 1 to 65535.");
  endpoint.port = std::uint16_t(*number);
  return {};
}

// What a URL may have and an endpoint may not. The words never quote the URL: it holds a secret.
Result<void> check_bare(const boost::urls::url_view& url) {
  if (url.has_userinfo())
    return bad("A user name or password has no place in a server's URL.",
               "Remove everything up to the @; accounts come from the list of accounts.");
  const std::string path = url.path();
  if ((!path.empty() && path != "/") || url.has_fragment())
    return bad("A server's URL ends after the port (and ?parameters).", "Remove the rest.");
  return {};
}

const Scheme* find_scheme(std::string_view name, Protocol wanted) {
  for (const auto& scheme : schemes)
    if (scheme.key == wanted && iequals(scheme.name, name)) return &scheme;
  return nullptr;
}

Result<Endpoint> from_url(const boost::urls::url_view& url, const Scheme& scheme) {
  Endpoint endpoint{.protocol = scheme.protocol, .port = scheme.port, .tls = scheme.tls};
  if (auto done = check_bare(url); !done) return fail(done.error());
  if (auto done = set_host(endpoint, url); !done) return fail(done.error());
  if (auto done = set_port(endpoint, std::string(url.port())); !done) return fail(done.error());
  for (const auto& parameter : url.params()) {
    auto done = set_parameter(endpoint, std::string(parameter.key), std::string(parameter.value));
    if (!done) return fail(done.error());
  }
  return endpoint;
}

}  // namespace

bool is_loopback(std::string_view host) {
  if (host == "localhost" || host == "::1") return true;
  const auto address = parse_listen(fmt::format("{}:0", host));
  return address && address->address.starts_with("127.");
}

Result<Endpoint> parse_endpoint(std::string_view text, Protocol wanted) {
  text = trim(text);
  if (text == "builtin:")
    return Endpoint{.protocol = wanted, .in_process = std::string(builtin_server)};
  const auto scheme_end = text.find("://");
  if (scheme_end == std::string_view::npos)
    return bad(
        "This is not a URL.",
        fmt::format("Write it with one of {} in front, like {}mail.example.jp.", schemes_of(wanted),
                    schemes_of(wanted).substr(0, schemes_of(wanted).find(','))));
  const auto* const scheme = find_scheme(text.substr(0, scheme_end), wanted);
  if (scheme == nullptr)
    return bad(fmt::format("{}:// does not fit here.", printable(text.substr(0, scheme_end), 20)),
               fmt::format("Use one of {}.", schemes_of(wanted)));
  const auto url = boost::urls::parse_uri({text.data(), text.size()});
  if (!url)
    return bad("This URL cannot be read.",
               fmt::format("Write it like {}://mail.example.jp:{}; a name in Japanese as xn--….",
                           scheme->name, scheme->port));
  return from_url(*url, *scheme);
}

}  // namespace tandem::config
