// Connector: opens a Stream to an Endpoint: looks the name up, tries the addresses, performs the
// TLS handshake where it is implicit. STARTTLS is the protocol driver's job, with tls_for().
// In-process servers are registered by name and reached over a memory pair on the caller's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "lib/net/endpoint.hpp"
#include "lib/net/resolver.hpp"
#include "lib/net/stream.hpp"

namespace tandem::net {

// Takes over the server's end of a memory pair and serves it (it spawns a task of its own).
using InProcessServer = std::function<void(StreamPtr server_end, Protocol protocol)>;

struct ConnectorOptions {
  ResolverOptions resolver;
  // For each address, while there are others to try.
  Duration attempt_limit = std::chrono::seconds(8);
};

class Connector {
 public:
  explicit Connector(ConnectorOptions options = {});
  ~Connector();

  // At start, before anybody connects.
  void register_in_process(std::string name, InProcessServer server);

  // Within `limit` in all (look-up, connect, implicit TLS), default 20 s. Error kinds: unreachable,
  // tls, timed_out, not_found, refused (TLS `never` to an address that is not loopback). Any
  // thread; the stream belongs to the calling coroutine's io_context.
  Task<Result<StreamPtr>> connect(Endpoint endpoint,
                                  Duration limit = std::chrono::seconds(20)) const;

  // The client settings for the endpoint's host: name check, pin, CA file. Cached. Opportunistic
  // TLS verifies only when a pin or CA is given.
  [[nodiscard]] Result<std::shared_ptr<const TlsClient>> tls_for(const Endpoint& endpoint) const;

  [[nodiscard]] const Resolver& resolver() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::net
