// The loop, the input lines, the answers. Commands are in server_commands.cpp, message content in
// server_content.cpp, AUTH in server_auth.cpp.
#include "lib/protocol/smtp/server_machine.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/text.hpp"

namespace tandem::smtp {
namespace {

constexpr std::size_t max_command_line = 2048;  // RFC 5321 4.5.3.1.4: 512, and more per extension
constexpr std::size_t command_read = 1024;
constexpr std::size_t max_command_held = sasl::max_input + command_read;
constexpr std::size_t content_read = 64 * 1024;
constexpr std::size_t flush_at = 1024;

bool is_http(std::string_view line) {
  const std::size_t version = line.rfind(" HTTP/");
  return version != std::string_view::npos && line.find(' ') <= 8;
}

}  // namespace

ServerMachine::ServerMachine(ServerOptions options) : options_(std::move(options)) {
  ask({Question::Kind::connect, {}, {}, {}});
}

ServerMachine::~ServerMachine() = default;

ServerAction ServerMachine::next() {
  while (true) {
    if (!questions_.empty()) {
      ServerAction action{ServerAction::Kind::ask, {}, {}, 0, std::move(questions_.front())};
      questions_.pop_front();
      asked_ = action.question.kind;
      return action;
    }
    asked_.reset();
    if (out_.size() > flush_at)
      return {ServerAction::Kind::send, std::exchange(out_, {}), {}, 0, {}};
    if (state_ != State::closing && !tls_wanted_) {
      if (stopping_ && between_transactions() && state_ != State::connecting) {
        close_with(421, "4.3.2", options_.host + " is shutting down, try again later");
        continue;
      }
      if (work()) continue;
    }
    if (!out_.empty()) return {ServerAction::Kind::send, std::exchange(out_, {}), {}, 0, {}};
    if (state_ == State::closing) return {};
    if (tls_wanted_) return {ServerAction::Kind::start_tls, {}, {}, 0, {}};
    const bool content = content_ != Content::none && content_ != Content::sasl;
    return {ServerAction::Kind::read,
            {},
            content ? options_.data_wait : options_.command_wait,
            content ? content_read : command_read,
            {}};
  }
}

void ServerMachine::received(std::string_view bytes) {
  if (state_ == State::closing) return;
  if (state_ == State::connecting) {
    // T-13: who talks before the greeting is no mail client.
    questions_.clear();
    close_with(554, "5.5.1", "You spoke before the greeting");
    return;
  }
  // Grown by hand: the library's doubling would exceed the bound of T-15.
  const std::size_t needed = in_.size() + bytes.size();
  if (needed > in_.capacity()) {
    std::string larger;
    larger.reserve(std::max(needed, std::min(2 * in_.capacity(), max_command_held)));
    larger = in_;
    in_.swap(larger);
  }
  in_ += bytes;
}

void ServerMachine::ended() {
  end_transaction(true);
  in_.clear();
  out_.clear();
  state_ = State::closing;
}

void ServerMachine::timed_out() {
  close_with(421, "4.4.2", options_.host + " waited too long");
}

void ServerMachine::tls_started() {
  // RFC 3207 4.2, T-03: nothing from before TLS survives.
  tls_wanted_ = false;
  options_.tls_active = true;
  state_ = State::fresh;
  helo_ = {};
  authenticated_ = false;
  mechanism_.reset();
  in_.clear();
}

void ServerMachine::stop() {
  stopping_ = true;
}

bool ServerMachine::in_transaction() const {
  return state_ == State::mail || state_ == State::rcpt || state_ == State::bdat;
}

bool ServerMachine::between_transactions() const {
  return !in_transaction() && content_ == Content::none;
}

std::size_t ServerMachine::held() const {
  return in_.capacity() + out_.capacity() + chunk_.capacity() + sizeof(*this);
}

void ServerMachine::ask(Question question) {
  questions_.push_back(std::move(question));
}

void ServerMachine::say(const Reply& reply) {
  out_ += to_wire(reply);
  // RFC 5321 3.8: 421 and 221 announce the end.
  if (reply.code != 421 && reply.code != 221) return;
  end_transaction(true);
  state_ = State::closing;
}

void ServerMachine::error(int code, std::string_view enhanced, std::string_view text) {
  say(make_reply(code, enhanced, text));
  count_error();
}

void ServerMachine::count_error() {
  if (++errors_ >= options_.max_errors && state_ != State::closing)
    close_with(421, "4.7.0", options_.host + " closes: too many errors");
}

void ServerMachine::close_with(int code, std::string_view enhanced, std::string_view text) {
  end_transaction(true);
  out_ += to_wire(make_reply(code, enhanced, text));
  in_.clear();
  state_ = State::closing;
}

void ServerMachine::end_transaction(bool abort) {
  if (abort && (in_transaction() || reader_)) ask({Question::Kind::abort, {}, {}, {}});
  if (in_transaction()) state_ = State::ready;
  content_ = Content::none;
  reader_.reset();
  std::string().swap(chunk_);
  recipients_ = accepted_ = 0;
  refused_chunk_ = bdat_failed_ = last_chunk_ = smtputf8_ = false;
  drained_ = 0;
  if (in_.empty()) std::string().swap(in_);
}

bool ServerMachine::work() {
  if (state_ == State::connecting || asked_) return false;
  switch (content_) {
    case Content::dots:
    case Content::chunk: return take_content();
    case Content::drop: return take_dropped();
    case Content::none:
    case Content::sasl: return take_line();
  }
  return false;
}

bool ServerMachine::take_line() {
  const std::size_t limit = content_ == Content::sasl ? sasl::max_input : max_command_line;
  const bool binary = !any_command_ && in_.starts_with('\x16');  // a TLS hello on a plain port
  const std::size_t end = in_.find('\n');
  if (binary) return close_with(554, "5.5.1", "This is not TLS"), true;
  if (end == std::string::npos) {
    // AUTH with an initial response may be as long as a response (RFC 4954 4).
    const bool authing = istarts_with(in_, "AUTH ");
    if (in_.size() > (authing ? sasl::max_input : limit)) {
      discarding_line_ = true;
      std::string().swap(in_);
    }
    return false;
  }
  std::string line = in_.substr(0, end + 1);
  in_.erase(0, end + 1);
  if (in_.empty()) std::string().swap(in_);
  if (std::exchange(discarding_line_, false) || line.size() > sasl::max_input) {
    if (content_ == Content::sasl)
      auth_failed(make_reply(500, "5.5.6", "Response too long"));
    else
      error(500, "5.5.2", "Line too long");
    return true;
  }
  const bool secret = content_ == Content::sasl || istarts_with(line, "AUTH ");
  run_line(line);
  if (secret) wipe(line);
  return true;
}

void ServerMachine::run_line(std::string_view line) {
  // Only CRLF ends a line; no control byte belongs in a command.
  const bool ended_well = line.ends_with("\r\n");
  line.remove_suffix(ended_well ? 2 : 1);
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 && c != '\t'; };
  if (!ended_well || std::ranges::any_of(line, control)) {
    if (content_ == Content::sasl)
      auth_failed(make_reply(501, "5.5.2", "Unusable response"));
    else
      error(500, "5.5.2", "A line ends with CRLF and holds no control bytes");
    return;
  }
  if (content_ == Content::sasl) return sasl_line(line);
  const std::size_t space = line.find(' ');
  const std::string_view verb = line.substr(0, space);
  const std::string_view argument = space == std::string_view::npos ? "" : trim(line.substr(space));
  // T-06: a browser (or something that uses one) is not answered at length, and never echoed.
  if (!std::exchange(any_command_, true) && is_http(line))
    return close_with(554, "5.5.1", "This is a mail server");
  for (const Command& command : commands()) {
    if (iequals(command.verb, verb)) return run_command(command, argument);
  }
  error(500, "5.5.1", "Unknown command");
}

void ServerMachine::answer(const Reply& reply) {
  answer(std::vector<Reply>{reply});
}

void ServerMachine::answer(const std::vector<Reply>& replies) {
  if (!asked_) return;
  const Question::Kind kind = *std::exchange(asked_, std::nullopt);
  const Reply reply =
      replies.empty() ? make_reply(451, "4.3.0", "Internal error") : replies.front();
  if (state_ == State::closing) return;
  switch (kind) {
    case Question::Kind::connect: return answered_connect(reply);
    case Question::Kind::helo: return answered_helo(reply);
    case Question::Kind::xclient: return answered_xclient(reply);
    case Question::Kind::mail:
      if (reply.positive()) state_ = State::mail;
      settled_ |= reply.positive();
      return say(reply);
    case Question::Kind::rcpt:
      if (reply.positive()) {
        ++accepted_;
        state_ = State::rcpt;
      }
      return say(reply);
    case Question::Kind::data_start: return answered_data_start(reply);
    case Question::Kind::end: return answered_end(replies);
    case Question::Kind::authenticated:
      if (!reply.positive()) return auth_failed(reply);
      authenticated_ = settled_ = true;
      return say(reply);
    case Question::Kind::vrfy: return say(reply);
    default: return;
  }
}

// A new session: another client's greeting, and nothing of what was said before.
void ServerMachine::answered_xclient(const Reply& reply) {
  if (!reply.positive()) return say(reply);
  helo_ = {};
  authenticated_ = false;
  answered_connect(reply);
}

void ServerMachine::answered_connect(const Reply& reply) {
  state_ = State::fresh;
  if (reply.positive()) {
    Reply greeting = reply;
    greeting.enhanced.clear();
    greeting.lines = {options_.host + (options_.lmtp ? " LMTP " : " ESMTP ") + reply.text()};
    return say(greeting);
  }
  out_ += to_wire(reply);
  state_ = State::closing;
}

void ServerMachine::answered_helo(const Reply& reply) {
  if (!reply.positive()) {
    helo_ = {};
    state_ = State::fresh;
    return say(reply);
  }
  state_ = State::ready;
  say(helo_.extended ? ehlo_reply(reply) : make_reply(250, "", options_.host));
}

}  // namespace tandem::smtp
