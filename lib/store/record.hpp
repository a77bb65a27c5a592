// The framing of segments (all numbers little-endian):
//   segment: "tandem-seg1\n", u32 number, records
//   record:  "TmB1", u32 size, 32 bytes SHA-256, u32 CRC-32 of these 40 bytes; the bytes;
//            u32 CRC-32 of each 32 KiB of them (the last may be shorter)
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tandem::store::record {

constexpr std::uint64_t segment_header = 16;
constexpr std::uint64_t header = 44;
constexpr std::uint64_t piece = 32 * 1024;

struct Header {
  std::uint32_t size = 0;
  std::string digest;
};

[[nodiscard]] std::string segment_start(std::uint32_t number);
[[nodiscard]] std::string encode(const Header& of);
// Nothing: these 44 bytes are no header.
[[nodiscard]] std::optional<Header> decode(std::string_view bytes);

[[nodiscard]] constexpr std::uint64_t pieces(std::uint64_t size) {
  return (size + piece - 1) / piece;
}
// What a blob takes in a segment.
[[nodiscard]] constexpr std::uint64_t framed(std::uint64_t size) {
  return header + size + 4 * pieces(size);
}
void put_u32(std::string& to, std::uint32_t number);
[[nodiscard]] std::uint32_t get_u32(std::string_view bytes);

}  // namespace tandem::store::record
