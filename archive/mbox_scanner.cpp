#include "archive/mbox_scanner.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/text.hpp"
#include "lib/mail/header.hpp"

namespace tandem::archive {
namespace {

constexpr std::size_t most_text = 512;  // of a line: a From line is shorter
constexpr std::size_t most_header = 256 * 1024;
constexpr std::size_t most_inside = 10'000;

bool is_empty(std::string_view line) {
  return line.empty() || line == "\r";
}

}  // namespace

void MboxScanner::feed(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, end);
    if (text_.size() < most_text) text_ += part.substr(0, most_text - text_.size());
    if (in_header_ && header_.size() < most_header)
      header_ += bytes.substr(0, std::min(end, bytes.size() - 1) + 1);
    at_ += part.size();
    bytes.remove_prefix(part.size());
    if (end == std::string_view::npos) return;
    ++at_;
    bytes.remove_prefix(1);
    line_ended(true);
  }
}

void MboxScanner::line_ended(bool with_end) {
  const bool empty = is_empty(text_);
  if (after_empty_ && with_end && is_from_line(text_)) {
    found_from_line();
  } else if (!open_) {
    // The beginning of the file, without a From line; empty lines there are nothing.
    if (!empty) begin_message(line_, line_, "");
    if (!empty) header_ = text_ + '\n';
  } else if (in_header_ && empty) {
    header_ended();
  }
  if (empty) separator_ = line_;
  after_empty_ = empty;
  line_ = at_;
  text_.clear();
}

void MboxScanner::begin_message(std::uint64_t from, std::uint64_t behind, std::string_view line) {
  MboxMessage& message = messages_.emplace_back();
  message.from = from;
  message.begin = behind;
  message.date = date_of_from_line(line);
  open_ = true;
  in_header_ = true;
  header_.clear();
  hint_ = 0;
}

// What the header says of flags and of the message's length. Known limit: our own block is found
// in the first 256 KiB only, as everything here.
void MboxScanner::header_ended() {
  MboxMessage& message = messages_.back();
  in_header_ = false;
  message.flags = mbox_flags(header_);
  message.mark = read_mbox_mark(header_);
  if (message.mark) {
    message.incomplete = !message.mark->stored;
    hint_ = message.begin + message.mark->size + message.mark->stored.value_or(0);
  } else {
    const auto length = parse_number(mail::HeaderView(header_).text("Content-Length"));
    if (length) hint_ = at_ + *length;
  }
}

bool MboxScanner::is_hint_right(std::uint64_t at) const {
  constexpr std::uint64_t most_between = 4;  // the last line's end and an empty line, with CRs
  return hint_ != 0 && at >= hint_ && at - hint_ <= most_between;
}

void MboxScanner::found_from_line() {
  if (open_ && in_header_) header_ended();
  const bool claimed = open_ && line_ < hint_;
  if (claimed && inside_.size() < most_inside) {
    inside_.push_back({line_, at_, separator_, text_});
    return;
  }
  if (open_ && !is_hint_right(line_)) promote();
  if (open_) end_message(is_hint_right(line_) ? hint_ : separator_);
  begin_message(line_, at_, text_);
}

// The message is not as long as it says: the From lines in it count after all.
void MboxScanner::promote() {
  hint_ = 0;
  for (Start& start : std::exchange(inside_, {})) {
    end_message(start.separator);
    begin_message(start.from, start.behind, start.line);
    in_header_ = false;
  }
}

void MboxScanner::end_message(std::uint64_t end) {
  MboxMessage& message = messages_.back();
  if (!is_hint_right(end) || message.incomplete) message.mark.reset();
  message.counted = !message.mark && is_hint_right(end);
  if (message.mark) message.begin += message.mark->size;
  message.end = std::max(message.begin, end);
  hint_ = 0;
  inside_.clear();
  open_ = false;
}

void MboxScanner::finish() {
  if (!text_.empty()) line_ended(false);
  if (!open_) return;
  if (in_header_) header_ended();
  const bool right = is_hint_right(at_);
  // Cut off with the file.
  if (messages_.back().mark && hint_ > at_) messages_.back().incomplete = true;
  if (!right) promote();
  const bool separated = after_empty_ && separator_ >= messages_.back().begin;
  end_message(right ? hint_ : separated ? separator_ : at_);
}

}  // namespace tandem::archive
