// A password or token in memory: it can be moved but not copied by accident, is overwritten when it
// goes, and cannot be formatted: whoever wants the bytes says reveal(). Value type, no locks.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/text.hpp"

namespace tandem {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string bytes) { take(bytes); }
  ~Secret() { wipe(bytes_); }
  Secret(Secret&& other) noexcept { take(other.bytes_); }
  Secret& operator=(Secret&& other) noexcept {
    if (this == &other) return *this;
    wipe(bytes_);
    take(other.bytes_);
    return *this;
  }
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;

  // A second copy, asked for by name.
  [[nodiscard]] Secret clone() const { return Secret(std::string(bytes_)); }
  // Valid while this object lives and is not assigned to.
  [[nodiscard]] std::string_view reveal() const { return bytes_; }
  [[nodiscard]] bool empty() const { return bytes_.empty(); }
  // Equal, in a time that depends on the lengths only.
  bool operator==(const Secret& other) const { return constant_time_equal(bytes_, other.bytes_); }

 private:
  // A copy and a wipe: moving a short std::string would leave its bytes behind in the source.
  void take(std::string& source) {
    bytes_ = source;
    wipe(source);
  }
  std::string bytes_;
};

}  // namespace tandem
