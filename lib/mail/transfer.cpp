#include "lib/mail/transfer.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "lib/base/text.hpp"

namespace tandem::mail {
namespace {

int base64_value(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (c >= '0' && c <= '9') return c - '0' + 52;
  if (c == '+') return 62;
  if (c == '/') return 63;
  return -1;
}

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// The byte that =XX at `at` stands for.
std::optional<char> hex_pair(std::string_view text, std::size_t at) {
  if (at + 2 >= text.size()) return std::nullopt;
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

// A soft line break at `at`: '=', blanks, a line end (or the end of the text). Its length, or 0.
std::size_t soft_break(std::string_view text, std::size_t at) {
  std::size_t end = at + 1;
  while (end < text.size() && (text[end] == ' ' || text[end] == '\t')) ++end;
  if (end == text.size()) return end - at;
  if (text[end] == '\r') ++end;
  if (end < text.size() && text[end] == '\n') return end + 1 - at;
  return 0;
}

}  // namespace

std::string decode_base64_loose(std::string_view text, std::size_t limit) {
  std::string out;
  out.reserve(std::min(limit, text.size() / 4 * 3 + 3));
  std::uint32_t group = 0;
  unsigned bits = 0;
  for (const char c : text) {
    if (out.size() >= limit) break;
    if (c == '=') {
      bits = 0;
      group = 0;
      continue;
    }
    const int value = base64_value(c);
    if (value < 0) continue;
    group = (group << 6 | static_cast<std::uint32_t>(value)) & 0xFFFFFF;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    out += static_cast<char>(group >> bits & 0xFF);
  }
  return out;
}

std::string decode_quoted_printable(std::string_view text, std::size_t limit) {
  std::string out;
  out.reserve(std::min(limit, text.size()));
  for (std::size_t i = 0; i < text.size() && out.size() < limit; ++i) {
    if (text[i] != '=') {
      out += text[i];
    } else if (const auto byte = hex_pair(text, i)) {
      out += *byte;
      i += 2;
    } else if (const auto length = soft_break(text, i)) {
      i += length - 1;
    } else {
      out += '=';
    }
  }
  return out;
}

std::string decode_transfer(std::string_view body, std::string_view encoding, std::size_t limit) {
  if (iequals(encoding, "base64")) return decode_base64_loose(body, limit);
  if (iequals(encoding, "quoted-printable")) return decode_quoted_printable(body, limit);
  return std::string(body.substr(0, limit));
}

std::string encode_quoted_printable(std::string_view text) {
  constexpr std::size_t max_line = 75;  // and the '=' of a soft line end
  std::string out;
  std::size_t column = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text.substr(at).starts_with("\r\n")) {
      out += "\r\n";
      column = 0;
      ++at;
      continue;
    }
    const auto byte = static_cast<unsigned char>(text[at]);
    const bool blank = byte == ' ' || byte == '\t';
    const bool ends_line = at + 1 == text.size() || text.substr(at + 1).starts_with("\r\n");
    const bool plain = (byte > 0x20 && byte < 0x7F && byte != '=') || (blank && !ends_line);
    const auto piece =
        plain ? std::string(1, text[at]) : "=" + upper(hex_encode(text.substr(at, 1)));
    if (column + piece.size() > max_line) {
      out += "=\r\n";
      column = 0;
    }
    out += piece;
    column += piece.size();
  }
  return out;
}

}  // namespace tandem::mail
