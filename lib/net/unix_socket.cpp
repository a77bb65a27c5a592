#include "lib/net/unix_socket.hpp"

#include <cerrno>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <system_error>
#include <unistd.h>

#include <boost/asio/this_coro.hpp>

#include "lib/net/socket_stream.hpp"

namespace tandem::net {
namespace {

// A Unix socket connects at once or not at all. -1: errno says why not.
int open_connected(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    errno = ENAMETOOLONG;
    return -1;
  }
  path.copy(address.sun_path, path.size());
  const int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket < 0) return -1;
  if (::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0)
    return socket;
  const int error = errno;
  ::close(socket);
  errno = error;
  return -1;
}

}  // namespace

Task<Result<StreamPtr>> connect_unix(std::string path) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const int socket = open_connected(path);
  if (socket < 0) {
    const int error = errno;
    co_return fail(Error{.kind = ErrorKind::unreachable,
                         .what = fmt::format("cannot connect to {}: {}", path,
                                             std::generic_category().message(error)),
                         .temporary = true});
  }
  co_return make_socket_stream(executor, socket);
}

}  // namespace tandem::net
