#include "lib/net/reader.hpp"

#include <algorithm>

namespace tandem::net {
namespace {

std::unexpected<Error> ended() {
  return fail(
      Error{.kind = ErrorKind::closed, .what = "the peer ended the connection", .temporary = true});
}

}  // namespace

void BufferedReader::consume(std::size_t count) {
  head_ += std::min(count, buffer_.size() - head_);
  if (head_ < buffer_.size()) return;
  std::string().swap(buffer_);  // an idle reader owns nothing
  head_ = 0;
}

std::string BufferedReader::cut(std::size_t count) {
  std::string part(ahead().substr(0, count));
  consume(part.size());
  return part;
}

Task<Result<bool>> BufferedReader::fill() {
  if (buffer_.empty()) {
    if (const auto ready = co_await stream_.wait_readable(); !ready) co_return fail(ready.error());
  }
  buffer_.erase(0, head_);
  head_ = 0;
  const std::size_t before = buffer_.size();
  buffer_.resize(before + piece_);
  const std::span<char> room(buffer_.data() + before, piece_);
  const auto count = co_await stream_.read_some(room);
  buffer_.resize(before + count.value_or(0));
  if (buffer_.empty()) std::string().swap(buffer_);
  if (!count) co_return fail(count.error());
  co_return *count > 0;
}

Task<Result<std::string>> BufferedReader::read_line(std::size_t limit) {
  std::size_t searched = 0;
  for (;;) {
    const std::string_view bytes = ahead();
    const std::size_t found = bytes.find('\n', searched);
    if (found < limit) co_return cut(found + 1);
    if (bytes.size() >= limit) co_return fail(ErrorKind::limit, "a line is too long");
    searched = bytes.size();
    const auto more = co_await fill();
    if (!more) co_return fail(more.error());
    if (!*more) co_return ended();
  }
}

Task<Result<std::string>> BufferedReader::take(std::size_t count) {
  std::string taken = cut(count);
  while (taken.size() < count) {
    const auto more = co_await fill();
    if (!more) co_return fail(more.error());
    if (!*more) co_return ended();
    taken += cut(count - taken.size());
  }
  co_return taken;
}

Task<Result<std::string>> BufferedReader::read_some(std::size_t limit) {
  if (ahead().empty()) {
    const auto more = co_await fill();
    if (!more) co_return fail(more.error());
  }
  co_return cut(limit);
}

Result<void> BufferedReader::check_nothing_ahead() {
  if (ahead().empty()) return {};
  stream_.close();
  return fail(ErrorKind::protocol, "bytes came ahead of the TLS handshake");
}

Task<Result<void>> BufferedReader::start_tls(std::shared_ptr<const TlsServer> settings) {
  if (auto clean = check_nothing_ahead(); !clean) co_return clean;
  co_return co_await stream_.start_tls(std::move(settings));
}

Task<Result<void>> BufferedReader::start_tls(std::shared_ptr<const TlsClient> settings) {
  if (auto clean = check_nothing_ahead(); !clean) co_return clean;
  co_return co_await stream_.start_tls(std::move(settings));
}

}  // namespace tandem::net
