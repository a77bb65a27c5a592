#include "lib/net/drain.hpp"

#include <array>

namespace tandem::net {

Task<void> say_goodbye(Stream& stream) {
  stream.expires_after(std::chrono::seconds(2));
  const auto ended = co_await stream.shutdown_send();
  std::array<char, 2048> dropped;
  const std::span<char> room(dropped);
  for (int reads = 0; ended && reads < 128; ++reads) {
    const auto count = co_await stream.read_some(room);
    if (!count || *count == 0) break;
  }
  stream.close();
}

}  // namespace tandem::net
