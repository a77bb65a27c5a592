// Opening a client session: greeting, EHLO, STARTTLS, XCLIENT or XFORWARD, AUTH.
#include <utility>

#include "lib/base/text.hpp"
#include "lib/protocol/smtp/client_machine.hpp"

namespace tandem::smtp {

void ClientMachine::open() {
  begin();
  if (error_) return;
  pending_.push_back({{}, Expect::greeting});
  written_ = 1;
}

void ClientMachine::forward(const ClientIdentity& client) {
  begin();
  options_.client = client;
  if (error_) return;
  if (!forwarded_ || !say_client())
    refuse(ErrorKind::refused, "The server takes no word about whom we speak for");
}

const std::string& ClientMachine::name() const {
  const bool theirs = forwarded_ && !by_xforward_ && !options_.client->helo.empty();
  return theirs ? options_.client->helo : options_.host;
}

void ClientMachine::send_ehlo() {
  capabilities_ = {};
  expect((options_.lmtp ? "LHLO " : "EHLO ") + name() + "\r\n", Expect::ehlo);
}

void ClientMachine::on_greeting(const Reply& reply) {
  if (reply.code != 220) return refuse(ErrorKind::refused, "The server does not greet", &reply);
  send_ehlo();
}

void ClientMachine::on_ehlo(const Reply& reply) {
  if (reply.positive()) {
    // A HELO answer has no capabilities.
    if (!helo_) capabilities_ = parse_capabilities(reply);
    return after_ehlo();
  }
  // RFC 5321 3.2: HELO for servers that do not know EHLO.
  if (reply.permanent() && !helo_ && !options_.lmtp) {
    helo_ = true;
    return expect("HELO " + name() + "\r\n", Expect::helo);
  }
  refuse(ErrorKind::refused, "The server refused our greeting", &reply);
}

void ClientMachine::after_ehlo() {
  if (!options_.tls_active && options_.tls != ClientOptions::Tls::never) {
    if (capabilities_.starttls) return expect("STARTTLS\r\n", Expect::starttls);
    // T-04
    if (options_.tls == ClientOptions::Tls::required)
      return refuse(ErrorKind::tls, "The server does not offer STARTTLS");
  }
  after_tls();
}

void ClientMachine::after_tls() {
  if (options_.client && !std::exchange(client_said_, true) && say_client()) return;
  if (options_.credentials && !logged_in_) start_auth();
}

// False: there is nothing to say.
bool ClientMachine::say_client() {
  auto lines = xclient_lines(*options_.client, capabilities_.xclient_names);
  by_xforward_ = lines.empty();
  if (by_xforward_) lines = xforward_lines(*options_.client, capabilities_.xforward_names);
  client_lines_.assign(lines.begin(), lines.end());
  if (client_lines_.empty()) return false;
  say_next_line(by_xforward_ ? Expect::xforward : Expect::xclient);
  return true;
}

void ClientMachine::say_next_line(Expect kind) {
  std::string line = std::move(client_lines_.front());
  client_lines_.pop_front();
  expect(std::move(line) + "\r\n", kind);
}

void ClientMachine::on_xclient(const Reply& reply) {
  if (!reply.positive() && forwarded_) return refuse(ErrorKind::refused, "XCLIENT refused", &reply);
  if (!reply.positive() && !client_told_) return after_tls();
  client_told_ = true;
  if (reply.positive() && !client_lines_.empty()) return say_next_line(Expect::xclient);
  forwarded_ = true;
  helo_ = false;
  send_ehlo();
}

void ClientMachine::on_xforward(const Reply& reply) {
  if (!reply.positive() && forwarded_)
    return refuse(ErrorKind::refused, "XFORWARD refused", &reply);
  if (!reply.positive()) return after_tls();
  if (!client_lines_.empty()) return say_next_line(Expect::xforward);
  if (!std::exchange(forwarded_, true)) after_tls();
}

void ClientMachine::on_starttls(const Reply& reply) {
  if (reply.code == 220) {
    tls_wanted_ = true;
    return;
  }
  if (options_.tls == ClientOptions::Tls::required)
    return refuse(ErrorKind::tls, "The server refused STARTTLS", &reply);
  after_tls();
}

void ClientMachine::tls_started() {
  // RFC 3207 4.2, T-03: what was said before does not count.
  tls_wanted_ = false;
  options_.tls_active = true;
  helo_ = false;
  send_ehlo();
}

void ClientMachine::start_auth() {
  const bool secure = options_.tls_active || options_.secret_without_tls;
  const std::string name = sasl::choose(capabilities_.auth, *options_.credentials, secure);
  mechanism_ = sasl::make_client(name, *options_.credentials);
  if (!mechanism_)
    return refuse(ErrorKind::authentication, "The server offers no way to log in that we may use");
  const auto initial = mechanism_->initial();
  std::string line = "AUTH " + name;
  if (initial) line += " " + (initial->empty() ? std::string("=") : base64_encode(*initial));
  expect(line + "\r\n", Expect::auth);
}

void ClientMachine::on_auth(const Reply& reply) {
  if (reply.code == 334) {
    // The challenge of an exchange is not shown to the caller as an answer of the server.
    const auto challenge = base64_decode(reply.text());
    const auto response = challenge ? mechanism_->step(*challenge) : Result<std::string>();
    if (!challenge || !response) return expect("*\r\n", Expect::auth);
    return expect(base64_encode(*response) + "\r\n", Expect::auth);
  }
  const bool complete = mechanism_->complete();
  mechanism_.reset();
  if (!reply.positive()) return refuse(ErrorKind::authentication, "Log-in refused", &reply);
  if (!complete)
    return refuse(ErrorKind::authentication,
                  "The server could not prove that it knows the password");
  logged_in_ = true;
}

}  // namespace tandem::smtp
