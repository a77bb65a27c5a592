#include "lib/mail/encoded_word.hpp"

#include <algorithm>
#include <optional>

#include "lib/base/text.hpp"
#include "lib/mail/charset.hpp"
#include "lib/mail/header.hpp"
#include "lib/mail/transfer.hpp"

namespace tandem::mail {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::size_t max_charset_name = 60;
constexpr std::string_view word_begin = "=?UTF-8?B?";
constexpr std::size_t max_word = 75;

struct Word {
  std::string_view charset;
  char encoding = 'Q';
  std::string_view text;
  std::size_t length = 0;  // of the whole word
};

// The encoded word at the start of `text`, which begins with "=?".
std::optional<Word> word_at(std::string_view text) {
  const auto charset_end = text.substr(0, max_charset_name + 2).find('?', 2);
  if (charset_end == npos || charset_end == 2 || charset_end + 2 >= text.size())
    return std::nullopt;
  if (text[charset_end + 2] != '?') return std::nullopt;
  const char encoding = static_cast<char>(text[charset_end + 1] & ~0x20);
  if (encoding != 'B' && encoding != 'Q') return std::nullopt;
  const auto begin = charset_end + 3;
  const auto end = text.find('?', begin);
  if (end == npos || end + 1 >= text.size() || text[end + 1] != '=') return std::nullopt;
  auto charset = text.substr(2, charset_end - 2);
  charset = charset.substr(0, charset.find('*'));  // RFC 2231 5: a language behind a star
  return Word{charset, encoding, text.substr(begin, end - begin), end + 2};
}

std::string decode_q(std::string_view text) {
  std::string spaced(text);
  std::ranges::replace(spaced, '_', ' ');
  return decode_quoted_printable(spaced);
}

// Adjacent words of one charset and encoding: joined before they are decoded.
class Run {
 public:
  [[nodiscard]] bool open() const { return open_; }

  void add(const Word& word, std::string& out) {
    if (open_ && !iequals(charset_, word.charset)) flush(out);
    if (open_ && encoding_ != word.encoding) decode_pending();
    open_ = true;
    charset_ = word.charset;
    encoding_ = word.encoding;
    pending_ += word.text;
  }

  void flush(std::string& out) {
    if (!open_) return;
    decode_pending();
    out += to_utf8(bytes_, charset_);
    bytes_.clear();
    open_ = false;
  }

 private:
  void decode_pending() {
    bytes_ += encoding_ == 'B' ? decode_base64_loose(pending_) : decode_q(pending_);
    pending_.clear();
  }

  bool open_ = false;
  std::string_view charset_;
  char encoding_ = 'Q';
  std::string pending_;
  std::string bytes_;
};

bool is_white(std::string_view text) {
  return trim(text).empty();
}

std::string one_line(std::string text) {
  for (char& c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = ' ';
  return text;
}

bool is_plain(std::string_view text) {
  return text.find("=?") == npos && std::ranges::all_of(text, [](char c) {
           return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7F;
         });
}

// The length of the longest piece of whole characters with at most `room` bytes; at least one.
std::size_t whole_characters(std::string_view utf8, std::size_t room) {
  const auto is_tail = [&](std::size_t i) {
    return i < utf8.size() && (static_cast<unsigned char>(utf8[i]) & 0xC0) == 0x80;
  };
  std::size_t end = std::min(room, utf8.size());
  while (end > 0 && is_tail(end)) --end;
  if (end > 0) return end;
  end = 1;
  while (is_tail(end)) ++end;
  return end;
}

}  // namespace

std::string decode_header_text(std::string_view raw) {
  const std::string value = unfold(raw);
  std::string_view rest = value;
  std::string out;
  Run run;
  while (!rest.empty()) {
    auto start = rest.find("=?");
    std::optional<Word> word;
    while (start != npos && !(word = word_at(rest.substr(start))))
      start = rest.find("=?", start + 1);
    const auto between = rest.substr(0, start);
    // RFC 2047 6.2: blanks between two encoded words are not shown.
    if (!between.empty() && !(run.open() && word && is_white(between))) {
      run.flush(out);
      out += guess_to_utf8(between);
    }
    if (!word) break;
    run.add(*word, out);
    rest.remove_prefix(start + word->length);
  }
  run.flush(out);
  return one_line(std::move(out));
}

std::string encode_header_text(std::string_view utf8, std::size_t column) {
  if (is_plain(utf8)) return std::string(utf8);
  const std::string text = is_utf8(utf8) ? std::string(utf8) : guess_to_utf8(utf8);
  std::string_view rest = text;
  std::string out;
  while (!rest.empty()) {
    // RFC 2047 2: 75 characters a word, 76 a line that holds one.
    const std::size_t line = std::min(max_word, column < 40 ? max_word + 1 - column : 36);
    const std::size_t room = (line - word_begin.size() - 2) / 4 * 3;
    const auto piece = rest.substr(0, whole_characters(rest, room));
    if (!out.empty()) out += "\r\n ";
    out += word_begin;
    out += base64_encode(piece);
    out += "?=";
    rest.remove_prefix(piece.size());
    column = 1;
  }
  return out;
}

}  // namespace tandem::mail
