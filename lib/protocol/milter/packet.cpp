#include "lib/protocol/milter/packet.hpp"

#include <algorithm>
#include <utility>

namespace tandem::milter {
namespace {

constexpr std::size_t head_size = 4;

}  // namespace

void append_number(std::string& data, std::uint32_t number) {
  for (const int shift : {24, 16, 8, 0}) data += static_cast<char>(number >> shift & 0xFF);
}

void append_text(std::string& data, std::string_view text) {
  std::ranges::copy_if(text, std::back_inserter(data), [](char c) { return c != '\0'; });
  data += '\0';
}

void append_packet(std::string& out, char letter, std::string_view data) {
  append_number(out, static_cast<std::uint32_t>(data.size() + 1));
  out += letter;
  out += data;
}

std::uint32_t take_number(std::string_view& data) {
  if (data.size() < head_size) return 0;
  std::uint32_t number = 0;
  for (const char c : data.substr(0, head_size))
    number = number << 8 | static_cast<unsigned char>(c);
  data.remove_prefix(head_size);
  return number;
}

std::string_view take_text(std::string_view& data) {
  const std::string_view text = data.substr(0, data.find('\0'));
  data.remove_prefix(std::min(text.size() + 1, data.size()));
  return text;
}

std::size_t PacketReader::feed(std::string_view bytes) {
  const std::size_t given = bytes.size();
  while (state_ == State::more && !bytes.empty()) {
    const bool in_head = head_.size() < head_size;
    std::string& part = in_head ? head_ : body_;
    const std::size_t missing = (in_head ? head_size : size_) - part.size();
    part += bytes.substr(0, missing);
    bytes.remove_prefix(std::min(missing, bytes.size()));
    if (in_head && head_.size() == head_size) {
      std::string_view head = head_;
      size_ = take_number(head);
      if (size_ == 0 || size_ > limit_) state_ = State::malformed;
    } else if (!in_head && body_.size() == size_) {
      state_ = State::complete;
    }
  }
  return given - bytes.size();
}

Packet PacketReader::take() {
  Packet packet;
  packet.letter = body_.front();
  packet.data = body_.substr(1);
  head_.clear();
  std::string().swap(body_);
  state_ = State::more;
  return packet;
}

}  // namespace tandem::milter
