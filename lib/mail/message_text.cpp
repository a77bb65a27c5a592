#include "lib/mail/message_text.hpp"

#include <algorithm>

namespace tandem::mail {
namespace {

constexpr std::size_t window = 4 * MessageText::longest_piece;

std::string_view line_or_piece(std::string_view text) {
  text = text.substr(0, MessageText::longest_piece);
  const auto lf = text.find('\n');
  return text.substr(0, lf == std::string_view::npos ? lf : lf + 1);
}

}  // namespace

std::string_view MessageText::line(std::size_t at) {
  if (read_ == nullptr) return line_or_piece(whole_.substr(at));
  fill(at);
  return line_or_piece(std::string_view(window_).substr(std::min(at - window_at_, window_.size())));
}

void MessageText::fill(std::size_t at) {
  const std::size_t wanted = std::min(at + longest_piece, size_);
  if (at >= window_at_ && window_at_ + window_.size() >= wanted) return;
  window_.erase(0, at - window_at_);
  window_at_ = at;
  while (window_at_ + window_.size() < wanted && !failed_) {
    const std::size_t from = window_at_ + window_.size();
    auto more = (*read_)(from, std::min(window, size_ - from));
    if (!more)
      failed_ = std::move(more.error());
    else if (more->empty())
      failed_ = Error{.kind = ErrorKind::storage, .what = "a message ends before its size"};
    else
      window_ += *more;
  }
}

}  // namespace tandem::mail
