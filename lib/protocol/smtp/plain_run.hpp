// How many bytes at the beginning of `in` are neither CR, LF nor NUL: what message content mostly
// consists of, and may be copied at once. It looks at no more than a few lines' worth, so that
// bytes chosen by a hostile peer are not looked at again and again.
#pragma once

#include <cstddef>
#include <string_view>

namespace tandem::smtp {

[[nodiscard]] inline std::size_t plain_run(std::string_view in) {
  constexpr std::size_t looked_at = 256;
  in = in.substr(0, looked_at);
  for (const char special : {'\n', '\r', '\0'}) in = in.substr(0, in.find(special));
  return in.size();
}

}  // namespace tandem::smtp
