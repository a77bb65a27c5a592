#include "lib/net/milter_client.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "lib/net/socket_stream.hpp"
#include "lib/net/timer.hpp"
#include "lib/net/unix_socket.hpp"

namespace tandem::net {
namespace {

using milter::ClientMachine;

Task<Result<StreamPtr>> connect_near(const Connector& connector, MilterAddress address,
                                     Duration limit) {
  const auto found = co_await connector.resolver().addresses(address.host);
  if (!found) co_return fail(found.error());
  Result<StreamPtr> stream = fail(ErrorKind::unreachable, address.host + " has no address");
  for (const auto& one : *found) {
    if (!is_near(one))
      co_return fail(Error{.kind = ErrorKind::refused,
                           .what = fmt::format("{} is out in the open, and milters are spoken to "
                                               "without TLS",
                                               one),
                           .next_step = "Let it listen on this machine or in a private network."});
    SocketAddress to{one, address.port};
    stream = co_await connect_tcp(std::move(to), "", limit);
    if (stream) break;
  }
  co_return stream;
}

Task<Result<StreamPtr>> connect_milter(const Connector& connector, MilterAddress address,
                                       Duration limit) {
  if (!address.path.empty()) return connect_unix(std::move(address.path));
  if (address.in_process.empty()) return connect_near(connector, std::move(address), limit);
  Endpoint endpoint;
  endpoint.tls = TlsMode::never;
  endpoint.in_process = std::move(address.in_process);
  return connector.connect(std::move(endpoint), limit);
}

Task<void> read(Stream& stream, ClientMachine& machine) {
  std::array<char, 4096> buffer;
  const std::span<char> room(buffer);
  const auto count = co_await stream.read_some(room);
  if (!count) {
    machine.failed(count.error());
  } else if (*count == 0) {
    machine.failed(
        {ErrorKind::closed, "the milter closed the connection", Origin::other, true, {}, {}});
  } else {
    machine.received(std::string_view(buffer.data(), *count));
  }
}

void give(ClientMachine& machine, const MilterBody& body) {
  const auto piece = body();
  if (!piece)
    machine.failed(piece.error());
  else if (piece->empty())
    machine.content_end();
  else
    machine.content(*piece);
}

Task<Result<milter::Verdict>> talk(Stream& stream, ClientMachine& machine, const MilterBody& body,
                                   SteadyTime end) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  const Clock& clock = clock_of(executor);
  while (true) {
    const milter::ClientAction action = machine.next();
    stream.expires_after(std::clamp(end - clock.steady(), Duration(0), action.wait));
    switch (action.kind) {
      case milter::ClientAction::Kind::send: {
        const auto written = co_await stream.write(action.bytes);
        if (!written) machine.failed(written.error());
        break;
      }
      case milter::ClientAction::Kind::read: co_await read(stream, machine); break;
      case milter::ClientAction::Kind::content: give(machine, body); break;
      case milter::ClientAction::Kind::done: co_return machine.take();
    }
  }
}

}  // namespace

Task<Result<milter::Verdict>> ask_milter(const Connector& connector, MilterAddress address,
                                         milter::Examination message, MilterBody body,
                                         MilterLimits limits) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  const SteadyTime end = clock_of(executor).steady() + limits.whole;
  auto stream = co_await connect_milter(connector, std::move(address), limits.connect);
  if (!stream) co_return fail(stream.error());
  ClientMachine machine(std::move(message), limits.waits);
  auto verdict = co_await talk(**stream, machine, body, end);
  (*stream)->close();
  co_return verdict;
}

}  // namespace tandem::net
