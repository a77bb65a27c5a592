#include "lib/protocol/pop3/mailbox_machine.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/text.hpp"

namespace tandem::pop3 {
namespace {

constexpr std::size_t max_line = 512;
constexpr std::size_t read_size = 2048;
constexpr std::size_t flush_at = 16 * 1024;

}  // namespace

MailboxMachine::MailboxMachine(std::vector<MessageEntry> messages, MailboxOptions options)
    : messages_(std::move(messages)),
      deleted_(messages_.size(), false),
      options_(std::move(options)) {}

const std::vector<MailboxMachine::Command>& MailboxMachine::commands() {
  using M = MailboxMachine;
  static const std::vector<Command> table{
      {"STAT", &M::stat}, {"LIST", &M::list}, {"UIDL", &M::uidl}, {"RETR", &M::retr},
      {"TOP", &M::top},   {"DELE", &M::dele}, {"RSET", &M::rset}, {"NOOP", &M::noop},
      {"CAPA", &M::capa}, {"UTF8", &M::utf8}, {"QUIT", &M::quit}};
  return table;
}

std::size_t MailboxMachine::held() const {
  return lines_.held() + out_.capacity();
}
void MailboxMachine::ok(std::string_view text) {
  out_ += "+OK " + std::string(text) + "\r\n";
}

void MailboxMachine::error(std::string_view text) {
  out_ += "-ERR " + std::string(text) + "\r\n";
  if (++errors_ >= options_.max_errors) stage_ = Stage::closing;
}

MailboxAction MailboxMachine::next() {
  while (out_.size() < flush_at && work()) {
  }
  if (!out_.empty()) return {MailboxAction::Kind::send, std::exchange(out_, {}), {}, 0, 0};
  switch (stage_) {
    case Stage::fetch_wanted:
      stage_ = Stage::fetching;
      return {MailboxAction::Kind::fetch, {}, {}, 0, index_, lines_left_};
    case Stage::update_wanted:
      stage_ = Stage::updating;
      return {MailboxAction::Kind::update, {}, {}, 0, 0};
    case Stage::closing: return {};
    default: return {MailboxAction::Kind::read, {}, options_.wait, read_size, 0};
  }
}

bool MailboxMachine::work() {
  if (stage_ != Stage::command) return false;
  if (listing_) {
    listing(*listing_);
    return true;
  }
  if (stopping_) {
    error("[SYS/TEMP] Shutting down, try again later");
    stage_ = Stage::closing;
    return true;
  }
  std::string line;
  switch (lines_.next(line, max_line)) {
    case LineReader::Outcome::more: return false;
    case LineReader::Outcome::too_long: error("Line too long"); return true;
    case LineReader::Outcome::line: break;
  }
  const std::size_t space = line.find(' ');
  const std::string_view text = line;
  const std::string_view argument =
      space == std::string::npos ? std::string_view() : trim(text.substr(space));
  for (const Command& command : commands()) {
    if (!iequals(command.verb, text.substr(0, space))) continue;
    (this->*command.act)(argument);
    return true;
  }
  error("Unknown command");
  return true;
}

std::optional<std::size_t> MailboxMachine::number(std::string_view argument) const {
  const auto parsed = parse_number(argument);
  if (!parsed || *parsed == 0 || *parsed > messages_.size() || deleted_[*parsed - 1]) return {};
  return static_cast<std::size_t>(*parsed - 1);
}

void MailboxMachine::stat(std::string_view) {
  std::uint64_t count = 0, size = 0;
  for (std::size_t i = 0; i < messages_.size(); ++i) {
    if (deleted_[i]) continue;
    ++count;
    size += messages_[i].size;
  }
  ok(std::to_string(count) + " " + std::to_string(size));
}

std::string MailboxMachine::entry(std::size_t index, bool uids) const {
  const MessageEntry& message = messages_[index];
  return std::to_string(index + 1) + " " + (uids ? message.uid : std::to_string(message.size));
}

// A listing of many messages leaves in pieces.
void MailboxMachine::listing(bool uids) {
  for (; listed_ < messages_.size() && out_.size() < flush_at; ++listed_) {
    if (!deleted_[listed_]) out_ += entry(listed_, uids) + "\r\n";
  }
  if (listed_ < messages_.size()) return;
  out_ += ".\r\n";
  listing_.reset();
}

void MailboxMachine::list(std::string_view argument) {
  if (argument.empty()) {
    ok("Sizes");
    listed_ = 0;
    listing_ = false;
    return;
  }
  const auto index = number(argument);
  index ? ok(entry(*index, false)) : error("No such message");
}

void MailboxMachine::uidl(std::string_view argument) {
  if (argument.empty()) {
    ok("Ids");
    listed_ = 0;
    listing_ = true;
    return;
  }
  const auto index = number(argument);
  index ? ok(entry(*index, true)) : error("No such message");
}

void MailboxMachine::start_fetch(std::size_t index, std::optional<std::uint64_t> lines) {
  index_ = index;
  lines_left_ = lines;
  in_header_ = true;
  line_length_ = 0;
  started_ = false;
  writer_ = smtp::DotWriter();
  stage_ = Stage::fetch_wanted;
}

void MailboxMachine::retr(std::string_view argument) {
  const auto index = number(argument);
  index ? start_fetch(*index, std::nullopt) : error("No such message");
}

void MailboxMachine::top(std::string_view argument) {
  const std::size_t space = argument.find(' ');
  const auto index = number(argument.substr(0, space));
  const auto lines = space == std::string_view::npos ? std::optional<std::uint64_t>()
                                                     : parse_number(trim(argument.substr(space)));
  if (!lines) return error("Syntax: TOP message lines");
  index ? start_fetch(*index, lines) : error("No such message");
}

void MailboxMachine::dele(std::string_view argument) {
  const auto index = number(argument);
  if (!index) return error("No such message");
  deleted_[*index] = true;
  ok("Marked");
}

void MailboxMachine::rset(std::string_view) {
  deleted_.assign(messages_.size(), false);
  ok("Nothing is marked");
}

void MailboxMachine::noop(std::string_view) {
  ok("Ok");
}
void MailboxMachine::utf8(std::string_view) {
  error("UTF8 comes before the log-in");
}

void MailboxMachine::capa(std::string_view) {
  ok("Capabilities");
  for (const std::string& line : options_.capabilities) out_ += line + "\r\n";
  out_ += ".\r\n";
}

void MailboxMachine::quit(std::string_view) {
  stage_ = Stage::update_wanted;
  lines_.clear();
}

// The part of `bytes` that TOP still wants: the header, the empty line, then so many lines.
std::string_view MailboxMachine::cut(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (bytes[i] != '\n') {
      if (bytes[i] != '\r') ++line_length_;
      continue;
    }
    const bool empty = std::exchange(line_length_, 0) == 0;
    if (!in_header_) {
      --*lines_left_;
    } else if (empty) {
      in_header_ = false;
    }
    if (!in_header_ && *lines_left_ == 0) return bytes.substr(0, i + 1);
  }
  return bytes;
}

bool MailboxMachine::content(std::string_view bytes) {
  if (stage_ != Stage::fetching) return false;
  if (!std::exchange(started_, true)) ok(std::to_string(messages_[index_].size) + " octets");
  const bool done = lines_left_ && !in_header_ && *lines_left_ == 0;
  if (done) return false;
  writer_.write(lines_left_ ? cut(bytes) : bytes, out_);
  return !lines_left_ || in_header_ || *lines_left_ > 0;
}

void MailboxMachine::content_end() {
  if (stage_ != Stage::fetching) return;
  if (!started_) ok(std::to_string(messages_[index_].size) + " octets");
  writer_.end(out_);
  stage_ = Stage::command;
}

void MailboxMachine::content_failed() {
  if (stage_ != Stage::fetching) return;
  if (started_) return ended();
  stage_ = Stage::command;
  error("[SYS/TEMP] The message cannot be read now");
}

void MailboxMachine::updated(bool all_removed) {
  if (all_removed)
    ok("Goodbye");
  else
    out_ += "-ERR [SYS/TEMP] Some deleted messages were not removed\r\n";
  stage_ = Stage::closing;
}

void MailboxMachine::received(std::string_view bytes) {
  if (stage_ != Stage::closing) lines_.feed(bytes);
}

void MailboxMachine::ended() {
  out_.clear();
  lines_.clear();
  listing_.reset();
  stage_ = Stage::closing;
}

void MailboxMachine::timed_out() {
  out_ += "-ERR [SYS/TEMP] You took too long\r\n";
  stage_ = Stage::closing;
}

void MailboxMachine::stop() {
  stopping_ = true;
}

std::vector<std::size_t> MailboxMachine::deleted() const {
  std::vector<std::size_t> indexes;
  for (std::size_t i = 0; i < deleted_.size(); ++i) {
    if (deleted_[i]) indexes.push_back(i);
  }
  return indexes;
}

}  // namespace tandem::pop3
