#include "lib/net/address_set.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <fmt/format.h>
#include <optional>

#include "lib/base/text.hpp"

namespace tandem::net {
namespace {

using Bits = std::array<std::uint8_t, 16>;
constexpr unsigned mapped_prefix = 96;  // what IPv4 has before its own bits

std::optional<Bits> bits_of(const std::string& address) {
  Bits bits{};
  if (inet_pton(AF_INET6, address.c_str(), bits.data()) == 1) return bits;
  bits[10] = bits[11] = 0xff;
  if (inet_pton(AF_INET, address.c_str(), bits.data() + 12) == 1) return bits;
  return std::nullopt;
}

Bits first_of(Bits bits, unsigned prefix) {
  for (unsigned i = 0; i < bits.size(); ++i) {
    const unsigned kept = std::clamp(static_cast<int>(prefix) - static_cast<int>(i) * 8, 0, 8);
    bits[i] = static_cast<std::uint8_t>(bits[i] & (0xff00U >> kept));
  }
  return bits;
}

std::unexpected<Error> not_taken(std::string what, std::string next_step) {
  return fail(Error{
      .kind = ErrorKind::invalid, .what = std::move(what), .next_step = std::move(next_step)});
}

}  // namespace

Result<void> AddressSet::add(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string address(text.substr(0, slash));
  const auto bits = bits_of(address);
  const unsigned before = address.find(':') == std::string::npos ? mapped_prefix : 0;
  const auto length =
      slash == text.size() ? std::uint64_t{128 - before} : parse_number(text.substr(slash + 1));
  if (!bits || address.find('\0') != std::string::npos || !length || *length > 128 - before)
    return not_taken(fmt::format("\"{}\" is not an address or a network.", printable(text, 60)),
                     "Write 192.0.2.10, 10.0.0.0/8 or 2001:db8::/32; several with commas between.");
  if (*length == 0)
    return not_taken(fmt::format("\"{}\" is everybody.", printable(text, 60)),
                     "Name the addresses of your own machines only.");
  const unsigned prefix = before + static_cast<unsigned>(*length);
  if (first_of(*bits, prefix) != *bits)
    return not_taken(
        fmt::format("\"{}\" is an address inside a network.", printable(text, 60)),
        "Write the network's first address, like 10.0.0.0/8, or one address without /.");
  networks_.push_back({*bits, prefix});
  return {};
}

bool AddressSet::contains(const std::string& address) const {
  if (networks_.empty()) return false;
  const auto bits = bits_of(address);
  return bits && std::ranges::any_of(networks_, [&](const Network& network) {
           return first_of(*bits, network.prefix) == network.bits;
         });
}

}  // namespace tandem::net
