#include "proxy/session/pop3_tracker.hpp"

#include "lib/base/text.hpp"

namespace tandem::session {
namespace {

constexpr std::size_t most_due = 4096;

// RFC 1939 5, RFC 2449 5: whose +OK is followed by lines up to a dot.
char mark_of(std::string_view line) {
  const std::string verb = upper(next_word(line));
  if (verb == "RETR" || verb == "TOP" || verb == "CAPA") return 'm';
  const bool listing = verb == "LIST" || verb == "UIDL" || verb == "LANG";
  return listing && trim(line).empty() ? 'm' : 's';
}

}  // namespace

void Pop3Tracker::from_client(std::string_view bytes) {
  while (!bytes.empty() && !blind_) {
    if (!take_line(bytes, client_)) return;
    blind_ = due_.size() >= most_due;
    due_ += mark_of(client_.head());
    client_.clear();
  }
}

void Pop3Tracker::from_backend(std::string_view bytes) {
  while (!bytes.empty() && !blind_) {
    if (!take_line(bytes, backend_)) return;
    backend_line();
    backend_.clear();
  }
}

void Pop3Tracker::backend_line() {
  const std::string_view line = backend_.head();
  if (in_lines_) {
    in_lines_ = line != ".";
    return;
  }
  const bool positive = istarts_with(line, "+OK");
  if (due_.empty() || (!positive && !istarts_with(line, "-ERR"))) return;
  in_lines_ = positive && due_.front() == 'm';
  due_.erase(0, 1);
}

bool Pop3Tracker::idle() const {
  return !blind_ && due_.empty() && !in_lines_ && client_.empty() && backend_.empty();
}

std::string Pop3Tracker::goodbye() const {
  return "-ERR [SYS/TEMP] This mailbox is being moved, try again in a moment\r\n";
}

}  // namespace tandem::session
