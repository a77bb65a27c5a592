// When an IMAP connection is compressed (COMPRESS=DEFLATE, RFC 4978), where its server offers it.
// It costs a round trip and processor time on both ends, and gains where bytes are slow
// (decision 34).
#pragma once

#include <cstdint>

#include "lib/base/clock.hpp"

namespace tandem::net {

enum class Compression : std::uint8_t {
  never,       // bytes go as they are
  slow_links,  // once the link was seen to be slow and much goes over it
  always,      // from the log-in on
};

// A link is slow from here on: the shortest time that a command waited for its answer. Within a
// data centre it is below 1 ms, between hosts of one city a few; a server that has to read a disk
// for each answer stays below as well, since the shortest counts.
inline constexpr Duration slow_round_trip{10};
// And so many bytes are much: they take as long over 100 Mbit/s as a round trip to another country,
// which is what asking for compression costs.
inline constexpr std::uint64_t much_to_move = std::uint64_t{1024} * 1024;

}  // namespace tandem::net
