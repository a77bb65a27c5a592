#include "lib/protocol/imap/mailbox_name.hpp"

#include <algorithm>
#include <cstdint>
#include <vector>

#include "lib/base/text.hpp"

namespace tandem::imap {
namespace {

constexpr std::string_view alphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

bool printable_ascii(std::uint32_t code) {
  return code >= 0x20 && code <= 0x7e;
}

void append_utf8(std::string& out, std::uint32_t code) {
  const auto byte = [&out](std::uint32_t value) { out.push_back(static_cast<char>(value)); };
  if (code < 0x80) return byte(code);
  if (code < 0x800) {
    byte(0xc0 | code >> 6);
    return byte(0x80 | (code & 0x3f));
  }
  if (code < 0x10000) {
    byte(0xe0 | code >> 12);
  } else {
    byte(0xf0 | code >> 18);
    byte(0x80 | (code >> 12 & 0x3f));
  }
  byte(0x80 | (code >> 6 & 0x3f));
  byte(0x80 | (code & 0x3f));
}

// The UTF-16 units of one base64 run; false for bad bytes, lengths or padding bits.
bool decode_run(std::string_view run, std::vector<std::uint16_t>& units) {
  std::uint32_t bits = 0;
  unsigned count = 0;
  for (const char byte : run) {
    const std::size_t value = alphabet.find(byte);
    if (value == std::string_view::npos) return false;
    bits = bits << 6 | static_cast<std::uint32_t>(value);
    count += 6;
    if (count >= 16) {
      count -= 16;
      units.push_back(static_cast<std::uint16_t>(bits >> count));
      bits &= (1U << count) - 1;
    }
  }
  return count < 6 && bits == 0;
}

bool append_units(std::string& out, const std::vector<std::uint16_t>& units) {
  for (std::size_t at = 0; at < units.size(); ++at) {
    std::uint32_t code = units[at];
    if (code >= 0xd800 && code < 0xdc00) {
      if (at + 1 == units.size() || units[at + 1] < 0xdc00 || units[at + 1] > 0xdfff) return false;
      code = 0x10000 + ((code - 0xd800) << 10) + (units[++at] - 0xdc00U);
    } else if (code >= 0xdc00 && code < 0xe000) {
      return false;
    }
    if (code < 0x20 || code == 0x7f || printable_ascii(code)) return false;
    append_utf8(out, code);
  }
  return true;
}

// The code point at `at`, which moves on; U+FFFD for a byte that begins none.
std::uint32_t next_code(std::string_view text, std::size_t& at) {
  const auto lead = static_cast<std::uint8_t>(text[at]);
  const std::size_t length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  const std::string_view piece = text.substr(at, length);
  if (!is_utf8(piece)) {
    ++at;
    return 0xfffd;
  }
  at += piece.size();
  if (length == 1) return lead;
  std::uint32_t code = lead & (0x7fU >> length);
  for (const char byte : piece.substr(1))
    code = code << 6 | (static_cast<std::uint8_t>(byte) & 0x3f);
  return code;
}

void append_run(std::string& out, const std::vector<std::uint16_t>& units) {
  std::uint32_t bits = 0;
  unsigned count = 0;
  out.push_back('&');
  for (const std::uint16_t unit : units) {
    bits = bits << 16 | unit;
    count += 16;
    while (count >= 6) {
      count -= 6;
      out.push_back(alphabet[bits >> count & 0x3f]);
    }
    bits &= (1U << count) - 1;
  }
  if (count > 0) out.push_back(alphabet[bits << (6 - count) & 0x3f]);
  out.push_back('-');
}

}  // namespace

std::optional<std::string> decode_modified_utf7(std::string_view wire) {
  std::string name;
  bool after_run = false;
  for (std::size_t at = 0; at < wire.size();) {
    const char byte = wire[at];
    if (byte != '&') {
      if (!printable_ascii(static_cast<std::uint8_t>(byte))) return std::nullopt;
      name.push_back(byte);
      after_run = false;
      ++at;
      continue;
    }
    const std::size_t end = wire.find('-', at);
    if (end == std::string_view::npos) return std::nullopt;
    const std::string_view run = wire.substr(at + 1, end - at - 1);
    at = end + 1;
    if (run.empty()) {
      name.push_back('&');
      after_run = false;
      continue;
    }
    std::vector<std::uint16_t> units;
    // RFC 3501 5.1.3: no two runs side by side, which one run could have held.
    if (after_run || !decode_run(run, units) || !append_units(name, units)) return std::nullopt;
    after_run = true;
  }
  return name;
}

std::string encode_modified_utf7(std::string_view name) {
  std::string wire;
  std::vector<std::uint16_t> units;
  const auto close = [&] {
    if (!units.empty()) append_run(wire, units);
    units.clear();
  };
  for (std::size_t at = 0; at < name.size();) {
    std::uint32_t code = next_code(name, at);
    if (printable_ascii(code)) {
      close();
      wire += code == '&' ? "&-" : std::string(1, static_cast<char>(code));
    } else if (code >= 0x10000) {
      code -= 0x10000;
      units.push_back(static_cast<std::uint16_t>(0xd800 + (code >> 10)));
      units.push_back(static_cast<std::uint16_t>(0xdc00 + (code & 0x3ff)));
    } else {
      units.push_back(static_cast<std::uint16_t>(code));
    }
  }
  close();
  return wire;
}

std::optional<std::string> mailbox_from_wire(std::string_view wire, bool utf8) {
  if (iequals(wire, "INBOX")) return "INBOX";
  const auto control = [](char byte) {
    return static_cast<std::uint8_t>(byte) < 0x20 || byte == 0x7f;
  };
  if (std::ranges::any_of(wire, control)) return std::nullopt;
  const bool eight_bit = std::ranges::any_of(wire, [](char byte) { return byte < 0; });
  if (utf8 || (eight_bit && wire.find('&') == std::string_view::npos)) {
    if (!is_utf8(wire)) return std::nullopt;
    return std::string(wire);
  }
  return decode_modified_utf7(wire);
}

std::string mailbox_to_wire(std::string_view name, bool utf8) {
  return utf8 ? std::string(name) : encode_modified_utf7(name);
}

}  // namespace tandem::imap
