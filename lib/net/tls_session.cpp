#include "lib/net/tls_session.hpp"

#include <algorithm>
#include <climits>

#include "lib/base/text.hpp"
#include "lib/net/openssl.hpp"
#include "lib/net/tls.hpp"

namespace tandem::net {
namespace {

using Outcome = Attempt::Outcome;

TlsWire& wire_of(BIO* bio) {
  return *static_cast<TlsWire*>(BIO_get_data(bio));
}

int bio_read(BIO* bio, char* into, int size) {
  BIO_clear_retry_flags(bio);
  const Attempt attempt =
      wire_of(bio).transport.try_read(std::span(into, static_cast<std::size_t>(size)));
  if (attempt.outcome == Outcome::done) return static_cast<int>(attempt.count);
  if (attempt.outcome == Outcome::end) {
    BIO_set_flags(bio, BIO_FLAGS_IN_EOF);
    return 0;
  }
  if (attempt.outcome != Outcome::failed) BIO_set_retry_read(bio);
  return -1;
}

int bio_write(BIO* bio, const char* bytes, int size) {
  BIO_clear_retry_flags(bio);
  TlsWire& wire = wire_of(bio);
  if (wire.unwritable) return size;
  const Attempt attempt =
      wire.transport.try_write(std::string_view(bytes, static_cast<std::size_t>(size)), wire.more);
  if (attempt.outcome == Outcome::done) return static_cast<int>(attempt.count);
  wire.unwritable = attempt.outcome == Outcome::failed;
  if (wire.unwritable) return size;
  BIO_set_retry_write(bio);
  return -1;
}

long bio_control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP) return 1;
  if (command == BIO_CTRL_EOF) return BIO_test_flags(bio, BIO_FLAGS_IN_EOF) != 0 ? 1 : 0;
  return 0;
}

BIO_METHOD* bio_method() {
  static BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "tandem transport");
    BIO_meth_set_read(made, bio_read);
    BIO_meth_set_write(made, bio_write);
    BIO_meth_set_ctrl(made, bio_control);
    return made;
  }();
  return method;
}

int bounded(std::size_t size) {
  return static_cast<int>(std::min<std::size_t>(size, INT_MAX));
}

}  // namespace

TlsSession::TlsSession(Transport& transport, std::shared_ptr<const TlsServer> settings)
    : wire_{transport}, server_(std::move(settings)) {
  ssl_ = server_->new_session(keep_);
  attach();
}

TlsSession::TlsSession(Transport& transport, std::shared_ptr<const TlsClient> settings)
    : wire_{transport}, client_(std::move(settings)) {
  ssl_ = client_->new_session();
  attach();
}

TlsSession::~TlsSession() {
  SSL_free(ssl_);
}

void TlsSession::attach() {
  BIO* bio = ssl_ == nullptr ? nullptr : BIO_new(bio_method());
  if (bio == nullptr) {
    (void)broken(ErrorKind::tls, "TLS could not be started: " + openssl::last_error());
    return;
  }
  BIO_set_data(bio, &wire_);
  BIO_set_init(bio, 1);
  SSL_set_bio(ssl_, bio, bio);
}

Attempt TlsSession::broken(ErrorKind kind, std::string what) {
  failure_ = std::make_unique<Attempt>(Outcome::failed, 0, kind, std::move(what));
  return *failure_;
}

std::string TlsSession::handshake_reason() const {
  const long verified = SSL_get_verify_result(ssl_);
  if (client_ == nullptr || verified == X509_V_OK) return openssl::last_error();
  const auto& options = client_->options();
  if (!options.pin.empty()) return "the server's certificate is not the pinned one";
  return "the certificate of " + printable(options.server_name) +
         " was not accepted: " + X509_verify_cert_error_string(verified);
}

Attempt TlsSession::outcome_of(int returned) {
  switch (SSL_get_error(ssl_, returned)) {
    case SSL_ERROR_WANT_READ: return {.outcome = Outcome::want_read};
    case SSL_ERROR_WANT_WRITE: return {.outcome = Outcome::want_write};
    case SSL_ERROR_ZERO_RETURN: return {.outcome = Outcome::end};
    default: break;
  }
  const unsigned long code = ERR_peek_last_error();
  const bool cut = code == 0 || ERR_GET_REASON(code) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  if (!ready_) {
    if (cut) return broken(ErrorKind::tls, "the peer ended the connection in the TLS handshake");
    return broken(ErrorKind::tls, "TLS handshake failed: " + handshake_reason());
  }
  if (cut) return broken(ErrorKind::closed, "the connection was cut, without an end under TLS");
  return broken(ErrorKind::tls, "TLS failed: " + openssl::last_error());
}

Attempt TlsSession::try_handshake() {
  if (failure_) return *failure_;
  ERR_clear_error();
  const int returned = SSL_do_handshake(ssl_);
  if (wire_.unwritable)
    return broken(ErrorKind::tls, "the peer ended the connection in the TLS handshake");
  if (returned != 1) return outcome_of(returned);
  ready_ = true;
  keep_.reset();
  return {.outcome = Outcome::done};
}

Attempt TlsSession::try_read(std::span<char> into) {
  if (failure_) return *failure_;
  std::size_t total = 0;
  do {
    ERR_clear_error();
    const std::span<char> room = into.subspan(total);
    const int count = SSL_read(ssl_, room.data(), bounded(room.size()));
    if (count <= 0) {
      const Attempt attempt = outcome_of(count);
      if (total == 0) return attempt;
      break;  // what went wrong behind these bytes is said at the next attempt
    }
    total += static_cast<std::size_t>(count);
  } while (total < into.size() && SSL_has_pending(ssl_) == 1);  // records that are here already
  return {.count = total};
}

Attempt TlsSession::try_write(std::string_view bytes) {
  if (failure_) return *failure_;
  ERR_clear_error();
  wire_.more = bytes.size() > SSL3_RT_MAX_PLAIN_LENGTH;  // one call writes one record
  const int count = wire_.unwritable ? 0 : SSL_write(ssl_, bytes.data(), bounded(bytes.size()));
  if (wire_.unwritable)
    return {.outcome = Outcome::failed, .kind = ErrorKind::closed, .what = "the connection broke"};
  if (count > 0) return {.count = static_cast<std::size_t>(count)};
  return outcome_of(count);
}

Attempt::Outcome TlsSession::try_peek() {
  if (failure_) return Outcome::failed;
  ERR_clear_error();
  char byte = 0;
  const int count = SSL_peek(ssl_, &byte, 1);
  if (count > 0) return Outcome::done;
  const Outcome outcome = outcome_of(count).outcome;
  if (outcome == Outcome::want_read) SSL_free_buffers(ssl_);  // 17 KiB, for an idle session
  return outcome;
}

Attempt TlsSession::try_shutdown() {
  if (failure_ || wire_.unwritable || !ready_) return {.outcome = Outcome::done};
  ERR_clear_error();
  const int returned = SSL_shutdown(ssl_);
  return returned >= 0 ? Attempt() : outcome_of(returned);
}

void TlsSession::describe(ConnectionInfo& info) const {
  info.tls = true;
  info.tls_version = SSL_get_version(ssl_);
  info.tls_cipher = SSL_get_cipher_name(ssl_);
  const unsigned char* alpn = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_, &alpn, &size);
  if (size > 0) info.alpn.assign(reinterpret_cast<const char*>(alpn), size);
  const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
  if (name != nullptr && is_host_name(name)) info.sni = lower(name);
}

}  // namespace tandem::net
