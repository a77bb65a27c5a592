#include "lib/protocol/pop3/login_machine.hpp"

#include <algorithm>
#include <utility>

#include <openssl/evp.h>

#include "lib/base/text.hpp"

namespace tandem::pop3 {
namespace {

constexpr std::size_t max_line = 1024;  // RFC 2449 4: 255; passwords and UTF-8 need more
constexpr std::size_t read_size = 1024;

std::pair<std::string_view, std::string_view> split_word(std::string_view line) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return {line, {}};
  return {line.substr(0, space), line.substr(space + 1)};
}

bool is_http(std::string_view line) {
  return line.rfind(" HTTP/") != std::string_view::npos && line.find(' ') <= 8;
}

}  // namespace

std::string apop_digest(std::string_view banner, std::string_view password) {
  std::string text(banner);
  text += password;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (EVP_Digest(text.data(), text.size(), digest, &size, EVP_md5(), nullptr) != 1) size = 0;
  wipe(text);
  return hex_encode({reinterpret_cast<char*>(digest), size});
}

LoginMachine::LoginMachine(LoginOptions options) : options_(std::move(options)) {
  std::string text = options_.greeting;
  if (!options_.apop_banner.empty()) text += " " + options_.apop_banner;
  ok(text);
}

LoginMachine::~LoginMachine() = default;

const std::vector<LoginMachine::Command>& LoginMachine::commands() {
  using M = LoginMachine;
  static const std::vector<Command> table{{"CAPA", &M::capa}, {"USER", &M::user_command},
                                          {"PASS", &M::pass}, {"APOP", &M::apop},
                                          {"AUTH", &M::auth}, {"STLS", &M::stls},
                                          {"QUIT", &M::quit}, {"UTF8", &M::utf8_command}};
  return table;
}

std::size_t LoginMachine::held() const {
  return lines_.held() + out_.capacity() + sizeof(*this);
}

void LoginMachine::ok(std::string_view text) {
  out_ += "+OK " + std::string(text) + "\r\n";
}

void LoginMachine::error(std::string_view text, bool counts) {
  out_ += "-ERR " + std::string(text) + "\r\n";
  if (counts && ++errors_ >= options_.max_errors) {
    out_ += "-ERR [SYS/PERM] Too many errors\r\n";
    stage_ = Stage::closing;
  }
}

LoginAction LoginMachine::next() {
  while (out_.size() < read_size && !tls_wanted_ && work()) {
  }
  if (!out_.empty()) return {LoginAction::Kind::send, std::exchange(out_, {}), {}, 0, {}};
  if (tls_wanted_) return {LoginAction::Kind::start_tls, {}, {}, 0, {}};
  if (stage_ == Stage::accepted) return {LoginAction::Kind::logged_in, {}, {}, 0, {}};
  if (stage_ == Stage::verifying && asked_)
    return {LoginAction::Kind::verify, {}, {}, 0, *std::exchange(asked_, std::nullopt)};
  if (stage_ == Stage::closing || stage_ == Stage::done) return {};
  return {LoginAction::Kind::read, {}, options_.wait, read_size, {}};
}

bool LoginMachine::work() {
  if (stage_ != Stage::command && stage_ != Stage::sasl) return false;
  std::string line;
  const bool responding = stage_ == Stage::sasl;
  switch (lines_.next(line, responding ? sasl::max_input : max_line, true)) {
    case LineReader::Outcome::more: return false;
    case LineReader::Outcome::too_long:
      mechanism_.reset();
      stage_ = Stage::command;
      error("Line too long or not ended by CRLF");
      return true;
    case LineReader::Outcome::line: break;
  }
  if (responding)
    sasl_line(line);
  else
    run_line(line);
  wipe(line);
  return true;
}

void LoginMachine::run_line(std::string_view line) {
  // T-06: closed, and nothing echoed.
  if (std::exchange(first_, false) && (is_http(line) || line.starts_with('\x16'))) {
    error("This is a mail server", false);
    stage_ = Stage::closing;
    return;
  }
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (std::ranges::any_of(line, control)) return error("Control bytes in a command");
  const auto [verb, argument] = split_word(line);
  for (const Command& command : commands()) {
    if (iequals(command.verb, verb)) return (this->*command.act)(argument);
  }
  error("Unknown command, or log in first");
}

void LoginMachine::capa(std::string_view) {
  ok("Capabilities");
  if (options_.stls && !options_.tls_active) out_ += "STLS\r\n";
  if (login_allowed()) {
    out_ += "USER\r\n";
    if (!options_.auth_mechanisms.empty()) {
      out_ += "SASL";
      for (const std::string& name : options_.auth_mechanisms) out_ += " " + name;
      out_ += "\r\n";
    }
  }
  out_ += "RESP-CODES\r\nAUTH-RESP-CODE\r\nPIPELINING\r\n";
  for (const std::string& line : options_.extra_capabilities) out_ += line + "\r\n";
  out_ += ".\r\n";
}

void LoginMachine::user_command(std::string_view argument) {
  if (!login_allowed()) return error("[SYS/PERM] Say STLS first");
  if (!sasl::is_clean(argument)) return error("Syntax: USER name");
  name_ = argument;
  ok("Password?");
}

// RFC 1939 7: the whole rest of the line is the password, spaces included.
void LoginMachine::pass(std::string_view argument) {
  if (name_.empty()) return error("USER comes first");
  user_ = std::exchange(name_, {});
  if (!sasl::is_clean(argument)) return refused();
  LoginRequest request;
  request.credential.kind = sasl::Request::Kind::verify_password;
  request.credential.mechanism = "USER";
  request.credential.user = user_;
  request.credential.secret = argument;
  asked_ = std::move(request);
  stage_ = Stage::verifying;
}

void LoginMachine::apop(std::string_view argument) {
  if (options_.apop_banner.empty()) return error("APOP is not available");
  if (!login_allowed() && !options_.apop_without_tls) return error("[SYS/PERM] Say STLS first");
  const std::size_t space = argument.rfind(' ');
  if (space == std::string_view::npos) return error("Syntax: APOP name digest");
  user_ = argument.substr(0, space);
  LoginRequest request;
  request.credential.kind = sasl::Request::Kind::need_password;
  request.credential.mechanism = "APOP";
  request.credential.user = user_;
  request.apop_digest = lower(argument.substr(space + 1));
  request.apop_banner = options_.apop_banner;
  request.credential.challenge = request.apop_banner;
  request.credential.digest = request.apop_digest;
  if (!sasl::is_clean(user_) || request.apop_digest.size() != 32) return refused();
  name_ = request.apop_digest;  // kept for the comparison
  asked_ = std::move(request);
  stage_ = Stage::verifying;
}

void LoginMachine::auth(std::string_view argument) {
  if (argument.empty()) {  // RFC 1734's listing, which old clients still ask for
    ok("Mechanisms");
    for (const std::string& name : options_.auth_mechanisms) out_ += name + "\r\n";
    out_ += ".\r\n";
    return;
  }
  if (!login_allowed()) return error("[SYS/PERM] Say STLS first");
  const auto [name, rest] = split_word(argument);
  const auto same = [&, wanted = name](const std::string& offered) {
    return iequals(offered, wanted);
  };
  if (std::ranges::any_of(options_.auth_mechanisms, same))
    mechanism_ = sasl::make_server(name, {options_.host, {}, {}, options_.confirm_scram});
  if (!mechanism_) return error("Unknown mechanism");
  if (rest.empty()) return run_step(mechanism_->start({}));
  const auto initial = base64_decode(rest == "=" ? "" : rest);
  if (!initial) return refused();
  run_step(mechanism_->start(std::string_view(*initial)));
}

void LoginMachine::sasl_line(std::string_view line) {
  stage_ = Stage::command;
  const auto input = base64_decode(line);
  if (line == "*" || !input) {
    mechanism_.reset();
    return error("Authentication cancelled");
  }
  run_step(mechanism_->step(*input));
}

void LoginMachine::run_step(const sasl::Step& step) {
  switch (step.kind) {
    case sasl::Step::Kind::challenge:
      out_ += "+ " + base64_encode(step.data) + "\r\n";
      stage_ = Stage::sasl;
      return;
    case sasl::Step::Kind::ask:
      asked_ = LoginRequest{step.request, {}, {}};
      stage_ = Stage::verifying;
      return;
    case sasl::Step::Kind::success:
      user_ = mechanism_->user();
      mechanism_.reset();
      stage_ = Stage::accepted;
      return;
    case sasl::Step::Kind::temporary: return reject("SYS/TEMP", "Cannot check the log-in now");
    case sasl::Step::Kind::failure: return refused();
  }
}

void LoginMachine::answer(const sasl::Answer& answer) {
  if (stage_ != Stage::verifying) return;
  stage_ = Stage::command;
  if (mechanism_) return run_step(mechanism_->answer(answer));
  const std::string digest = std::exchange(name_, {});
  switch (answer.verdict) {
    case sasl::Answer::Verdict::accept: stage_ = Stage::accepted; return;
    case sasl::Answer::Verdict::temporary: return reject("SYS/TEMP", "Cannot check the log-in now");
    case sasl::Answer::Verdict::secret: {
      const std::string expected = apop_digest(options_.apop_banner, answer.password);
      if (!digest.empty() && constant_time_equal(expected, digest)) {
        stage_ = Stage::accepted;
        return;
      }
      return refused();
    }
    case sasl::Answer::Verdict::refuse: return refused();
  }
}

void LoginMachine::refused() {
  mechanism_.reset();
  user_.clear();
  stage_ = Stage::command;
  error("[AUTH] Log-in refused");
}

void LoginMachine::confirm(std::string_view text) {
  ok(text);
  stage_ = Stage::done;
}

void LoginMachine::reject(std::string_view response_code, std::string_view text) {
  mechanism_.reset();
  user_.clear();
  stage_ = Stage::command;
  const std::string code = response_code.empty() ? "" : "[" + std::string(response_code) + "] ";
  error(code + std::string(text));
}

void LoginMachine::stls(std::string_view argument) {
  if (!options_.stls || options_.tls_active || !argument.empty())
    return error("STLS is not available");
  // T-01: what came along with the command would be believed after the handshake.
  if (!lines_.empty()) {
    error("Nothing may follow STLS", false);
    lines_.clear();
    stage_ = Stage::closing;
    return;
  }
  ok("Begin TLS");
  tls_wanted_ = true;
}

void LoginMachine::utf8_command(std::string_view) {
  if (!options_.utf8) return error("UTF8 is not available");
  utf8_ = true;
  ok("UTF-8 it is");
}

void LoginMachine::quit(std::string_view) {
  ok("Goodbye");
  stage_ = Stage::closing;
}

void LoginMachine::received(std::string_view bytes) {
  if (stage_ != Stage::closing) lines_.feed(bytes);
}

void LoginMachine::ended() {
  out_.clear();
  lines_.clear();
  tls_wanted_ = false;
  stage_ = Stage::closing;
}

void LoginMachine::timed_out() {
  error("[SYS/TEMP] You took too long", false);
  stage_ = Stage::closing;
}

void LoginMachine::stop() {
  if (stage_ != Stage::command && stage_ != Stage::sasl) return;
  error("[SYS/TEMP] Shutting down, try again later", false);
  stage_ = Stage::closing;
}

void LoginMachine::tls_started() {
  // T-03: nothing from before TLS survives.
  tls_wanted_ = false;
  options_.tls_active = true;
  name_.clear();
  user_.clear();
  mechanism_.reset();
  lines_.clear();
  utf8_ = false;
}

}  // namespace tandem::pop3
