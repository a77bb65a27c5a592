// A hostile balancer: whatever it sends, what is read is bounded, nothing behind the header is
// asked for, and an address that comes out is one (T-21, T-23).
#include "lib/protocol/proxy_header.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <string>

#include "tests/fuzz/target.hpp"

using namespace tandem;

namespace {

bool is_address(const std::string& text) {
  in6_addr room{};
  return inet_pton(AF_INET, text.c_str(), &room) == 1 ||
         inet_pton(AF_INET6, text.c_str(), &room) == 1;
}

// Reads as much as it is asked to, at most `step` bytes at a time; how much that was.
std::size_t read_header(ProxyHeaderReader& reader, std::string_view input, std::size_t step) {
  std::size_t taken = 0;
  while (reader.wanted() > 0 && taken < input.size()) {
    const std::string_view part = input.substr(taken, std::min(reader.wanted(), step));
    reader.feed(part);
    taken += part.size();
  }
  return taken;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  ProxyHeaderReader whole;
  const std::size_t taken = read_header(whole, input, input.size() + 1);
  fuzz::require(taken <= ProxyHeaderReader::longest, "a header is bounded (T-23)");
  ProxyHeaderReader slow;
  const std::size_t taken_slowly = read_header(slow, input, 1);
  fuzz::require(slow.state() == whole.state() && slow.client() == whole.client(),
                "byte by byte it means the same");
  using State = ProxyHeaderReader::State;
  if (whole.state() != State::done) return 0;
  fuzz::require(taken == taken_slowly, "a header ends in one place");
  fuzz::require(begins_like_proxy_header(input), "what is a header is seen to be one");
  fuzz::require(!whole.client() || is_address(whole.client()->address), "an address is one (T-21)");
  // Nothing behind it was needed: alone it is the same header.
  ProxyHeaderReader alone;
  fuzz::require(read_header(alone, input.substr(0, taken), taken) == taken &&
                    alone.state() == State::done && alone.client() == whole.client(),
                "the header alone is whole (T-23)");
  return 0;
}
