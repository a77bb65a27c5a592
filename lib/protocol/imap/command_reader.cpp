#include "lib/protocol/imap/command_reader.hpp"

#include <algorithm>
#include <cstring>

#include "lib/protocol/imap/decoder.hpp"

namespace tandem::imap {
namespace {

constexpr std::size_t longest_announcement = 32;  // `~{18446744073709551615+}` CR

CommandError too_big(std::string_view command) {
  CommandError error;
  const CommandHead head = command_head(command);
  if (!head.tag.empty()) error.tag = head.tag;
  error.code = "TOOBIG";  // RFC 7888 4
  error.text = "Command or literal too long";
  return error;
}

}  // namespace

std::span<char> CommandReader::space(std::size_t bytes) {
  if (start_ > 0) {
    buffer_.erase(0, start_);
    scan_ -= std::min(scan_, start_);
    line_ -= std::min(line_, start_);
    start_ = 0;
  }
  text_ = {};
  const std::size_t used = buffer_.size();
  if (used + bytes > buffer_.capacity()) {
    // Grows by doubling, but never past what the limit can need.
    const std::size_t most = std::max(used + bytes, limits_.command + bytes);
    buffer_.reserve(std::min(std::max(used + bytes, buffer_.capacity() * 2), most));
  }
  buffer_.resize(used + bytes);
  spaced_ = bytes;
  return {buffer_.data() + used, bytes};
}

void CommandReader::filled(std::size_t bytes) {
  buffer_.resize(buffer_.size() - spaced_ + bytes);  // what was not used goes again
  spaced_ = 0;
}

void CommandReader::feed(std::string_view bytes) {
  const std::span<char> room = space(bytes.size());
  std::memcpy(room.data(), bytes.data(), bytes.size());
  filled(bytes.size());
}

std::string_view CommandReader::without_line_end(std::size_t from, std::size_t line_end) const {
  std::string_view text = std::string_view(buffer_).substr(from, line_end - from);
  if (text.ends_with('\r')) text.remove_suffix(1);
  return text;
}

void CommandReader::use(std::size_t end) {
  start_ = scan_ = line_ = end;
}

CommandReader::Step CommandReader::next() {
  if (refused_at_once_) {
    refused_at_once_ = false;
    phase_ = Phase::command;
    return Step::refused;
  }
  switch (phase_) {
    case Phase::command: return next_command();
    case Phase::message:
      if (message_left_ > 0) return Step::message_data;
      phase_ = Phase::after_message;
      return after_message();
    case Phase::after_message: return after_message();
    case Phase::skip: return skip();
  }
  return Step::need_input;
}

CommandReader::Step CommandReader::next_command() {
  while (true) {
    const std::size_t line_end =
        scan_ <= buffer_.size() ? buffer_.find('\n', scan_) : std::string::npos;
    const std::size_t length = (line_end == std::string::npos ? buffer_.size() : line_end) - start_;
    if (length > limits_.command) {
      CommandError error = too_big(std::string_view(buffer_).substr(start_, length));
      use(line_);  // literals before this line are complete
      begin_skip(std::move(error), 0);
      return skip();
    }
    if (line_end == std::string::npos) {
      scan_ = std::max(scan_, buffer_.size());
      return Step::need_input;
    }
    const std::string_view text = without_line_end(start_, line_end);
    if (raw_line_) {
      raw_line_ = false;
      text_ = text;
      use(line_end + 1);
      return Step::line;
    }
    Step step = Step::command;
    if (!announced(text, line_end, step)) {
      text_ = text;
      use(line_end + 1);
      return Step::command;
    }
    if (step != Step::command) return step;
  }
}

// True if the line ended with a literal's announcement; `step` is then what to say about it, or
// `command` to go on reading.
bool CommandReader::announced(std::string_view text, std::size_t line_end, Step& step) {
  const auto spec = literal_suffix(text.substr(std::min(text.size(), line_ - start_)));
  if (!spec) return false;
  if (append_point(text) == AppendPoint::message) {
    text_ = text;
    use(line_end + 1);
    step = Step::append;
    return true;
  }
  const std::size_t so_far = line_end + 1 - start_;
  const bool too_large = spec->size > limits_.command || so_far + spec->size > limits_.command ||
                         (!spec->synchronising && spec->size > limits_.non_synchronising);
  if (too_large) {
    CommandError error = too_big(text);
    use(line_end + 1);
    if (spec->synchronising) {  // the client waits, and sends nothing of it after our answer
      error_ = std::move(error);
      step = Step::refused;
    } else {
      begin_skip(std::move(error), spec->size);
      step = skip();
    }
    return true;
  }
  line_ = scan_ = line_end + 1 + static_cast<std::size_t>(spec->size);
  step = spec->synchronising ? Step::continue_literal : Step::command;
  return true;
}

CommandReader::Step CommandReader::after_message() {
  const std::size_t line_end = buffer_.find('\n', scan_);
  const std::size_t length = (line_end == std::string::npos ? buffer_.size() : line_end) - start_;
  if (length > limits_.command) {
    begin_skip(too_big({}), 0);
    return skip();
  }
  if (line_end == std::string::npos) {
    scan_ = buffer_.size();
    return Step::need_input;
  }
  text_ = without_line_end(start_, line_end);
  use(line_end + 1);
  if (literal_suffix(text_)) return Step::append_more;
  phase_ = Phase::command;
  return Step::append_end;
}

void CommandReader::begin_skip(CommandError error, std::uint64_t drain) {
  error_ = std::move(error);
  drain_ = drain;
  tail_.clear();
  phase_ = Phase::skip;
  raw_line_ = false;
}

CommandReader::Step CommandReader::skip() {
  while (true) {
    const std::size_t there = buffer_.size() - start_;
    const auto drained = static_cast<std::size_t>(std::min<std::uint64_t>(drain_, there));
    drain_ -= drained;
    use(start_ + drained);
    const std::size_t line_end = buffer_.find('\n', start_);
    const bool ended = drain_ == 0 && line_end != std::string::npos;
    const std::string_view piece =
        std::string_view(buffer_).substr(start_, (ended ? line_end : buffer_.size()) - start_);
    tail_.append(piece.substr(piece.size() - std::min(piece.size(), longest_announcement)));
    if (tail_.size() > longest_announcement) tail_.erase(0, tail_.size() - longest_announcement);
    if (!ended) {
      use(buffer_.size());
      return Step::need_input;
    }
    use(line_end + 1);
    if (tail_.ends_with('\r')) tail_.pop_back();
    const auto spec = literal_suffix(tail_);
    tail_.clear();
    if (!spec || spec->synchronising) break;
    drain_ = spec->size;
  }
  phase_ = Phase::command;
  return Step::refused;
}

void CommandReader::accept(std::uint64_t size) {
  message_left_ = size;
  phase_ = Phase::message;
}

void CommandReader::refuse(CommandError error, std::uint64_t announced, bool synchronising) {
  if (synchronising) {
    error_ = std::move(error);
    refused_at_once_ = true;
    phase_ = Phase::command;
  } else {
    begin_skip(std::move(error), announced);
  }
  message_left_ = 0;
}

std::size_t CommandReader::take_message(std::span<char> into) {
  const std::size_t count = static_cast<std::size_t>(
      std::min<std::uint64_t>({message_left_, buffer_.size() - start_, into.size()}));
  std::memcpy(into.data(), buffer_.data() + start_, count);
  message_left_ -= count;
  use(start_ + count);
  return count;
}

std::string CommandReader::take_rest() {
  std::string rest = buffer_.substr(start_);
  buffer_.clear();
  text_ = {};
  use(0);
  return rest;
}

void CommandReader::release_memory() {
  if (has_rest()) return;
  std::string().swap(buffer_);
  text_ = {};
  use(0);
}

}  // namespace tandem::imap
