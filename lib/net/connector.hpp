// Connector: opens a Stream to an Endpoint: looks the name up, tries the addresses, performs the
// TLS handshake where it is implicit. STARTTLS is the protocol driver's job, with tls_for().
// In-process servers are registered by name and reached over a memory pair on the caller's thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "lib/net/endpoint.hpp"
#include "lib/net/stream.hpp"

namespace tandem::net {

class Resolver;

// Takes over the server's end of a memory pair and serves it (it spawns a task of its own).
using InProcessServer = std::function<void(StreamPtr server_end, Protocol protocol)>;

class Connector {
 public:
  Connector();
  ~Connector();

  void register_in_process(std::string name, InProcessServer server);

  // Within `limit` in all (look-up, connect, implicit TLS), default 20 s. Error kinds: unreachable,
  // tls, timed_out. Any thread; the stream belongs to the calling coroutine's io_context.
  Task<Result<StreamPtr>> connect(Endpoint endpoint,
                                  Duration limit = std::chrono::seconds(20)) const;

  // The client settings for the endpoint's host: name check, pin, CA file. Cached.
  [[nodiscard]] Result<std::shared_ptr<const TlsClient>> tls_for(const Endpoint& endpoint) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::net
