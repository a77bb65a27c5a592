// Listener: one listening socket on one io_context; its connections stay there. To use all cores,
// open one per context with `reuse_port` (the first on port 0 if need be, the others on its port).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "lib/net/address_limit.hpp"
#include "lib/net/address_set.hpp"
#include "lib/net/socket_address.hpp"
#include "lib/net/stream.hpp"
#include "lib/net/task_group.hpp"

namespace tandem::net {

// Whose PROXY headers are believed. A connection from `from` must begin with one, and is from then
// on its client's; a header from anybody else ends the connection and is logged (T-22).
struct ProxyProtocol {
  AddressSet from;
  bool only = false;  // nobody but those is served
  Duration limit = std::chrono::seconds(5);
};

struct ListenerOptions {
  int backlog = 511;
  bool reuse_port = false;
  // TLS from the first byte, finished within `handshake_limit`; null: in the clear.
  std::shared_ptr<const TlsServer> implicit_tls;
  Duration handshake_limit = std::chrono::seconds(30);
  std::optional<ProxyProtocol> proxy_protocol;  // nothing: headers are not looked for
  // A connection beyond it is closed without a word, before TLS; null: there is no limit.
  AddressLimit* limit = nullptr;
};

class Listener {
 public:
  using Handler = std::function<Task<void>(StreamPtr)>;

  // Listens from now on. `address` is a literal; "::" takes IPv4 too; port 0: the kernel chooses.
  // Errors: invalid (not an address), unreachable (cannot bind, with the reason).
  [[nodiscard]] static Result<std::unique_ptr<Listener>> open(const Executor& executor,
                                                              std::string address,
                                                              std::uint16_t port,
                                                              ListenerOptions options = {});
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] SocketAddress local() const;
  [[nodiscard]] std::uint16_t port() const { return local().port; }

  // Accepts until close(), the group's request_stop, or cancellation; each connection is served by
  // `handler` as a child of `group` (the caller may be one too). Out of descriptors it pauses.
  // The handler owns the stream; a closed handler's stream is closed.
  [[nodiscard]] Task<void> serve(TaskGroup& group, Handler handler);
  void close();

 private:
  struct State;
  explicit Listener(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace tandem::net
