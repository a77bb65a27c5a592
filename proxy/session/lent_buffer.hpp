// LentBuffer: 64 KiB from a small stock per thread, for as long as bytes are under way. A session
// that waits owns none.
#pragma once

#include <memory>
#include <span>

namespace tandem::session {

class LentBuffer {
 public:
  static constexpr std::size_t size = 64 * 1024;

  LentBuffer();
  ~LentBuffer();
  LentBuffer(const LentBuffer&) = delete;
  LentBuffer& operator=(const LentBuffer&) = delete;

  [[nodiscard]] std::span<char> room() { return {bytes_.get(), size}; }

 private:
  std::unique_ptr<char[]> bytes_;
};

}  // namespace tandem::session
