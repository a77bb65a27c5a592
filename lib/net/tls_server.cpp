// TlsServer: certificates by the name asked for (SNI), ALPN, reload. What a handshake sees is a
// snapshot, so sessions under way keep theirs.
#include <map>
#include <mutex>

#include <openssl/pem.h>

#include "lib/base/text.hpp"
#include "lib/net/openssl.hpp"
#include "lib/net/tls.hpp"

namespace tandem::net {
namespace {

// The certificates as of one load. Immutable; a handshake under way keeps the one it began with.
struct Snapshot {
  std::vector<openssl::Context> contexts;
  std::map<std::string, SSL_CTX*, std::less<>> exact;     // lower case
  std::map<std::string, SSL_CTX*, std::less<>> wildcard;  // what follows "*."

  [[nodiscard]] SSL_CTX* find(std::string_view name) const;
  void add_name(const std::string& name, SSL_CTX* context);
};

SSL_CTX* Snapshot::find(std::string_view name) const {
  const std::string wanted = lower(name);
  if (const auto found = exact.find(wanted); found != exact.end()) return found->second;
  const auto dot = wanted.find('.');
  if (dot == std::string::npos) return nullptr;
  const auto found = wildcard.find(std::string_view(wanted).substr(dot + 1));
  return found == wildcard.end() ? nullptr : found->second;
}

void Snapshot::add_name(const std::string& name, SSL_CTX* context) {
  const std::string key = lower(name);
  if (key.starts_with("*.")) {
    wildcard.emplace(key.substr(2), context);
  } else {
    exact.emplace(key, context);
  }
}

int choose_certificate(SSL* ssl, int*, void* argument) {
  const auto& snapshot = *static_cast<const Snapshot*>(argument);
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (name == nullptr || !is_host_name(name)) return SSL_TLSEXT_ERR_OK;
  if (SSL_CTX* context = snapshot.find(name)) SSL_set_SSL_CTX(ssl, context);
  return SSL_TLSEXT_ERR_OK;
}

// RFC 7301 3.2: nothing in common is a fatal alert. The wanted name hangs on the session.
int choose_protocol(SSL* ssl, const unsigned char** out, unsigned char* out_size,
                    const unsigned char* offered, unsigned int size, void*) {
  const auto& wanted = *static_cast<const std::string*>(SSL_get_app_data(ssl));
  if (wanted.empty()) return SSL_TLSEXT_ERR_NOACK;
  for (unsigned int at = 0; at < size && at + offered[at] < size; at += offered[at] + 1U) {
    const std::string_view name(reinterpret_cast<const char*>(offered + at + 1), offered[at]);
    if (name != wanted) continue;
    *out = offered + at + 1;
    *out_size = offered[at];
    return SSL_TLSEXT_ERR_OK;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

bool use_chain(SSL_CTX* context, std::string_view pem) {
  const openssl::Bio in = openssl::memory_of(pem);
  const openssl::Certificate leaf(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  if (!leaf || SSL_CTX_use_certificate(context, leaf.get()) != 1) return false;
  while (X509* next = PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr)) {
    if (SSL_CTX_add0_chain_cert(context, next) != 1) {
      X509_free(next);
      return false;
    }
  }
  ERR_clear_error();  // the end of the file is reported as one
  return true;
}

bool use_key(SSL_CTX* context, std::string_view pem) {
  const openssl::Bio in = openssl::memory_of(pem);
  const auto no_password = [](char*, int, int, void*) { return 0; };
  const openssl::Key key(PEM_read_bio_PrivateKey(in.get(), nullptr, no_password, nullptr));
  return key && SSL_CTX_use_PrivateKey(context, key.get()) == 1;
}

constexpr std::string_view session_context = "tandem";

Result<openssl::Context> make_context(const TlsIdentity& identity, Snapshot& snapshot) {
  openssl::Context context(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* raw = context.get();
  if (raw == nullptr) return fail(ErrorKind::internal, "no TLS: " + openssl::last_error());
  SSL_CTX_set_min_proto_version(raw, TLS1_2_VERSION);
  SSL_CTX_set_options(raw, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION |
                               SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(raw, SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                            SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(raw, SSL_SESS_CACHE_OFF);  // tickets need none
  openssl::read_many_records(raw);
  SSL_CTX_set_num_tickets(raw, 1);
  SSL_CTX_set_session_id_context(raw,
                                 reinterpret_cast<const unsigned char*>(session_context.data()),
                                 static_cast<unsigned int>(session_context.size()));
  if (!use_chain(raw, identity.chain_pem)) {
    return fail(ErrorKind::invalid, "unusable certificate: " + openssl::last_error());
  }
  if (!use_key(raw, identity.key_pem) || SSL_CTX_check_private_key(raw) != 1) {
    return fail(ErrorKind::invalid,
                "unusable key, or not this certificate's: " + openssl::last_error());
  }
  SSL_CTX_set_tlsext_servername_callback(raw, choose_certificate);
  SSL_CTX_set_tlsext_servername_arg(raw, &snapshot);
  SSL_CTX_set_alpn_select_cb(raw, choose_protocol, nullptr);
  return context;
}

Result<std::shared_ptr<const Snapshot>> load(const std::vector<TlsIdentity>& identities) {
  if (identities.empty()) return fail(ErrorKind::invalid, "TLS needs a certificate");
  auto snapshot = std::make_shared<Snapshot>();
  for (const auto& identity : identities) {
    auto context = make_context(identity, *snapshot);
    if (!context) return fail(std::move(context.error()));
    const auto names = identity.names.empty()
                           ? openssl::names_in(SSL_CTX_get0_certificate(context->get()))
                           : identity.names;
    for (const auto& name : names) snapshot->add_name(name, context->get());
    snapshot->contexts.push_back(std::move(*context));
  }
  return snapshot;
}

}  // namespace

struct TlsServer::Store {
  std::mutex mutex;
  std::shared_ptr<const Snapshot> current;

  std::shared_ptr<const Snapshot> get() {
    const std::scoped_lock lock(mutex);
    return current;
  }
};

TlsServer::TlsServer(std::shared_ptr<Store> store, std::string alpn)
    : store_(std::move(store)), alpn_(std::move(alpn)) {}

TlsServer::~TlsServer() = default;

Result<std::shared_ptr<TlsServer>> TlsServer::create(const std::vector<TlsIdentity>& identities,
                                                     std::string alpn) {
  std::shared_ptr<TlsServer> server(new TlsServer(std::make_shared<Store>(), std::move(alpn)));
  if (auto loaded = server->reload(identities); !loaded) return fail(std::move(loaded.error()));
  return server;
}

Result<void> TlsServer::reload(const std::vector<TlsIdentity>& identities) const {
  auto snapshot = load(identities);
  if (!snapshot) return fail(std::move(snapshot.error()));
  const std::scoped_lock lock(store_->mutex);
  store_->current.swap(*snapshot);
  return {};
}

std::shared_ptr<const TlsServer> TlsServer::for_protocol(std::string alpn) const {
  return std::shared_ptr<const TlsServer>(new TlsServer(store_, std::move(alpn)));
}

ssl_st* TlsServer::new_session(std::shared_ptr<const void>& keep) const {
  const auto snapshot = store_->get();
  SSL* ssl = SSL_new(snapshot->contexts.front().get());
  if (ssl == nullptr) return nullptr;
  SSL_set_app_data(ssl, const_cast<std::string*>(&alpn_));
  SSL_set_accept_state(ssl);
  keep = snapshot;
  return ssl;
}

}  // namespace tandem::net
