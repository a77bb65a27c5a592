// TlsSession: TLS for one connection, over any Transport and without waiting. OpenSSL reads and
// writes the transport through a BIO of ours, so no copy of the bytes is kept while idle. The one
// place in the program that drives an SSL object. Private to lib/net.
#pragma once

#include <memory>

#include "lib/net/stream.hpp"
#include "lib/net/transport.hpp"

struct ssl_st;

namespace tandem::net {

class TlsSession {
 public:
  [[nodiscard]] static std::unique_ptr<TlsSession> accept(
      Transport& transport, std::shared_ptr<const TlsServer> settings);
  [[nodiscard]] static std::unique_ptr<TlsSession> connect(
      Transport& transport, std::shared_ptr<const TlsClient> settings);
  ~TlsSession();

  [[nodiscard]] Attempt try_handshake();
  [[nodiscard]] Attempt try_read(std::span<char> into);
  [[nodiscard]] Attempt try_write(std::string_view bytes);
  // want_read, want_write: a read would wait; anything else: it would not.
  [[nodiscard]] Attempt::Outcome try_peek();
  [[nodiscard]] Attempt try_shutdown();  // sends close_notify
  // What the handshake agreed upon.
  void describe(ConnectionInfo& info) const;

 private:
  explicit TlsSession(ssl_st* ssl, Transport& transport);
  [[nodiscard]] Attempt outcome_of(int returned, std::string_view doing);
  [[nodiscard]] std::string reason(std::string_view doing) const;

  ssl_st* ssl_;
  Transport& transport_;
  std::shared_ptr<const TlsServer> server_;
  std::shared_ptr<const TlsClient> client_;
  bool ready_ = false;   // the handshake is done
  bool broken_ = false;  // OpenSSL must not be asked again after a fatal error
};

}  // namespace tandem::net
