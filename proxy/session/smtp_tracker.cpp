#include "proxy/session/smtp_tracker.hpp"

#include "lib/base/text.hpp"

namespace tandem::session {
namespace {

constexpr std::size_t most_due = 4096;

char mark_of(std::string_view verb) {
  if (verb == "MAIL") return 'm';
  if (verb == "RSET" || verb == "EHLO" || verb == "HELO") return 'r';
  if (verb == "DATA") return 'd';
  return 'c';
}

}  // namespace

void SmtpTracker::push(char mark) {
  if (due_.size() >= most_due) blind_ = true;
  if (!blind_) due_ += mark;
}

void SmtpTracker::from_client(std::string_view bytes) {
  while (!bytes.empty() && !blind_) {
    if (skip_ > 0) {
      skip(bytes, skip_);
    } else if (take_line(bytes, client_)) {
      client_line();
      client_.clear();
    }
  }
}

void SmtpTracker::client_line() {
  std::string_view line = client_.head();
  if (content_) {
    if (line != ".") return;
    content_ = false;
    return push('e');
  }
  const std::string verb = upper(next_word(line));
  if (verb != "BDAT") return push(mark_of(verb));
  skip_ = parse_number(next_word(line)).value_or(0);
  push(istarts_with(trim(line), "LAST") ? 'e' : 'b');
}

void SmtpTracker::from_backend(std::string_view bytes) {
  while (!bytes.empty() && !blind_) {
    if (!take_line(bytes, backend_)) return;
    backend_line();
    backend_.clear();
  }
}

void SmtpTracker::backend_line() {
  const std::string_view line = backend_.head();
  if (line.size() > 3 && line[3] == '-') return;  // RFC 5321 4.2.1: the reply goes on
  if (due_.empty() || line.empty()) return;
  const char mark = due_.front();
  due_.erase(0, 1);
  const bool positive = line[0] == '2';
  if (mark == 'm' && positive) transaction_ = true;
  if (mark == 'd' && line[0] == '3') content_ = true;
  if (mark == 'e' || (mark == 'r' && positive)) transaction_ = false;
}

bool SmtpTracker::idle() const {
  return !blind_ && due_.empty() && !content_ && !transaction_ && skip_ == 0 && client_.empty() &&
         backend_.empty();
}

std::string SmtpTracker::goodbye() const {
  return "421 4.3.2 " + hostname_ + " This mailbox is being moved, try again in a moment\r\n";
}

}  // namespace tandem::session
