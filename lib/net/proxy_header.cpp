#include "lib/net/proxy_header.hpp"

#include <array>

#include "lib/protocol/proxy_header.hpp"

namespace tandem::net {
namespace {

Result<void> no_header(ErrorKind kind, std::string_view what) {
  return fail(Error{.kind = kind, .what = std::string(what), .origin = Origin::client});
}

}  // namespace

Task<Result<void>> take_proxy_header(Stream& stream, Duration limit) {
  ProxyHeaderReader reader;
  std::array<char, ProxyHeaderReader::longest> room;
  stream.expires_after(limit);
  while (reader.state() == ProxyHeaderReader::State::reading) {
    const std::span<char> into(room.data(), reader.wanted());
    const auto count = co_await stream.read_some(into);
    if (!count && count.error().kind == ErrorKind::timed_out)
      co_return no_header(ErrorKind::timed_out, "its PROXY header did not come in time");
    if (!count || *count == 0) {
      const ErrorKind kind = reader.empty() ? ErrorKind::closed : ErrorKind::protocol;
      co_return no_header(kind, "it ended before its PROXY header did");
    }
    reader.feed({room.data(), *count});
  }
  if (reader.state() == ProxyHeaderReader::State::broken)
    co_return no_header(ErrorKind::protocol, reader.reason());
  if (reader.client()) stream.set_peer(reader.client()->address, reader.client()->port);
  stream.expires_never();
  co_return Result<void>{};
}

}  // namespace tandem::net
