// Stream: an ordered pair of byte directions, whatever carries it: TCP, TLS over TCP, or memory
// (tests, and the built-in server spoken to in-process). Everything above lib/net is written
// against this class alone.
//
// One coroutine reads and at most one other writes at the same time. A stream belongs to one
// io_context and is used on its thread only. Errors are values; kinds used here: closed, timed_out,
// cancelled, tls, unreachable.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/net/task.hpp"

namespace tandem::net {

class TlsServer;  // lib/net/tls.hpp: certificates by SNI, ALPN
class TlsClient;  // lib/net/tls.hpp: verification, pin, CA

// What is known of a connection. Addresses are text without port ("192.0.2.1", "2001:db8::1");
// empty for a memory stream unless the test or a PROXY header said otherwise.
struct ConnectionInfo {
  std::string peer_address;
  std::uint16_t peer_port = 0;
  std::string local_address;
  std::uint16_t local_port = 0;
  bool tls = false;
  std::string tls_version;  // "TLSv1.3"
  std::string tls_cipher;
  std::string sni;   // the host name the client asked for, validated; empty: none
  std::string alpn;  // negotiated; empty: none
};

class Stream {
 public:
  virtual ~Stream() = default;

  // Reads at least one byte and at most `into.size()`. 0 means the peer ended its direction in
  // order (TCP FIN after a TLS close_notify where there is TLS; a bare FIN under TLS is Error
  // closed).
  virtual Task<Result<std::size_t>> read_some(std::span<char> into) = 0;
  // Writes all of `bytes`; they must stay valid until it returns.
  virtual Task<Result<void>> write(std::string_view bytes) = 0;
  // Returns when a read_some would not wait: an idle session owns no buffer.
  virtual Task<Result<void>> wait_readable() = 0;
  // Something was received and not yet read: bytes, or the end. Under TLS it may be no more than a
  // record of TLS itself.
  [[nodiscard]] virtual bool has_input() = 0;

  // Upgrades in place (STARTTLS). The caller must have made sure that nothing read ahead is left
  // (T-01, T-02). Fails with kind tls; the stream is then closed.
  virtual Task<Result<void>> start_tls(std::shared_ptr<const TlsServer> settings) = 0;
  virtual Task<Result<void>> start_tls(std::shared_ptr<const TlsClient> settings) = 0;

  // One deadline for all operations from now on; when it passes, the ones under way and later ones
  // fail with timed_out. Setting it again replaces it.
  virtual void expires_after(Duration after) = 0;
  virtual void expires_never() = 0;

  // Ends our direction (close_notify, FIN) and keeps reading: LOGOUT and QUIT answers arrive.
  virtual Task<Result<void>> shutdown_send() = 0;
  // Ends both directions at once. Operations under way fail with cancelled. Harmless when repeated.
  virtual void close() = 0;
  [[nodiscard]] virtual bool is_open() const = 0;

  [[nodiscard]] virtual const ConnectionInfo& info() const = 0;
  // For a PROXY header from a trusted peer: the client's address takes the socket's place.
  virtual void set_peer(std::string address, std::uint16_t port) = 0;
};

using StreamPtr = std::unique_ptr<Stream>;

// Two connected streams in memory, for tests and the in-process server. Each direction holds at
// most `capacity` bytes: a writer waits when the reader does not keep up. start_tls works on them
// too.
[[nodiscard]] std::pair<StreamPtr, StreamPtr> make_memory_pair(Executor executor,
                                                               std::size_t capacity = 64 * 1024);

}  // namespace tandem::net
