// TlsSession: TLS for one connection, over any Transport and without waiting. OpenSSL reads and
// writes the transport through a BIO of ours, so no copy of the bytes is kept while idle. The one
// place in the program that drives an SSL object. Private to lib/net.
#pragma once

#include <memory>

#include "lib/net/stream.hpp"
#include "lib/net/transport.hpp"

struct ssl_st;

namespace tandem::net {

// What OpenSSL reads from and writes to. That the transport takes no more bytes it is not told, so
// that what the peer said before it closed can still be read: a goodbye, most of all.
struct TlsWire {
  Transport& transport;
  bool unwritable = false;
  bool more = false;  // another record follows at once
};

class TlsSession {
 public:
  TlsSession(Transport& transport, std::shared_ptr<const TlsServer> settings);
  TlsSession(Transport& transport, std::shared_ptr<const TlsClient> settings);
  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
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
  void attach();
  // What a call that returned `returned` (not positive) means.
  [[nodiscard]] Attempt outcome_of(int returned);
  [[nodiscard]] Attempt broken(ErrorKind kind, std::string what);
  [[nodiscard]] std::string handshake_reason() const;

  TlsWire wire_;
  std::shared_ptr<const TlsServer> server_;
  std::shared_ptr<const TlsClient> client_;
  std::shared_ptr<const void> keep_;  // until the handshake is done
  ssl_st* ssl_ = nullptr;
  bool ready_ = false;                // the handshake is done
  std::unique_ptr<Attempt> failure_;  // after it OpenSSL must not be asked again
};

}  // namespace tandem::net
