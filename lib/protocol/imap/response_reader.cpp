#include "lib/protocol/imap/response_reader.hpp"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

#include "lib/protocol/imap/parse_response.hpp"

namespace tandem::imap {

std::span<char> ResponseReader::space(std::size_t bytes) {
  if (start_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + start_, end_ - start_);
    scan_ -= start_;
    line_start_ -= start_;
    end_ -= start_;
    start_ = 0;
  }
  if (buffer_.size() < end_ + bytes) buffer_.resize(std::max(end_ + bytes, end_ * 2));
  return {buffer_.data() + end_, bytes};
}

void ResponseReader::feed(std::string_view bytes) {
  std::memcpy(space(bytes.size()).data(), bytes.data(), bytes.size());
  filled(bytes.size());
}

ResponseReader::Step ResponseReader::fail(std::string what) {
  error_ = Error{.kind = ErrorKind::protocol, .what = std::move(what), .origin = Origin::other};
  return Step::error;
}

ResponseReader::Step ResponseReader::next() {
  if (!error_.what.empty()) return Step::error;
  if (held_done_) {
    held_done_ = false;
    held_.clear();
    streamed_.clear();
  }
  if (in_body_) {
    if (body_left_ > 0) return start_ < end_ ? Step::body_data : Step::need_input;
    in_body_ = false;
    return Step::body_end;
  }
  while (true) {
    const std::string_view there(buffer_.data(), end_);
    const std::size_t line_end = scan_ < end_ ? there.find('\n', scan_) : std::string_view::npos;
    const std::size_t length = (line_end == std::string_view::npos ? end_ : line_end) - start_;
    if (held_.size() + length > limits_.response) return fail("the server's response is too long");
    if (line_end == std::string_view::npos) {
      scan_ = std::max(scan_, end_);
      return Step::need_input;
    }
    std::string_view line = there.substr(line_start_, line_end - line_start_);
    if (line.ends_with('\r')) line.remove_suffix(1);
    const auto spec = literal_suffix(line);
    if (!spec) {
      complete(line_end);
      return Step::response;
    }
    const Step step = announced(*spec, line_end);
    if (step != Step::response) return step;
  }
}

void ResponseReader::complete(std::size_t line_end) {
  std::string_view line(buffer_.data() + start_, line_end - start_);
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (held_.empty()) {
    streamed_.clear();
    text_ = line;
  } else {
    held_.append(line);
    held_done_ = true;
    text_ = held_;
  }
  start_ = scan_ = line_start_ = line_end + 1;
}

// `response`: the literal stays in place, go on reading.
ResponseReader::Step ResponseReader::announced(const LiteralSpec& spec, std::size_t line_end) {
  const std::size_t so_far = held_.size() + line_end + 1 - start_;
  const bool fits = spec.size <= limits_.response && so_far + spec.size <= limits_.response;
  if (spec.size >= limits_.stream_from || !fits) {
    if (begins_body(line_end)) {
      if (spec.size > limits_.body)
        return fail(fmt::format("the server announced a body of {} bytes", spec.size));
      held_.append(buffer_, start_, line_end + 1 - start_);
      start_ = scan_ = line_start_ = line_end + 1;
      in_body_ = true;
      body_left_ = spec.size;
      prefix_ = {};
      (void)parse_fetch_prefix(held_, streamed_, prefix_);
      return Step::body_begin;
    }
    if (!fits) return fail(fmt::format("the server announced a literal of {} bytes", spec.size));
  }
  scan_ = line_start_ = line_end + 1 + static_cast<std::size_t>(spec.size);
  return Step::response;
}

// Whether the literal announced at the end of this line is a message's body; notes its position.
bool ResponseReader::begins_body(std::size_t line_end) {
  const std::string_view segment(buffer_.data() + start_, line_end + 1 - start_);
  const std::string whole = held_.empty() ? std::string() : held_ + std::string(segment);
  const std::string_view text = held_.empty() ? segment : std::string_view(whole);
  if (held_.empty()) streamed_.clear();
  streamed_.push_back(text.size());
  response::Fetch trial;
  if (parse_fetch_prefix(text, streamed_, trial)) return true;
  streamed_.pop_back();
  return false;
}

std::string_view ResponseReader::take_body() {
  const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(body_left_, end_ - start_));
  const std::string_view bytes(buffer_.data() + start_, count);
  body_left_ -= count;
  start_ = scan_ = line_start_ = start_ + count;
  return bytes;
}

std::string ResponseReader::take_rest() {
  std::string rest = buffer_.substr(start_, end_ - start_);
  start_ = scan_ = line_start_ = end_ = 0;
  text_ = {};
  return rest;
}

void ResponseReader::release_memory() {
  if (has_rest() || in_body_ || !held_.empty()) return;
  std::string().swap(buffer_);
  start_ = scan_ = line_start_ = end_ = 0;
  text_ = {};
}

}  // namespace tandem::imap
