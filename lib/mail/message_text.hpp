// MessageText: the bytes of a message for one pass from front to back, either all there or read
// piece by piece, so that a message of any size is parsed in bounded memory. Internal to the
// parser.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "lib/mail/mime.hpp"

namespace tandem::mail {

class MessageText {
 public:
  static constexpr std::size_t longest_piece = 64 * 1024;

  explicit MessageText(std::string_view whole) : whole_(whole), size_(whole.size()) {}
  MessageText(const ReadAt& read, std::size_t size) : read_(&read), size_(size) {}

  [[nodiscard]] std::size_t size() const { return failed_ ? 0 : size_; }
  // The line at `at`, which grows from call to call, with its LF; of a longer one a piece. Valid
  // until the next call.
  [[nodiscard]] std::string_view line(std::size_t at);
  // The first error of the reading; the text then seems to end.
  [[nodiscard]] const std::optional<Error>& failed() const { return failed_; }

 private:
  // At least one piece from `at` on, or what is left.
  void fill(std::size_t at);

  std::string_view whole_;
  const ReadAt* read_ = nullptr;
  std::size_t size_;
  std::string window_;
  std::size_t window_at_ = 0;
  std::optional<Error> failed_;
};

}  // namespace tandem::mail
