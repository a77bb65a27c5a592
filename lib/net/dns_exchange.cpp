#include "lib/net/dns_exchange.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <system_error>
#include <unistd.h>

#include <boost/asio/this_coro.hpp>

#include "lib/net/descriptor.hpp"
#include "lib/net/reader.hpp"
#include "lib/net/socket_stream.hpp"
#include "lib/net/timer.hpp"

namespace tandem::net {
namespace {

constexpr std::size_t largest_datagram = 4096;

std::unexpected<Error> unreachable(const SocketAddress& server, int error) {
  return fail(Error{.kind = ErrorKind::unreachable,
                    .what = fmt::format("the DNS server {} cannot be reached: {}",
                                        server.to_string(), std::generic_category().message(error)),
                    .origin = Origin::other,
                    .temporary = true});
}

std::unexpected<Error> silent(const SocketAddress& server) {
  return fail(Error{.kind = ErrorKind::timed_out,
                    .what = fmt::format("no answer from the DNS server {}", server.to_string()),
                    .origin = Origin::other,
                    .temporary = true});
}

// A connected socket takes datagrams from this server only, and hears of its refusals.
int open_socket(const detail::RawAddress& raw) {
  const int socket = ::socket(raw.family(), SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return -1;
  if (::connect(socket, raw.get(), raw.size) == 0) return socket;
  const int error = errno;
  ::close(socket);
  errno = error;
  return -1;
}

Task<Result<DnsAnswer>> by_udp(SocketAddress server, std::string query, Duration limit) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto state = co_await boost::asio::this_coro::cancellation_state;
  const auto raw = detail::to_raw(server);
  if (!raw) co_return unreachable(server, EAFNOSUPPORT);
  const int opened = open_socket(*raw);
  if (opened < 0) co_return unreachable(server, errno);
  Descriptor socket(executor, opened);
  if (!socket.is_open()) co_return unreachable(server, EMFILE);
  bool over = false;
  Timer timer(executor, [&over, &socket] {
    over = true;
    socket.interrupt();
  });
  timer.arm_after(limit);
  if (::send(socket.get(), query.data(), query.size(), MSG_NOSIGNAL) < 0) {
    co_return unreachable(server, errno);
  }
  std::string room(largest_datagram, '\0');
  while (!over && state.cancelled() == boost::asio::cancellation_type::none) {
    const ssize_t count = ::recv(socket.get(), room.data(), room.size(), 0);
    if (count < 0 && errno != EAGAIN && errno != EINTR) co_return unreachable(server, errno);
    if (count < 0) {
      co_await socket.wait_readable();
      continue;
    }
    const std::string_view message(room.data(), static_cast<std::size_t>(count));
    auto answer = parse_dns_answer(message, query);
    if (answer) co_return answer;  // a malformed or forged one must not end the waiting
  }
  if (!over) co_return fail(ErrorKind::cancelled, "the task was stopped");
  co_return silent(server);
}

// RFC 1035 4.2.2: a length in two bytes goes before the message.
Task<Result<DnsAnswer>> by_tcp(SocketAddress server, std::string query, Duration limit) {
  auto stream = co_await connect_tcp(server, "", limit);
  if (!stream) co_return fail(stream.error());
  (*stream)->expires_after(limit);
  std::string framed{static_cast<char>(query.size() >> 8), static_cast<char>(query.size() & 0xff)};
  framed += query;
  if (const auto sent = co_await (*stream)->write(framed); !sent) co_return fail(sent.error());
  BufferedReader reader(**stream);
  const auto length = co_await reader.take(2);
  if (!length) co_return fail(length.error());
  const auto high = static_cast<unsigned char>((*length)[0]);
  const auto low = static_cast<unsigned char>((*length)[1]);
  const auto message = co_await reader.take(high * 256U + low);
  if (!message) co_return fail(message.error());
  co_return parse_dns_answer(*message, query);
}

}  // namespace

Task<Result<DnsAnswer>> exchange_dns(SocketAddress server, std::string query, Duration limit) {
  auto answer = co_await by_udp(server, query, limit);
  if (!answer || !answer->truncated) co_return answer;
  co_return co_await by_tcp(server, query, limit);
}

}  // namespace tandem::net
