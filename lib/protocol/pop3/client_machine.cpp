#include "lib/protocol/pop3/client_machine.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/text.hpp"
#include "lib/protocol/pop3/login_machine.hpp"

namespace tandem::pop3 {
namespace {

constexpr std::size_t max_status = 2048;
constexpr std::size_t max_content_line = 1024 * 1024;
constexpr std::size_t content_piece = 64 * 1024;

}  // namespace

std::string retrieve_line(std::uint64_t number) {
  return "RETR " + std::to_string(number);
}

std::string top_line(std::uint64_t number, std::uint64_t lines) {
  return "TOP " + std::to_string(number) + " " + std::to_string(lines);
}

ClientMachine::ClientMachine(ClientOptions options) : options_(std::move(options)) {}
ClientMachine::~ClientMachine() {
  wipe(credentials_.password);
}

void ClientMachine::begin() {
  text_.clear();
  entries_.clear();
  expect_ = then_ = Expect::nothing;
  if (!usable_ && !error_) refuse(ErrorKind::closed, "The POP3 session is over");
  if (!lines_.empty() && ahead_.empty())
    refuse(ErrorKind::protocol, "The server sent a line nobody asked for");
}

void ClientMachine::say(std::string line, Step step) {
  if (error_) return;
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(line, control))
    return refuse(ErrorKind::invalid, "A control byte in a POP3 command", {}, false);
  if (is_next_ahead(line)) {
    ahead_.pop_front();
  } else if (is_ahead()) {
    return refuse(ErrorKind::invalid, "Another POP3 command was sent ahead", {}, false);
  } else {
    out_ += line + "\r\n";
  }
  wipe(line);
  step_ = step;
  expect_ = Expect::status;
}

void ClientMachine::multi(std::string line, Expect then) {
  begin();
  then_ = then;
  say(std::move(line), Step::multi);
}

void ClientMachine::open() {
  begin();
  step_ = Step::greeting;
  expect_ = Expect::status;
}

void ClientMachine::stat() {
  begin(), say("STAT", Step::command);
}
void ClientMachine::noop() {
  begin(), say("NOOP", Step::command);
}
void ClientMachine::rset() {
  begin(), say("RSET", Step::command);
}
void ClientMachine::quit() {
  begin(), say("QUIT", Step::quit);
}
void ClientMachine::uidl() {
  multi("UIDL", Expect::entries);
}
void ClientMachine::list() {
  multi("LIST", Expect::entries);
}

void ClientMachine::dele(std::uint64_t number) {
  begin();
  say("DELE " + std::to_string(number), Step::command);
}

void ClientMachine::retrieve(std::uint64_t number) {
  multi(retrieve_line(number), Expect::content);
}

void ClientMachine::top(std::uint64_t number, std::uint64_t lines) {
  multi(top_line(number, lines), Expect::content);
}

void ClientMachine::send_ahead(std::string line) {
  if (!capabilities_.pipelining || !usable_ || error_) return;
  out_ += line + "\r\n";
  ahead_.push_back(std::move(line));
}

void ClientMachine::retrieve_ahead(std::uint64_t number) {
  send_ahead(retrieve_line(number));
}

void ClientMachine::top_ahead(std::uint64_t number, std::uint64_t lines) {
  send_ahead(top_line(number, lines));
}

void ClientMachine::skip() {
  if (is_ahead()) multi(ahead_.front(), Expect::content);
}

void ClientMachine::forward(const SessionClient& client) {
  begin();
  constexpr std::string_view letters = "0123456789abcdefABCDEF:.";
  if (client.address.empty() || client.address.find_first_not_of(letters) != std::string::npos)
    return refuse(ErrorKind::invalid, "This is no client's address", {}, false);
  say("XCLIENT ADDR=" + client.address + " PORT=" + std::to_string(client.port) +
          " TTL=" + std::to_string(client.hops_left),
      Step::command);
}

void ClientMachine::login(const sasl::Credentials& credentials, bool apop) {
  begin();
  credentials_ = credentials;
  if (!sasl::is_clean(credentials.user))
    return refuse(ErrorKind::invalid, "This is no user name", {}, false);
  const bool secure = options_.tls_active || options_.secret_without_tls;
  const std::string name = sasl::choose(capabilities_.sasl, credentials, secure);
  mechanism_ = sasl::make_client(name, credentials);
  if (mechanism_) {
    const auto initial = mechanism_->initial();
    std::string line = "AUTH " + name;
    // RFC 5034 4: a command line is at most 255 bytes; a longer response waits for the challenge.
    const std::string encoded = initial ? base64_encode(*initial) : std::string();
    if (initial && line.size() + encoded.size() < 250) {
      line += " " + (encoded.empty() ? std::string("=") : encoded);
    } else if (initial) {
      content_ = encoded;  // sent upon the empty challenge
    }
    return say(std::move(line), Step::auth);
  }
  // Neither APOP nor USER can say for whom, nor take a token.
  if (!credentials.token.empty() || !credentials.identity.empty())
    return refuse(ErrorKind::authentication, "The server offers no way to log in that we may use");
  if (apop && !banner_.empty())
    return say("APOP " + credentials.user + " " + apop_digest(banner_, credentials.password),
               Step::pass);
  if (!secure)
    return refuse(ErrorKind::authentication, "The server offers no way to log in that we may use");
  say("USER " + credentials.user, Step::user);
}

ClientAction ClientMachine::next() {
  if (error_) return {};
  if (!out_.empty()) return {ClientAction::Kind::send, std::exchange(out_, {}), options_.wait};
  if (tls_wanted_) return {ClientAction::Kind::start_tls, {}, options_.wait};
  work();
  if (error_) return {};
  const bool reading = expect_ == Expect::content || expect_ == Expect::nothing;
  if (reading && step_ == Step::multi && !content_.empty())
    return {ClientAction::Kind::content, std::exchange(content_, {}), {}};
  if (!out_.empty() || tls_wanted_) return next();
  if (expect_ == Expect::nothing) return {};
  return {ClientAction::Kind::read, {}, options_.wait};
}

void ClientMachine::work() {
  std::string line;
  while (expect_ != Expect::nothing && !error_ && out_.empty() && !tls_wanted_ &&
         content_.size() < content_piece) {
    const std::size_t limit = expect_ == Expect::content ? max_content_line : max_status;
    switch (lines_.next(line, limit)) {
      case LineReader::Outcome::more: return;
      case LineReader::Outcome::too_long:
        return refuse(ErrorKind::limit, "The server sent an endless line");
      case LineReader::Outcome::line: on_line(line);
    }
  }
}

void ClientMachine::on_line(std::string_view line) {
  if (expect_ == Expect::status) return on_status(line);
  if (line == ".") {
    if (expect_ == Expect::capa) return after_capa();
    expect_ = Expect::nothing;
    return;
  }
  if (line.starts_with('.')) line.remove_prefix(1);
  switch (expect_) {
    case Expect::capa: return on_capability(line);
    case Expect::entries: return on_entry(line);
    default: content_.append(line).append("\r\n");
  }
}

void ClientMachine::on_status(std::string_view line) {
  const std::string_view text = line.size() > 3 ? trim(line.substr(3)) : std::string_view();
  if (istarts_with(line, "+OK")) return on_ok(text);
  if (istarts_with(line, "-ERR")) return on_refused(trim(line.substr(4)));
  if (line.starts_with('+') && step_ == Step::auth) return on_challenge(trim(line.substr(1)));
  // Out of step it may be mail; instead of a greeting it says what speaks there.
  refuse(ErrorKind::protocol, "The server sent an unusable answer",
         step_ == Step::greeting ? line : std::string_view());
}

void ClientMachine::on_ok(std::string_view text) {
  text_ = text;
  expect_ = then_;
  switch (step_) {
    case Step::greeting: {
      const std::size_t open = text.find('<'), close = text.find('>');
      if (open != std::string_view::npos && close != std::string_view::npos && open < close)
        banner_ = text.substr(open, close - open + 1);
      trusted_ = text.starts_with("[XCLIENT]");
      return say("CAPA", Step::capa);
    }
    case Step::capa:
      capabilities_ = {};
      capabilities_.known = true;
      capabilities_.apop = !banner_.empty();
      capabilities_.xclient = trusted_;
      capability_lines_ = 0;
      expect_ = Expect::capa;
      return;
    case Step::stls:
      // T-02
      if (!lines_.empty())
        return refuse(ErrorKind::protocol, "The server sent bytes ahead of the TLS handshake");
      tls_wanted_ = true;
      return;
    case Step::user: return say("PASS " + credentials_.password, Step::pass);
    case Step::auth:
      content_.clear();
      if (!mechanism_->complete())
        return refuse(ErrorKind::authentication,
                      "The server could not prove that it knows the password");
      [[fallthrough]];
    case Step::pass:
      mechanism_.reset();
      wipe(credentials_.password);
      return;
    case Step::quit: usable_ = false; return;
    default: return;
  }
}

void ClientMachine::on_refused(std::string_view text) {
  switch (step_) {
    case Step::greeting: return refuse(ErrorKind::refused, "The server does not greet", text);
    case Step::capa:
      capabilities_ = {};
      capabilities_.apop = !banner_.empty();
      return after_capa();
    case Step::stls: return refuse(ErrorKind::tls, "The server refused STLS", text);
    case Step::user:
    case Step::pass:
    case Step::auth:
      content_.clear();
      mechanism_.reset();
      wipe(credentials_.password);
      return refuse(ErrorKind::authentication, "Log-in refused", text, false);
    default: return refuse(ErrorKind::refused, "The server refused the command", text, false);
  }
}

void ClientMachine::on_challenge(std::string_view text) {
  expect_ = Expect::status;
  if (!content_.empty()) return say(std::exchange(content_, {}), Step::auth);
  const auto challenge = base64_decode(text);
  const auto response = challenge ? mechanism_->step(*challenge) : Result<std::string>();
  say(challenge && response ? base64_encode(*response) : std::string("*"), Step::auth);
}

void ClientMachine::on_capability(std::string_view line) {
  if (++capability_lines_ > 128) return refuse(ErrorKind::limit, "An endless list of capabilities");
  const std::vector<std::string_view> words = split(line, ' ');
  const std::string name = upper(words[0]);
  capabilities_.stls |= name == "STLS";
  capabilities_.user |= name == "USER";
  capabilities_.uidl |= name == "UIDL";
  capabilities_.top |= name == "TOP";
  capabilities_.pipelining |= name == "PIPELINING";
  capabilities_.utf8 |= name == "UTF8";
  if (name != "SASL") return;
  for (std::size_t i = 1; i < words.size() && i < 32; ++i)
    capabilities_.sasl.push_back(upper(words[i]));
}

void ClientMachine::on_entry(std::string_view line) {
  const std::size_t space = line.find(' ');
  const auto number = parse_number(line.substr(0, space));
  if (!number || space == std::string_view::npos)
    return refuse(ErrorKind::protocol, "The server sent an unusable listing");
  if (entries_.size() >= options_.max_messages)
    return refuse(ErrorKind::limit, "The server lists too many messages");
  const std::string_view value = trim(line.substr(space));
  entries_.push_back({*number, std::string(value.substr(0, value.find(' ')))});
}

void ClientMachine::after_capa() {
  expect_ = Expect::nothing;
  if (options_.tls_active || options_.tls == ClientOptions::Tls::never) return;
  // T-04. A server without CAPA may know STLS all the same.
  if (capabilities_.known && !capabilities_.stls)
    return refuse(ErrorKind::tls, "The server does not offer STLS");
  say("STLS", Step::stls);
}

void ClientMachine::tls_started() {
  tls_wanted_ = false;
  options_.tls_active = true;
  lines_.clear();
  say("CAPA", Step::capa);
}

void ClientMachine::received(std::string_view bytes) {
  lines_.feed(bytes);
}

void ClientMachine::failed(Error error) {
  usable_ = false;
  if (!error_) error_ = std::move(error);
}

void ClientMachine::refuse(ErrorKind kind, std::string what, std::string_view words, bool fatal) {
  if (error_) return;
  Error error{kind, std::move(what), options_.origin, false, std::string(words.substr(0, 1024)),
              {}};
  // RFC 3206: the server says itself when trying later can help.
  error.temporary = istarts_with(words, "[SYS/TEMP]") || istarts_with(words, "[IN-USE]") ||
                    istarts_with(words, "[LOGIN-DELAY]");
  if (fatal) usable_ = false;
  error_ = std::move(error);
  expect_ = Expect::nothing;
}

Result<std::string> ClientMachine::take() {
  if (error_) {
    Error error = *std::exchange(error_, std::nullopt);
    return fail(std::move(error));
  }
  return text_;
}

std::vector<ListEntry> ClientMachine::take_entries() {
  return std::exchange(entries_, {});
}

}  // namespace tandem::pop3
