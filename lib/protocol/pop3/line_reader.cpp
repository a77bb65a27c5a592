#include "lib/protocol/pop3/line_reader.hpp"

#include <utility>

namespace tandem::pop3 {

void LineReader::feed(std::string_view bytes) {
  // Grown to what is needed: doubling would exceed the bound of T-15.
  if (buffer_.size() + bytes.size() > buffer_.capacity()) {
    std::string larger;
    larger.reserve(buffer_.size() + bytes.size());
    larger = buffer_;
    buffer_.swap(larger);
  }
  buffer_ += bytes;
}

LineReader::Outcome LineReader::next(std::string& line, std::size_t limit, bool strict) {
  const std::size_t end = buffer_.find('\n', scanned_);
  if (end == std::string::npos) {
    scanned_ = buffer_.size();
    if (buffer_.size() > limit) {
      dropping_ = true;
      clear();
    }
    return Outcome::more;
  }
  const bool ended_well = end > 0 && buffer_[end - 1] == '\r';
  line.assign(buffer_, 0, ended_well ? end - 1 : end);
  buffer_.erase(0, end + 1);
  scanned_ = 0;
  if (buffer_.empty()) std::string().swap(buffer_);
  if (std::exchange(dropping_, false) || line.size() > limit || (strict && !ended_well)) {
    line.clear();
    return Outcome::too_long;
  }
  return Outcome::line;
}

std::string LineReader::take_rest() {
  scanned_ = 0;
  return std::exchange(buffer_, {});
}

void LineReader::clear() {
  std::string().swap(buffer_);
  scanned_ = 0;
}

}  // namespace tandem::pop3
