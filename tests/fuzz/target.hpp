// What every fuzz target is made of. A target is one file with LLVMFuzzerTestOneInput; libFuzzer
// calls it in the fuzz build, replay.cpp with the seeds and their mutations in every other build.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace tandem::fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// What must hold for every input; a violation ends the process, as a sanitizer's finding does.
inline void require(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "violated: %s\n", what);
  std::abort();
}

// The input in pieces whose sizes (1 to `most`) follow from the input itself.
template <typename Feed>
void in_pieces(std::string_view input, std::size_t most, Feed feed) {
  std::uint64_t state = 0x9e3779b97f4a7c15 ^ input.size();
  for (const char c : input.substr(0, 16)) state = state * 31 + static_cast<unsigned char>(c);
  while (!input.empty()) {
    state = state * 6364136223846793005 + 1442695040888963407;
    const std::size_t size = std::min<std::size_t>(input.size(), 1 + (state >> 33) % most);
    feed(input.substr(0, size));
    input.remove_prefix(size);
  }
}

// CR and LF only as CRLF, no NUL: what may be handed to anybody as message bytes.
inline bool is_clean(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] == '\0') return false;
    if (bytes[i] == '\r' && (i + 1 == bytes.size() || bytes[i + 1] != '\n')) return false;
    if (bytes[i] == '\n' && (i == 0 || bytes[i - 1] != '\r')) return false;
  }
  return true;
}

}  // namespace tandem::fuzz
