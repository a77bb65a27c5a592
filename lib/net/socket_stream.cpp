#include "lib/net/socket_stream.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <system_error>
#include <unistd.h>

#include <boost/asio/this_coro.hpp>

#include "lib/base/log.hpp"
#include "lib/net/descriptor.hpp"
#include "lib/net/net_stream.hpp"
#include "lib/protocol/proxy_header.hpp"

namespace tandem::net {
namespace {

using Outcome = Attempt::Outcome;

bool would_block(int error) {
  return error == EAGAIN || error == EWOULDBLOCK || error == EINTR;
}

std::string describe(int error) {
  return std::generic_category().message(error);
}

void set_option(int socket, int level, int name, int value) {
  (void)setsockopt(socket, level, name, &value, sizeof value);
}

// Idle sessions last for hours: keep-alives find out that the other end is gone.
void set_usual_options(int socket) {
  constexpr int idle_seconds = 300;
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, idle_seconds);
}

class SocketTransport final : public Transport {
 public:
  SocketTransport(const Executor& executor, int socket, FirstBytes first)
      : socket_(executor, socket), watched_(first == FirstBytes::no_proxy_header) {}

  Attempt try_read(std::span<char> into) override {
    if (!socket_.is_open()) return {.outcome = Outcome::failed, .what = "the socket is closed"};
    const ssize_t count = recv(socket_.get(), into.data(), into.size(), 0);
    if (count > 0 && watched_ && !passes({into.data(), static_cast<std::size_t>(count)}))
      return {.outcome = Outcome::end};
    if (count > 0) return {.count = static_cast<std::size_t>(count)};
    if (count == 0) return {.outcome = Outcome::end};
    return failure(errno, Outcome::want_read);
  }

  [[nodiscard]] bool has_input() override {
    char byte = 0;
    return socket_.is_open() && recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0;
  }

  Attempt try_write(std::string_view bytes, bool more) override {
    if (!socket_.is_open()) return {.outcome = Outcome::failed, .what = "the socket is closed"};
    const int flags = MSG_NOSIGNAL | (more ? MSG_MORE : 0);
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), flags);
    if (count >= 0) return {.count = static_cast<std::size_t>(count)};
    return failure(errno, Outcome::want_write);
  }

  Task<void> wait_readable() override { return socket_.wait_readable(); }
  Task<void> wait_writable() override { return socket_.wait_writable(); }
  void interrupt() override { socket_.interrupt(); }
  void shutdown_send() override {
    if (socket_.is_open()) ::shutdown(socket_.get(), SHUT_WR);
  }
  void close() override { socket_.close(); }

 private:
  static Attempt failure(int error, Outcome retry) {
    if (would_block(error)) return {.outcome = retry};
    return {.outcome = Outcome::failed, .what = "the connection broke: " + describe(error)};
  }

  // The first bytes decide; a header in pieces is no header, but words nobody understands.
  bool passes(std::string_view first) {
    watched_ = false;
    if (!begins_like_proxy_header(first)) return true;
    log::warning("W-NET-6",
                 "a PROXY header from {} was refused: trust.proxy_protocol_from does not name it",
                 detail::peer_address_of(socket_.get()).address);
    close();
    return false;
  }

  Descriptor socket_;
  bool watched_;  // nothing was read yet, and a PROXY header must not come
};

ConnectionInfo info_of(int socket) {
  ConnectionInfo info;
  const SocketAddress local = detail::local_address_of(socket);
  info.local_address = local.address;
  info.local_port = local.port;
  const SocketAddress peer = detail::peer_address_of(socket);
  info.peer_address = peer.address;
  info.peer_port = peer.port;
  return info;
}

std::unexpected<Error> unreachable(const SocketAddress& to, int error) {
  return fail(
      Error{.kind = ErrorKind::unreachable,
            .what = fmt::format("cannot connect to {}: {}", to.to_string(), describe(error)),
            .temporary = true});
}

// Without IP_BIND_ADDRESS_NO_PORT a bound source address would take a port of its own for each
// connection, and all would be gone after some ten thousand.
bool bind_source(int socket, const std::string& source) {
  const auto raw = detail::to_raw({source, 0});
  if (!raw) return false;
  set_option(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1);
  return bind(socket, raw->get(), raw->size) == 0;
}

// A socket whose connection is made (error 0), under way (EINPROGRESS) or failed.
struct Attempted {
  int socket = -1;
  int error = 0;
};

Attempted begin_connect(const detail::RawAddress& to, const std::string& source) {
  Attempted made;
  made.socket = ::socket(to.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (made.socket < 0 || (!source.empty() && !bind_source(made.socket, source)) ||
      ::connect(made.socket, to.get(), to.size) != 0)
    made.error = errno;
  return made;
}

// EADDRNOTAVAIL: all ports of that address are taken towards `to`, or the machine has lost it.
Attempted begin_connect(const detail::RawAddress& to, const std::vector<std::string>& sources) {
  Attempted made;
  for (const std::string& source : sources) {
    if (made.socket >= 0) ::close(made.socket);
    made = begin_connect(to, source);
    if (made.error != EADDRNOTAVAIL) break;
  }
  return made;
}

std::unexpected<Error> no_port_left(const SocketAddress& to) {
  return fail(
      Error{.kind = ErrorKind::unreachable,
            .what = fmt::format("no address of ours has a port left towards {}", to.to_string()),
            .temporary = true,
            .next_step = "Each address of this machine has some 28,000 of them: name "
                         "several in source_address, and see that it has each of them."});
}

int error_of(int socket) {
  int error = 0;
  socklen_t size = sizeof error;
  return getsockopt(socket, SOL_SOCKET, SO_ERROR, &error, &size) == 0 ? error : errno;
}

bool connected(int socket) {
  detail::RawAddress raw;
  raw.size = sizeof raw.storage;
  return getpeername(socket, raw.get(), &raw.size) == 0;
}

// Waits until the connection under way on `socket` is made or refused. 0: made.
Task<int> finish_connect(Executor executor, int socket, Duration limit) {
  const auto state = co_await boost::asio::this_coro::cancellation_state;
  Descriptor waiting(executor, fcntl(socket, F_DUPFD_CLOEXEC, 0));
  if (!waiting.is_open()) co_return EMFILE;
  bool over = false;
  Timer timer(executor, [&over, &waiting] {
    over = true;
    waiting.interrupt();
  });
  timer.arm_after(limit);
  for (;;) {
    if (state.cancelled() != boost::asio::cancellation_type::none) co_return ECANCELED;
    if (over) co_return ETIMEDOUT;
    co_await waiting.wait_writable();
    const int error = error_of(socket);
    if (error != 0) co_return error;
    if (connected(socket)) co_return 0;
  }
}

// Closes a socket that nobody took over.
class SocketGuard {
 public:
  explicit SocketGuard(int socket) : socket_(socket) {}
  ~SocketGuard() {
    if (socket_ >= 0) ::close(socket_);
  }
  SocketGuard(const SocketGuard&) = delete;
  SocketGuard& operator=(const SocketGuard&) = delete;
  [[nodiscard]] int get() const { return socket_; }
  [[nodiscard]] int release() { return std::exchange(socket_, -1); }

 private:
  int socket_;
};

}  // namespace

StreamPtr make_socket_stream(const Executor& executor, int socket, FirstBytes first) {
  set_usual_options(socket);
  auto info = info_of(socket);
  auto transport = std::make_unique<SocketTransport>(executor, socket, first);
  return std::make_unique<NetStream>(executor, std::move(transport), std::move(info));
}

Task<Result<StreamPtr>> connect_tcp(SocketAddress to, std::string source, Duration limit) {
  std::vector<std::string> sources;
  sources.push_back(std::move(source));
  return connect_from(std::move(to), std::move(sources), limit);
}

Task<Result<StreamPtr>> connect_from(SocketAddress to, std::vector<std::string> sources,
                                     Duration limit) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto raw = detail::to_raw(to);
  if (!raw) co_return unreachable(to, EAFNOSUPPORT);
  const Attempted begun = begin_connect(*raw, sources);
  SocketGuard socket(begun.socket);
  int error = begun.error;
  if (error == EADDRNOTAVAIL) co_return no_port_left(to);
  if (error == EINPROGRESS || error == EINTR) {
    error = co_await finish_connect(executor, socket.get(), limit);
  }
  if (error == ECANCELED) co_return fail(ErrorKind::cancelled, "the task was stopped");
  if (error == ETIMEDOUT) {
    co_return fail(Error{.kind = ErrorKind::timed_out,
                         .what = fmt::format("no answer from {}", to.to_string()),
                         .temporary = true});
  }
  if (error != 0) co_return unreachable(to, error);
  co_return make_socket_stream(executor, socket.release());
}

}  // namespace tandem::net
