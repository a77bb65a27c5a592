// TLS settings, for servers and clients. TLS 1.2 and later only; no renegotiation, no compression.
//
// TlsServer: certificates chosen by SNI (exact names, then *.domain), the first one is the default
// and serves unknown, malformed and absent names (T-07); a name costs no memory. ALPN: with a
// protocol name set, a client that offers only others gets no_application_protocol (T-06), one that
// offers none is served. Session tickets are on; reload() changes their keys with the certificates.
//
// TlsClient: the server is verified against the system's CAs or the given ones, and must carry the
// expected name; or it must show the pinned certificate, which then decides alone (a self-signed or
// expired certificate can be pinned). There is no fall-back (T-05).
//
// Both are immutable to their users and may be shared by threads.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"

struct ssl_st;

namespace tandem::net {

// A certificate chain (leaf first) and its key, PEM.
struct TlsIdentity {
  std::string chain_pem;
  std::string key_pem;
  // Names it is used for, "mail.example.com" or "*.example.com"; empty: those in the certificate.
  std::vector<std::string> names;
};

// Errors: not_found (unreadable file).
[[nodiscard]] Result<TlsIdentity> read_identity(const std::string& chain_file,
                                                const std::string& key_file);

// An ECDSA P-256 certificate that signs itself, for ten years, for names and addresses (the first
// is its common name). It can be its own CA. For demo, first start and tests.
[[nodiscard]] Result<TlsIdentity> make_self_signed(const std::vector<std::string>& names);

// SHA-256 of the PEM chain's first certificate, lower-case hex: the form of a pin.
[[nodiscard]] Result<std::string> certificate_sha256(std::string_view chain_pem);

// What the PEM chain's first certificate says of itself.
struct CertificateFacts {
  std::vector<std::string> names;  // that it holds for, as written: "*.example.com" among them
  WallTime from{}, until{};
  bool self_signed = false;
};
// Error invalid: it is none.
[[nodiscard]] Result<CertificateFacts> certificate_facts(std::string_view chain_pem);

// A host name in letters, digits, hyphens and dots (RFC 1123 2.1), at most 253 characters.
[[nodiscard]] bool is_host_name(std::string_view name);

class TlsServer {
 public:
  // Errors: invalid (no identity, a bad certificate or key, a key that does not fit).
  [[nodiscard]] static Result<std::shared_ptr<TlsServer>> create(
      const std::vector<TlsIdentity>& identities, std::string alpn = "");
  ~TlsServer();

  // New handshakes use these from now on; sessions go on. On error all stays as it was. It holds
  // for every TlsServer made from this one by for_protocol, and the other way round. Any thread.
  [[nodiscard]] Result<void> reload(const std::vector<TlsIdentity>& identities) const;
  // The same certificates for another protocol: "imap", "pop3", "smtp", "http/1.1"; "": any.
  [[nodiscard]] std::shared_ptr<const TlsServer> for_protocol(std::string alpn) const;

  // For lib/net: a new OpenSSL session; `keep` must live until its handshake is done, and so must
  // this object.
  [[nodiscard]] ssl_st* new_session(std::shared_ptr<const void>& keep) const;
  [[nodiscard]] const std::string& alpn() const { return alpn_; }

 private:
  struct Store;
  TlsServer(std::shared_ptr<Store> store, std::string alpn);
  std::shared_ptr<Store> store_;
  std::string alpn_;
};

struct TlsClientOptions {
  std::string server_name;  // name or address that the certificate must carry, and SNI if a name
  std::string ca_file;      // PEM; empty: the system's CAs
  std::string ca_pem;       // instead of a file
  std::string pin;          // SHA-256 of the certificate, hex (colons allowed); empty: none
  std::string alpn;         // offered; empty: none
  // False only for opportunistic TLS between mail servers, where nothing could be trusted anyway.
  bool verify = true;
};

class TlsClient {
 public:
  // Errors: invalid (an unusable pin, CA file or name).
  [[nodiscard]] static Result<std::shared_ptr<const TlsClient>> create(TlsClientOptions options);
  ~TlsClient();

  [[nodiscard]] const TlsClientOptions& options() const { return options_; }
  [[nodiscard]] ssl_st* new_session() const;  // for lib/net

 private:
  struct Context;
  TlsClient(TlsClientOptions options, std::unique_ptr<Context> context);
  TlsClientOptions options_;
  std::unique_ptr<Context> context_;
};

}  // namespace tandem::net
