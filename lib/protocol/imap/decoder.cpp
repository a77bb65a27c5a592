#include "lib/protocol/imap/decoder.hpp"

#include <algorithm>
#include <array>

#include "lib/base/text.hpp"

namespace tandem::imap {
namespace {

// What a byte may be part of. Bytes from 0x80 are let through in astrings: clients send raw UTF-8.
enum : std::uint8_t { atom_byte = 1, astring_byte = 2, list_byte = 4, tag_byte = 8 };

constexpr std::array<std::uint8_t, 256> kinds = [] {
  std::array<std::uint8_t, 256> table{};
  for (unsigned byte = 0x21; byte < 256; ++byte) {
    if (byte == 0x7f) continue;
    const std::string_view specials = "(){%*\"\\]";
    const bool special = specials.find(static_cast<char>(byte)) != std::string_view::npos;
    const bool wild = byte == '%' || byte == '*';
    const bool bracket = byte == ']';
    std::uint8_t kind = 0;
    if (!special) kind |= atom_byte;
    if (!special || bracket) kind |= astring_byte;
    if (!special || bracket || wild) kind |= list_byte;
    if ((!special || bracket) && byte != '+' && byte < 0x80) kind |= tag_byte;
    table[byte] = kind;
  }
  return table;
}();

bool is(char byte, std::uint8_t kind) {
  return (kinds[static_cast<std::uint8_t>(byte)] & kind) != 0;
}

bool digit(char byte) {
  return byte >= '0' && byte <= '9';
}

}  // namespace

std::optional<LiteralSpec> literal_suffix(std::string_view line) {
  if (line.size() < 3 || line.back() != '}') return std::nullopt;
  LiteralSpec spec;
  std::size_t end = line.size() - 1;
  if (line[end - 1] == '+') {
    spec.synchronising = false;
    --end;
  }
  std::size_t begin = end;
  while (begin > 0 && digit(line[begin - 1])) --begin;
  if (begin == end || begin == 0 || line[begin - 1] != '{') return std::nullopt;
  const std::string_view digits = line.substr(begin, end - begin);
  spec.size = parse_number(digits).value_or(UINT64_MAX);
  spec.brace = begin - 1;
  if (spec.brace > 0 && line[spec.brace - 1] == '~') {
    spec.binary = true;
    --spec.brace;
  }
  return spec;
}

Decoder::Decoder(std::string_view input, std::span<const std::size_t> streamed)
    : input_(input), streamed_(streamed) {}

bool Decoder::fail(std::string_view reason) {
  if (failure_.empty()) failure_ = reason;
  return false;
}

bool Decoder::try_byte(char byte) {
  if (at_end() || input_[position_] != byte) return false;
  ++position_;
  return true;
}

bool Decoder::try_spaces() {
  const std::size_t start = position_;
  while (!at_end() && input_[position_] == ' ') ++position_;
  return position_ > start;
}

bool Decoder::try_word(std::string_view word) {
  if (!istarts_with(rest(), word)) return false;
  const std::size_t after = position_ + word.size();
  if (after < input_.size() && is(input_[after], atom_byte)) return false;
  position_ = after;
  return true;
}

bool Decoder::take(std::uint8_t kind, std::string_view& out) {
  const std::size_t start = position_;
  while (!at_end() && is(input_[position_], kind)) ++position_;
  out = since(start);
  return !out.empty();
}

bool Decoder::try_atom(std::string_view& out) {
  return take(atom_byte, out);
}
bool Decoder::try_list_atom(std::string_view& out) {
  return take(list_byte, out);
}
bool Decoder::try_tag(std::string_view& out) {
  return take(tag_byte, out);
}

bool Decoder::try_flag(std::string_view& out) {
  const std::size_t start = position_;
  std::string_view name;
  if (try_byte('\\')) {
    if (try_byte('*') || take(atom_byte, name)) {
      out = since(start);
      return true;
    }
    position_ = start;
    return false;
  }
  return take(astring_byte, out);  // keywords with `]` are seen
}

bool Decoder::try_number64(std::uint64_t& out) {
  std::size_t end = position_;
  while (end < input_.size() && digit(input_[end])) ++end;
  const auto value = parse_number(input_.substr(position_, end - position_));
  if (!value) return false;
  out = *value;
  position_ = end;
  return true;
}

bool Decoder::try_number(std::uint32_t& out) {
  const std::size_t start = position_;
  std::uint64_t value = 0;
  if (!try_number64(value)) return false;
  if (value > UINT32_MAX) {
    position_ = start;
    return false;
  }
  out = static_cast<std::uint32_t>(value);
  return true;
}

bool Decoder::try_quoted(StringValue& out) {
  if (peek() != '"' || at_end()) return false;
  const std::size_t start = position_ + 1;
  const std::size_t stop = input_.find_first_of(std::string_view("\"\\\r\n\0", 5), start);
  if (stop == std::string_view::npos) return fail("unterminated quoted string");
  out = StringValue{};
  if (input_[stop] == '"') {
    out.bytes = input_.substr(start, stop - start);
    out.size = out.bytes.size();
    position_ = stop + 1;
    return true;
  }
  std::string& copy = arena_.emplace_front();
  for (std::size_t at = start; at < input_.size(); ++at) {
    char byte = input_[at];
    if (byte == '"') {
      out.bytes = copy;
      out.size = copy.size();
      position_ = at + 1;
      return true;
    }
    if (byte == '\\') {
      if (++at == input_.size()) break;
      byte = input_[at];
    }
    if (byte == '\r' || byte == '\n' || byte == '\0') break;
    copy.push_back(byte);
  }
  return fail("unterminated quoted string");
}

bool Decoder::try_literal(StringValue& out) {
  if (peek() != '{' && !rest().starts_with("~{")) return false;
  const std::size_t line_end = input_.find('\n', position_);
  if (line_end == std::string_view::npos) return fail("malformed literal");
  std::string_view head = input_.substr(position_, line_end - position_);
  if (head.ends_with('\r')) head.remove_suffix(1);
  const auto spec = literal_suffix(head);
  if (!spec || spec->brace != 0) return fail("malformed literal");
  const std::size_t data = line_end + 1;
  out = StringValue{};
  out.size = spec->size;
  out.literal = true;
  out.binary = spec->binary;
  if (std::ranges::find(streamed_, data) != streamed_.end()) {
    out.streamed = true;
    position_ = data;
    return true;
  }
  if (spec->size > input_.size() - data) return fail("literal longer than the input");
  out.bytes = input_.substr(data, static_cast<std::size_t>(spec->size));
  position_ = data + out.bytes.size();
  return true;
}

bool Decoder::try_string(StringValue& out) {
  return try_quoted(out) || (!failed() && try_literal(out));
}

bool Decoder::try_nstring(StringValue& out) {
  if (try_word("NIL")) {
    out = StringValue{};
    out.nil = true;
    return true;
  }
  return try_string(out);
}

bool Decoder::try_astring(std::string_view& out) {
  if (take(astring_byte, out)) return true;
  StringValue value;
  if (!try_string(value)) return false;
  if (value.streamed) return fail("literal not expected here");
  if (value.bytes.find('\0') != std::string_view::npos) return fail("NUL in a string");
  out = value.bytes;
  return true;
}

bool Decoder::expect_byte(char byte, std::string_view reason) {
  return try_byte(byte) || fail(reason);
}
bool Decoder::expect_space() {
  return try_byte(' ') || fail("space expected");
}
bool Decoder::expect_end() {
  return at_end() || fail("unexpected text at the end");
}
bool Decoder::expect_atom(std::string_view& out, std::string_view reason) {
  return try_atom(out) || fail(reason);
}
bool Decoder::expect_number(std::uint32_t& out, std::string_view reason) {
  return try_number(out) || fail(reason);
}
bool Decoder::expect_number64(std::uint64_t& out, std::string_view reason) {
  return try_number64(out) || fail(reason);
}
bool Decoder::expect_string(StringValue& out, std::string_view reason) {
  return try_string(out) || fail(reason);
}
bool Decoder::expect_astring(std::string_view& out, std::string_view reason) {
  return try_astring(out) || fail(reason);
}

bool Decoder::expect_flag_list(std::vector<std::string_view>& out) {
  if (!expect_byte('(', "flag list expected")) return false;
  try_spaces();
  while (!try_byte(')')) {
    std::string_view flag;
    if (!try_flag(flag)) return fail("flag expected");
    out.push_back(flag);
    if (!try_spaces() && peek() != ')') return fail("flag list not closed");
  }
  return true;
}

bool Decoder::skip_value(std::string_view& out) {
  const std::size_t start = position_;
  std::size_t depth = 0;
  do {
    try_spaces();
    std::string_view word;
    StringValue string;
    if (try_byte('(')) {
      if (++depth > max_depth) return fail("nested too deeply");
    } else if (try_byte(')')) {
      if (depth-- == 0) return fail("value expected");
    } else if (try_string(string)) {
      if (string.streamed) return fail("literal not expected here");
    } else if (failed() || !(take(list_byte, word) || try_flag(word))) {
      return fail("value expected");
    }
  } while (depth > 0);
  out = since(start);
  return true;
}

bool is_atom(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char byte) {
    return is(byte, atom_byte) && static_cast<unsigned char>(byte) < 0x80;
  });
}

std::string canonical_flag(std::string_view flag) {
  if (!flag.starts_with('\\')) return std::string(flag);
  for (const std::string_view known :
       {"\\Seen", "\\Answered", "\\Flagged", "\\Deleted", "\\Draft", "\\Recent"})
    if (iequals(known, flag)) return std::string(known);
  return std::string(flag);
}

}  // namespace tandem::imap
