#include "lib/net/listener.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <netinet/in.h>
#include <system_error>
#include <unistd.h>

#include <boost/asio/this_coro.hpp>

#include "lib/base/log.hpp"
#include "lib/base/text.hpp"
#include "lib/net/descriptor.hpp"
#include "lib/net/proxy_header.hpp"
#include "lib/net/socket_stream.hpp"
#include "lib/net/tls.hpp"
#include "lib/net/wait.hpp"

namespace tandem::net {

struct Listener::State {
  State(const Executor& where, int socket, ListenerOptions chosen)
      : executor(where), descriptor(where, socket), options(std::move(chosen)) {}

  Executor executor;
  Descriptor descriptor;
  ListenerOptions options;
  SocketAddress local;
};

namespace {

constexpr Duration pause_when_exhausted = std::chrono::milliseconds(200);
constexpr int accepted_in_a_row = 32;

std::unexpected<Error> cannot_listen(const SocketAddress& address, int error) {
  return fail(ErrorKind::unreachable, fmt::format("cannot listen on {}: {}", address.to_string(),
                                                  std::generic_category().message(error)));
}

bool prepare(int socket, const detail::RawAddress& raw, const ListenerOptions& options) {
  const int on = 1;
  const int off = 0;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (options.reuse_port) setsockopt(socket, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
  if (raw.family() == AF_INET6) setsockopt(socket, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  return bind(socket, raw.get(), raw.size) == 0 && listen(socket, options.backlog) == 0;
}

// Who may not send a PROXY header is watched for one.
StreamPtr take_over(const Executor& executor, const ListenerOptions& options, int socket) {
  const auto& proxied = options.proxy_protocol;
  const bool watched = proxied && !proxied->from.contains(detail::peer_address_of(socket).address);
  return make_socket_stream(executor, socket,
                            watched ? FirstBytes::no_proxy_header : FirstBytes::any);
}

bool exhausted(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// Whether the connection may go on, as its client's.
Task<bool> pass_proxy_protocol(const ProxyProtocol& wanted, Stream& stream) {
  const std::string peer = stream.info().peer_address;
  if (!wanted.from.contains(peer)) {
    if (wanted.only)
      log::warning("W-NET-4",
                   "a connection from {} to port {} was closed: only those from "
                   "trust.proxy_protocol_from are served there",
                   peer, stream.info().local_port);
    co_return !wanted.only;
  }
  const auto taken = co_await take_proxy_header(stream, wanted.limit);
  if (!taken && taken.error().kind == ErrorKind::closed) co_return false;
  if (!taken)
    log::warning("W-NET-5", "a connection from {} to port {} was closed: {}", peer,
                 stream.info().local_port, taken.error().what);
  co_return taken.has_value();
}

Task<void> serve_one(std::shared_ptr<const ListenerOptions> options, StreamPtr stream,
                     Listener::Handler handler) {
  if (options->proxy_protocol) {
    const bool passed = co_await pass_proxy_protocol(*options->proxy_protocol, *stream);
    if (!passed) co_return;
  }
  AddressLimit::Place place;  // the client's, not that of who speaks for it
  if (options->limit != nullptr) {
    place = options->limit->enter(stream->info().peer_address);
    if (!place) co_return;
  }
  if (options->implicit_tls) {
    stream->expires_after(options->handshake_limit);
    const auto started = co_await stream->start_tls(options->implicit_tls);
    if (!started) {
      log::debug("D-NET-2", "no TLS with {}: {}", stream->info().peer_address,
                 started.error().to_string());
      co_return;
    }
    stream->expires_never();
  }
  co_await handler(std::move(stream));
}

}  // namespace

Listener::Listener(std::shared_ptr<State> state) : state_(std::move(state)) {}
Listener::~Listener() {
  close();
}

Result<std::unique_ptr<Listener>> Listener::open(const Executor& executor, std::string address,
                                                 std::uint16_t port, ListenerOptions options) {
  const SocketAddress wanted{std::move(address), port};
  const auto raw = detail::to_raw(wanted);
  if (!raw) return fail(ErrorKind::invalid, "not an address: " + printable(wanted.address));
  const int socket = ::socket(raw->family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return cannot_listen(wanted, errno);
  if (!prepare(socket, *raw, options)) {
    const int error = errno;
    ::close(socket);
    return cannot_listen(wanted, error);
  }
  auto state = std::make_shared<State>(executor, socket, std::move(options));
  if (!state->descriptor.is_open()) return cannot_listen(wanted, EMFILE);
  state->local = detail::local_address_of(socket);
  return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

SocketAddress Listener::local() const {
  return state_->local;
}
void Listener::close() {
  state_->descriptor.close();
}

Task<void> Listener::serve(TaskGroup& group, Handler handler) {
  const auto state = state_;
  const std::shared_ptr<const ListenerOptions> options(state, &state->options);
  const auto task = co_await boost::asio::this_coro::cancellation_state;
  const auto stop = group.on_stop([state] { state->descriptor.close(); });
  int in_a_row = 0;
  while (state->descriptor.is_open() && task.cancelled() == boost::asio::cancellation_type::none) {
    const int socket =
        accept4(state->descriptor.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket >= 0) {
      auto stream = take_over(state->executor, *options, socket);
      group.spawn(serve_one(options, std::move(stream), handler));
      if (++in_a_row % accepted_in_a_row == 0) co_await yield_now();
      continue;
    }
    const int error = errno;
    if (error == EAGAIN || error == EWOULDBLOCK) {
      co_await state->descriptor.wait_readable();
    } else if (exhausted(error)) {
      log::warning("W-NET-3", "no more connections on {} for now: {}", state->local.to_string(),
                   std::generic_category().message(error));
      (void)co_await sleep_for(pause_when_exhausted);
    } else if (error == EBADF || error == EINVAL || error == ENOTSOCK) {
      break;
    }
  }
}

}  // namespace tandem::net
