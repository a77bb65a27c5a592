#include "lib/protocol/smtp/xtext.hpp"

#include "lib/base/text.hpp"

namespace tandem::smtp {

std::optional<std::string> decode_xtext(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] < 0x21 || text[i] > 0x7e || text[i] == '=') return std::nullopt;
    if (text[i] != '+') {
      decoded += text[i];
      continue;
    }
    const auto byte = hex_decode(text.substr(i + 1, 2));
    if (!byte || byte->size() != 1) return std::nullopt;
    decoded += *byte;
    i += 2;
  }
  return decoded;
}

}  // namespace tandem::smtp
