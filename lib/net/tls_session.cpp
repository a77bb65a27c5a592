#include "lib/net/tls_session.hpp"

namespace tandem::net {
namespace {
Attempt unavailable() {
  return {
      .outcome = Attempt::Outcome::failed, .kind = ErrorKind::tls, .what = "TLS is unavailable"};
}
}  // namespace

std::unique_ptr<TlsSession> TlsSession::accept(Transport& transport,
                                               std::shared_ptr<const TlsServer> settings) {
  std::unique_ptr<TlsSession> session(new TlsSession(nullptr, transport));
  session->server_ = std::move(settings);
  return session;
}
std::unique_ptr<TlsSession> TlsSession::connect(Transport& transport,
                                                std::shared_ptr<const TlsClient> settings) {
  std::unique_ptr<TlsSession> session(new TlsSession(nullptr, transport));
  session->client_ = std::move(settings);
  return session;
}
TlsSession::TlsSession(ssl_st* ssl, Transport& transport) : ssl_(ssl), transport_(transport) {}
TlsSession::~TlsSession() = default;
Attempt TlsSession::try_handshake() {
  return unavailable();
}
Attempt TlsSession::try_read(std::span<char>) {
  return unavailable();
}
Attempt TlsSession::try_write(std::string_view) {
  return unavailable();
}
Attempt::Outcome TlsSession::try_peek() {
  return Attempt::Outcome::failed;
}
Attempt TlsSession::try_shutdown() {
  return unavailable();
}
void TlsSession::describe(ConnectionInfo&) const {}
}  // namespace tandem::net
