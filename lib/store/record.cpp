#include "lib/store/record.hpp"

#include "lib/store/digest.hpp"

namespace tandem::store::record {

constexpr std::string_view magic = "TmB1";

void put_u32(std::string& to, std::uint32_t number) {
  for (int shift = 0; shift < 32; shift += 8) to += static_cast<char>(number >> shift & 0xff);
}

std::uint32_t get_u32(std::string_view bytes) {
  std::uint32_t number = 0;
  for (std::size_t i = 4; i-- > 0;) number = number << 8 | static_cast<unsigned char>(bytes[i]);
  return number;
}

std::string segment_start(std::uint32_t number) {
  std::string bytes = "tandem-seg1\n";
  put_u32(bytes, number);
  return bytes;
}

std::string encode(const Header& of) {
  std::string bytes(magic);
  put_u32(bytes, of.size);
  bytes += of.digest;
  put_u32(bytes, crc32(bytes));
  return bytes;
}

std::optional<Header> decode(std::string_view bytes) {
  if (bytes.size() != header || !bytes.starts_with(magic)) return std::nullopt;
  if (get_u32(bytes.substr(40)) != crc32(bytes.substr(0, 40))) return std::nullopt;
  return Header{.size = get_u32(bytes.substr(4)), .digest = std::string(bytes.substr(8, 32))};
}

}  // namespace tandem::store::record
