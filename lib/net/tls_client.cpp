// TlsClient: whom a connection trusts. The system's authorities or the ones given, the name asked
// for; or a pin, which then decides alone. There is no fall-back (T-05).
#include <algorithm>
#include <arpa/inet.h>
#include <map>
#include <mutex>

#include <openssl/pem.h>

#include "lib/base/text.hpp"
#include "lib/net/openssl.hpp"
#include "lib/net/tls.hpp"

namespace tandem::net {

struct TlsClient::Context {
  openssl::Context ssl;
  std::string pin;       // raw; empty: none
  std::string alpn;      // in wire form
  bool address = false;  // server_name is an address
};

namespace {

bool is_address(const std::string& name) {
  unsigned char room[sizeof(in6_addr)];
  return inet_pton(AF_INET, name.c_str(), room) == 1 ||
         inet_pton(AF_INET6, name.c_str(), room) == 1;
}

// The system's CAs take milliseconds and a megabyte to load: once for all.
X509_STORE* system_store() {
  static const openssl::CertificateStore store = [] {
    openssl::CertificateStore made(X509_STORE_new());
    if (made) X509_STORE_set_default_paths(made.get());
    ERR_clear_error();
    return made;
  }();
  return store.get();
}

bool add_certificates(X509_STORE* store, std::string_view pem) {
  const openssl::Bio in = openssl::memory_of(pem);
  int count = 0;
  while (X509* read = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) {
    const openssl::Certificate certificate(read);
    if (X509_STORE_add_cert(store, certificate.get()) == 1) ++count;
  }
  ERR_clear_error();
  return count > 0;
}

Result<void> trust(SSL_CTX* context, const TlsClientOptions& options) {
  if (options.ca_file.empty() && options.ca_pem.empty()) {
    SSL_CTX_set1_cert_store(context, system_store());
    return {};
  }
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  if (!options.ca_pem.empty() && !add_certificates(store, options.ca_pem)) {
    return fail(ErrorKind::invalid, "no certificate in the CA text");
  }
  if (!options.ca_file.empty() && X509_STORE_load_file(store, options.ca_file.c_str()) != 1) {
    ERR_clear_error();
    return fail(ErrorKind::invalid, "cannot use the CA file " + options.ca_file);
  }
  return {};
}

// With a pin, the certificate itself decides: neither its issuer nor its dates nor its names.
int check_pin(X509_STORE_CTX* store, void* argument) {
  const auto& pin = *static_cast<const std::string*>(argument);
  const X509* leaf = X509_STORE_CTX_get0_cert(store);
  const bool same = leaf != nullptr && constant_time_equal(openssl::digest_of(leaf), pin);
  X509_STORE_CTX_set_error(store, same ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
  return same ? 1 : 0;
}

Result<std::string> parse_pin(std::string text) {
  if (istarts_with(text, "sha256:")) text.erase(0, 7);
  std::erase(text, ':');
  auto raw = hex_decode(lower(text));
  if (!raw || raw->size() != 32) {
    return fail(ErrorKind::invalid, "a pin is the SHA-256 of a certificate: 64 hex digits");
  }
  return std::move(*raw);
}

}  // namespace

TlsClient::TlsClient(TlsClientOptions options, std::unique_ptr<Context> context)
    : options_(std::move(options)), context_(std::move(context)) {}

TlsClient::~TlsClient() = default;

Result<std::shared_ptr<const TlsClient>> TlsClient::create(TlsClientOptions options) {
  auto made = std::make_unique<Context>();
  made->ssl.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = made->ssl.get();
  if (context == nullptr) return fail(ErrorKind::internal, "no TLS: " + openssl::last_error());
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  openssl::read_many_records(context);
  made->address = is_address(options.server_name);
  if (!made->address && !is_host_name(options.server_name) && options.verify &&
      options.pin.empty()) {
    return fail(ErrorKind::invalid, "not a server name: " + printable(options.server_name));
  }
  if (!options.alpn.empty() && options.alpn.size() < 256) {
    made->alpn = static_cast<char>(options.alpn.size()) + options.alpn;
  }
  if (!options.pin.empty()) {
    auto pin = parse_pin(options.pin);
    if (!pin) return fail(std::move(pin.error()));
    made->pin = std::move(*pin);
    SSL_CTX_set_cert_verify_callback(context, check_pin, &made->pin);
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  } else if (options.verify) {
    if (auto trusted = trust(context, options); !trusted) return fail(std::move(trusted.error()));
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  } else {
    SSL_CTX_set_verify(context, SSL_VERIFY_NONE, nullptr);
  }
  return std::shared_ptr<const TlsClient>(new TlsClient(std::move(options), std::move(made)));
}

ssl_st* TlsClient::new_session() const {
  SSL* ssl = SSL_new(context_->ssl.get());
  if (ssl == nullptr) return nullptr;
  const char* name = options_.server_name.c_str();
  const bool check_name = options_.verify && context_->pin.empty();
  bool good = true;
  if (context_->address) {
    if (check_name) good = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), name) == 1;
  } else if (is_host_name(name)) {
    SSL_set_tlsext_host_name(ssl, name);
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    if (check_name) good = SSL_set1_host(ssl, name) == 1;
  }
  if (!context_->alpn.empty()) {
    const auto* wire = reinterpret_cast<const unsigned char*>(context_->alpn.data());
    good =
        good && SSL_set_alpn_protos(ssl, wire, static_cast<unsigned>(context_->alpn.size())) == 0;
  }
  if (!good) {
    SSL_free(ssl);
    return nullptr;
  }
  SSL_set_connect_state(ssl);
  return ssl;
}

}  // namespace tandem::net
