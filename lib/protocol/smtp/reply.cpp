#include "lib/protocol/smtp/reply.hpp"

#include <algorithm>
#include <utility>

namespace tandem::smtp {
namespace {

constexpr std::size_t max_lines = 64;
constexpr std::size_t max_written_line = 480;  // RFC 5321 4.5.3.1.5: 512 with code and line end
constexpr std::size_t max_read_line = 2048;
constexpr std::size_t max_read_total = 32 * 1024;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The length of an enhanced code that opens `text` and fits the class of `code`; 0: none.
std::size_t enhanced_length(std::string_view text, int code) {
  std::size_t at = 0;
  for (int part = 0; part < 3; ++part) {
    const std::size_t start = at;
    while (at < text.size() && at - start < 3 && is_digit(text[at])) ++at;
    if (at == start) return 0;
    if (part == 0 && (at != 1 || text[0] - '0' != code / 100)) return 0;
    if (part < 2 && (at >= text.size() || text[at++] != '.')) return 0;
  }
  return at == text.size() || text[at] == ' ' ? at : 0;
}

// RFC 2034 4: the code stands on every line; it is kept once.
void lift_enhanced(Reply& reply) {
  const std::size_t length = enhanced_length(reply.lines.front(), reply.code);
  if (length == 0) return;
  reply.enhanced = reply.lines.front().substr(0, length);
  for (std::string& line : reply.lines) {
    if (!line.starts_with(reply.enhanced)) continue;
    if (line.size() != length && line[length] != ' ') continue;
    line.erase(0, std::min(length + 1, line.size()));
  }
}

void append_clean(std::string& out, std::string_view line) {
  for (const char c : line.substr(0, max_written_line)) {
    out += static_cast<unsigned char>(c) < 0x20 || c == 0x7f ? ' ' : c;
  }
}

}  // namespace

std::string Reply::text() const {
  std::string out;
  for (const std::string& line : lines) {
    if (!out.empty()) out += ' ';
    out += line;
  }
  return out;
}

std::string Reply::to_string() const {
  std::string out = std::to_string(code);
  if (!enhanced.empty()) out += " " + enhanced;
  const std::string words = text();
  return words.empty() ? out : out + " " + words;
}

Reply make_reply(int code, std::string_view enhanced, std::string_view text) {
  return {code, std::string(enhanced), {std::string(text)}};
}

std::string to_wire(const Reply& reply) {
  const std::string code = std::to_string(std::clamp(reply.code, 200, 599));
  const std::size_t count = std::clamp<std::size_t>(reply.lines.size(), 1, max_lines);
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += code;
    out += i + 1 < count ? '-' : ' ';
    if (!reply.enhanced.empty()) {
      append_clean(out, std::string_view(reply.enhanced).substr(0, 11));
      out += ' ';
    }
    if (!reply.lines.empty()) append_clean(out, reply.lines[i]);
    out += "\r\n";
  }
  return out;
}

std::size_t ReplyParser::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size() && state_ == State::more) {
    const char c = bytes[taken++];
    if (c == '\n') {
      end_of_line();
      continue;
    }
    line_ += c;
    if (line_.size() > max_read_line || ++total_ > max_read_total) state_ = State::too_long;
  }
  return taken;
}

void ReplyParser::end_of_line() {
  if (line_.ends_with('\r')) line_.pop_back();
  const bool digits = line_.size() >= 3 && line_[0] >= '2' && line_[0] <= '5' &&
                      is_digit(line_[1]) && is_digit(line_[2]);
  const bool separator =
      line_.size() == 3 || (line_.size() > 3 && (line_[3] == ' ' || line_[3] == '-'));
  const int code = digits ? (line_[0] - '0') * 100 + (line_[1] - '0') * 10 + line_[2] - '0' : 0;
  if (!digits || !separator || (reply_.code != 0 && reply_.code != code)) {
    state_ = State::malformed;
    return;
  }
  const bool last = line_.size() == 3 || line_[3] == ' ';
  reply_.code = code;
  reply_.lines.push_back(line_.size() > 4 ? line_.substr(4) : std::string());
  line_.clear();
  if (last) {
    state_ = State::complete;
  } else if (reply_.lines.size() >= max_lines) {
    state_ = State::too_long;
  }
}

Reply ReplyParser::take() {
  Reply out = std::exchange(reply_, Reply{});
  lift_enhanced(out);
  state_ = State::more;
  line_.clear();
  total_ = 0;
  return out;
}

}  // namespace tandem::smtp
