// TLS for tests: a certificate of our own making for localhost, 127.0.0.1 and mail.test.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "lib/net/tls.hpp"

namespace tandem::test {

// Made once per test program.
inline const net::TlsIdentity& test_identity() {
  static const net::TlsIdentity identity = [] {
    auto made = net::make_self_signed({"localhost", "mail.test", "*.mail.test", "127.0.0.1"});
    if (!made) throw std::runtime_error(made.error().what);
    return *made;
  }();
  return identity;
}

inline std::shared_ptr<const net::TlsServer> tls_server(std::string alpn = "") {
  auto made = net::TlsServer::create({test_identity()}, std::move(alpn));
  if (!made) throw std::runtime_error(made.error().what);
  return *made;
}

// Trusts test_identity() as its CA and expects `name` in it.
inline std::shared_ptr<const net::TlsClient> tls_client(std::string name = "localhost",
                                                        std::string alpn = "") {
  net::TlsClientOptions options;
  options.server_name = std::move(name);
  options.ca_pem = test_identity().chain_pem;
  options.alpn = std::move(alpn);
  auto made = net::TlsClient::create(options);
  if (!made) throw std::runtime_error(made.error().what);
  return *made;
}

}  // namespace tandem::test
