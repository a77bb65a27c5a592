// Operations and the exchange of lines. Opening a session is in client_open.cpp.
#include "lib/protocol/smtp/client_machine.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/text.hpp"

namespace tandem::smtp {
namespace {

bool has_control(std::string_view line) {
  return std::ranges::any_of(
      line, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

// RFC 2920 3.1: these may be followed by further commands before their reply.
bool may_be_followed(std::string_view line) {
  return line.starts_with("MAIL ") || line.starts_with("RCPT ");
}

}  // namespace

ClientMachine::ClientMachine(ClientOptions options) : options_(std::move(options)) {}
ClientMachine::~ClientMachine() = default;

void ClientMachine::begin() {
  replies_.clear();
  pending_.clear();
  written_ = 0;
  if (!usable_ && !error_) refuse(ErrorKind::closed, "The SMTP session is over");
  // A farewell the server sent meanwhile is the answer to whatever comes next; anything else that
  // nobody asked for means that replies and commands no longer match.
  if (!rest_.empty() && !rest_.starts_with("421"))
    refuse(ErrorKind::protocol, "The server sent a reply nobody asked for");
}

void ClientMachine::expect(std::string line, Expect kind) {
  if (error_) return;
  if (line.size() > 2 && has_control(std::string_view(line).substr(0, line.size() - 2)))
    return refuse(ErrorKind::invalid, "A control byte in an SMTP command");
  pending_.push_back({std::move(line), kind});
}

void ClientMachine::mail(const MailCommand& command) {
  envelope(command, {}, false);
}

void ClientMachine::rcpt(const RcptCommand& command) {
  begin();
  if (!iequals(command.to, "postmaster") && !is_mailbox(command.to, true))
    return refuse(ErrorKind::invalid, "This is no recipient address");
  expect(to_line(command), Expect::rcpt);
}

void ClientMachine::envelope(const MailCommand& mail, const std::vector<RcptCommand>& rcpts,
                             bool with_data) {
  begin();
  accepted_ = 0;
  mail_refused_ = false;
  if (!mail.from.empty() && !is_mailbox(mail.from, true))
    return refuse(ErrorKind::invalid, "This is no sender address");
  expect(to_line(mail), Expect::mail);
  ++mails_;
  for (const RcptCommand& rcpt : rcpts) {
    if (!iequals(rcpt.to, "postmaster") && !is_mailbox(rcpt.to, true))
      return refuse(ErrorKind::invalid, "This is no recipient address");
    expect(to_line(rcpt), Expect::rcpt);
  }
  if (with_data) expect("DATA\r\n", Expect::data);
}

void ClientMachine::data() {
  begin();
  expect("DATA\r\n", Expect::data);
}

void ClientMachine::data_end() {
  begin();
  if (error_) return;
  writer_.end(out_);
  // RFC 2033 4.2. After a 354 without a recipient an LMTP server has nothing to say but one reply.
  const std::size_t count = options_.lmtp ? std::max<std::size_t>(accepted_, 1) : 1;
  for (std::size_t i = 0; i < count; ++i) pending_.push_back({{}, Expect::end});
  written_ = count;
}

void ClientMachine::rset() {
  command("RSET");
}
void ClientMachine::noop() {
  command("NOOP");
}

void ClientMachine::quit() {
  begin();
  expect("QUIT\r\n", Expect::quit);
}

void ClientMachine::command(std::string_view line) {
  begin();
  expect(std::string(line) + "\r\n", Expect::plain);
  if (line == "RSET") accepted_ = 0;
}

Duration ClientMachine::wait_for(Expect kind) const {
  switch (kind) {
    case Expect::greeting: return options_.waits.greeting;
    case Expect::data: return options_.waits.data_start;
    case Expect::end: return options_.waits.data_end;
    case Expect::quit: return options_.waits.quit;
    default: return options_.waits.command;
  }
}

ClientAction ClientMachine::next() {
  if (error_ || (pending_.empty() && !tls_wanted_)) return {};
  // Write what may be written now: one line, or a pipelined group.
  while (written_ < pending_.size()) {
    const bool first = written_ == 0;
    const bool grouped =
        !first && capabilities_.pipelining && may_be_followed(pending_[written_ - 1].line);
    if (!first && !grouped) break;
    out_ += pending_[written_++].line;
    // Both windows must not fill up: a group stays below what any server reads at once.
    if (out_.size() > 16 * 1024) break;
  }
  if (!out_.empty())
    return {ClientAction::Kind::send, std::exchange(out_, {}), options_.waits.data_block};
  if (tls_wanted_) return {ClientAction::Kind::start_tls, {}, options_.waits.command};
  return {ClientAction::Kind::read, {}, wait_for(pending_.front().expect)};
}

void ClientMachine::received(std::string_view bytes) {
  std::string input = std::exchange(rest_, {});
  input += bytes;
  std::string_view left = input;
  while (!left.empty() && !pending_.empty() && written_ > 0 && !error_ && !tls_wanted_) {
    left.remove_prefix(parser_.feed(left));
    if (parser_.state() == ReplyParser::State::more) break;
    if (parser_.state() != ReplyParser::State::complete)
      return refuse(ErrorKind::protocol, "The server sent an unusable reply");
    const Expect kind = pending_.front().expect;
    pending_.pop_front();
    --written_;
    on_reply(kind, parser_.take());
  }
  if (error_) return;
  // T-02: what was sent along with the answer to STARTTLS would be believed after the handshake.
  if (tls_wanted_ && !left.empty())
    return refuse(ErrorKind::protocol, "The server sent bytes ahead of the TLS handshake");
  rest_ = left;
}

void ClientMachine::on_reply(Expect kind, Reply reply) {
  if (reply.code == 421 || kind == Expect::quit) usable_ = false;
  switch (kind) {
    case Expect::greeting: on_greeting(reply); break;
    case Expect::ehlo:
    case Expect::helo: on_ehlo(reply); break;
    case Expect::starttls: on_starttls(reply); break;
    case Expect::xclient: on_xclient(reply); break;
    case Expect::xforward: on_xforward(reply); break;
    case Expect::auth: on_auth(reply); break;
    case Expect::rcpt: accepted_ += reply.positive() ? 1 : 0; break;
    case Expect::data:
      if (reply.intermediate()) writer_ = DotWriter();
      break;
    case Expect::mail: mail_refused_ = !reply.positive(); break;
    case Expect::end:
      if (pending_.empty()) accepted_ = 0;
      break;
    default: break;
  }
  replies_.push_back(std::move(reply));
  // Without pipelining a refused MAIL makes the rest pointless; so does a farewell.
  if ((mail_refused_ && written_ == 0 && kind == Expect::mail) || !usable_) {
    pending_.clear();
    written_ = 0;
  }
}

void ClientMachine::failed(Error error) {
  usable_ = false;
  if (!error_) error_ = std::move(error);
}

void ClientMachine::refuse(ErrorKind kind, std::string what, const Reply* reply) {
  Error error{kind, std::move(what), options_.origin, false, {}, {}};
  if (reply != nullptr) {
    error.server_words = reply->to_string().substr(0, 1024);
    error.temporary = reply->temporary();
  }
  // An argument the caller got wrong was not sent: the session lives.
  if (kind != ErrorKind::invalid) usable_ = false;
  error_ = std::move(error);
  pending_.clear();
  written_ = 0;
}

Result<std::vector<Reply>> ClientMachine::take() {
  if (error_) {
    Error error = *error_;
    error_.reset();
    return fail(std::move(error));
  }
  return std::exchange(replies_, {});
}

}  // namespace tandem::smtp
