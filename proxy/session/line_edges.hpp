// LineEdges: the beginning and the end of a line that passes in pieces; the middle is not kept.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::session {

class LineEdges {
 public:
  // A piece without LF.
  void add(std::string_view piece) {
    if (piece.empty()) return;
    began_ = true;
    head_.append(piece.substr(0, most_head - head_.size()));
    if (piece.size() < most_tail)
      tail_.append(piece);
    else
      tail_.assign(piece.substr(piece.size() - most_tail));
    if (tail_.size() > most_tail) tail_.erase(0, tail_.size() - most_tail);
  }
  void clear() {
    head_.clear();
    tail_.clear();
    began_ = false;
  }
  [[nodiscard]] bool empty() const { return !began_; }
  // At most 80 bytes; of a line that fits, all of it without its CR.
  [[nodiscard]] std::string_view head() const {
    std::string_view text = head_;
    if (text.ends_with('\r')) text.remove_suffix(1);
    return text;
  }
  // The last bytes, the CR included.
  [[nodiscard]] std::string_view tail() const { return tail_; }

 private:
  static constexpr std::size_t most_head = 80;
  static constexpr std::size_t most_tail = 28;  // "~{18446744073709551615+}" and a CR
  std::string head_;
  std::string tail_;
  bool began_ = false;
};

// Takes bytes up to an LF into `line`; true: the line is complete (`bytes` goes on behind the LF).
inline bool take_line(std::string_view& bytes, LineEdges& line) {
  const std::size_t end = bytes.find('\n');
  line.add(bytes.substr(0, end));
  bytes.remove_prefix(end == std::string_view::npos ? bytes.size() : end + 1);
  return end != std::string_view::npos;
}

// Reads past counted bytes.
inline void skip(std::string_view& bytes, std::uint64_t& left) {
  const std::size_t count = static_cast<std::size_t>(std::min<std::uint64_t>(left, bytes.size()));
  bytes.remove_prefix(count);
  left -= count;
}

// The first word of a text, which goes on behind the space.
inline std::string_view next_word(std::string_view& text) {
  const std::size_t space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  return word;
}

}  // namespace tandem::session
