// One packet of the milter protocol: the length of what follows (32 bits, big-endian), a letter,
// data. Bounded: nothing is allocated for a length that is merely announced (T-20). Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::milter {

struct Packet {
  char letter = 0;
  std::string data;
};

void append_packet(std::string& out, char letter, std::string_view data);

// Parts of a packet's data.
void append_number(std::string& data, std::uint32_t number);
// Without the NULs that would end it early, and its end.
void append_text(std::string& data, std::string_view text);
// The number, text at the front of `data`, which is taken off. A text without its end is all there
// is; a number that is not there is 0.
[[nodiscard]] std::uint32_t take_number(std::string_view& data);
[[nodiscard]] std::string_view take_text(std::string_view& data);

// Reads packets from bytes at any split.
class PacketReader {
 public:
  enum class State : std::uint8_t { more, complete, malformed };

  explicit PacketReader(std::size_t limit = 128 * 1024) : limit_(limit) {}

  // Takes bytes up to the end of the packet; returns how many. Nothing is taken once not `more`.
  std::size_t feed(std::string_view bytes);
  [[nodiscard]] State state() const { return state_; }
  // The packet, once complete; the reader is ready for the next.
  [[nodiscard]] Packet take();

 private:
  std::size_t limit_;
  State state_ = State::more;
  std::string head_;
  std::string body_;  // the letter and the data
  std::size_t size_ = 0;
};

}  // namespace tandem::milter
