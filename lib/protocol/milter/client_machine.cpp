#include "lib/protocol/milter/client_machine.hpp"

#include <algorithm>
#include <utility>

namespace tandem::milter {
namespace {

// A field as it is told: line ends are LF, the blank behind the colon only to who asked for it.
std::string told_value(std::string_view value, bool with_blank) {
  if (!with_blank && value.starts_with(' ')) value.remove_prefix(1);
  std::string text;
  std::ranges::copy_if(value, std::back_inserter(text), [](char c) { return c != '\r'; });
  return text;
}

std::string bracketed(const std::string& address) {
  return "<" + address + ">";
}

std::string host_of(const std::string& address) {
  const auto at = address.rfind('@');
  return at == std::string::npos ? "" : address.substr(at + 1);
}

std::string name_of(const Examination& message) {
  if (!message.client_name.empty()) return message.client_name;
  return message.client_address.empty() ? "unknown" : "[" + message.client_address + "]";
}

}  // namespace

ClientMachine::ClientMachine(Examination message, ClientWaits waits)
    : message_(std::move(message)), waits_(waits) {}

ClientAction ClientMachine::next() {
  const auto must_wait = [this] { return waiting_ || step_ == Step::body || step_ == Step::over; };
  while (!error_ && !must_wait() && out_.size() < largest_data) say();
  if (error_) return {};
  if (!out_.empty())
    return {
        .kind = ClientAction::Kind::send, .bytes = std::exchange(out_, {}), .wait = waits_.command};
  if (waiting_) {
    const Duration wait = asked_ == Step::end ? waits_.end : waits_.command;
    return {.kind = ClientAction::Kind::read, .bytes = {}, .wait = wait};
  }
  if (step_ == Step::body) return {.kind = ClientAction::Kind::content, .bytes = {}, .wait = {}};
  return {};
}

void ClientMachine::tell(Command command, const std::string& data, std::uint32_t unwanted,
                         std::uint32_t silent) {
  if (!wanted(unwanted)) return;
  append_packet(out_, static_cast<char>(command), data);
  waiting_ = wanted(silent);
}

void ClientMachine::macros(Command before, std::uint32_t unwanted,
                           std::initializer_list<std::pair<std::string_view, std::string>> given) {
  if (!wanted(unwanted)) return;
  std::string data(1, static_cast<char>(before));
  for (const auto& [name, value] : given) {
    if (value.empty()) continue;
    append_text(data, name);
    append_text(data, value);
  }
  append_packet(out_, static_cast<char>(Command::macros), data);
}

// Says what is next, and steps on.
void ClientMachine::say() {
  asked_ = step_;
  switch (step_) {
    case Step::negotiate: {
      std::string data;
      append_number(data, newest_version);
      append_number(data, action::offered);
      append_number(data, option::offered);
      tell(Command::negotiate, data, 0, 0);
      step_ = Step::connect;
      break;
    }
    case Step::connect: say_connect(); break;
    case Step::helo: {
      std::string data;
      append_text(data, message_.helo);
      macros(Command::helo, option::no_helo,
             {{"{tls_version}", message_.tls_version}, {"{cipher}", message_.tls_cipher}});
      tell(Command::helo, data, option::no_helo, option::silent_helo);
      step_ = Step::mail;
      break;
    }
    case Step::mail: say_mail(); break;
    case Step::rcpt: say_rcpt(); break;
    case Step::data:
      if (version_ >= 4) {
        macros(Command::data, option::no_data, {{"i", message_.message_id}});
        tell(Command::data, "", option::no_data, option::silent_data);
      }
      step_ = Step::header;
      next_ = 0;
      break;
    case Step::header: say_header(); break;
    case Step::end_of_header:
      macros(Command::end_of_header, option::no_end_of_header, {{"i", message_.message_id}});
      tell(Command::end_of_header, "", option::no_end_of_header, option::silent_end_of_header);
      step_ = wanted(option::no_body) ? Step::body : Step::end;
      break;
    case Step::end:
      macros(Command::end_of_body, 0, {{"i", message_.message_id}});
      tell(Command::end_of_body, "", 0, 0);
      break;
    case Step::quit:
      if (in_message_) append_packet(out_, static_cast<char>(Command::abort), "");
      append_packet(out_, static_cast<char>(Command::quit), "");
      step_ = Step::over;
      break;
    case Step::body:
    case Step::over: break;
  }
}

void ClientMachine::say_connect() {
  const std::string name = name_of(message_);
  std::string data;
  append_text(data, name);
  if (message_.client_address.empty()) {
    data += 'U';
  } else {
    const bool six = message_.client_address.find(':') != std::string::npos;
    data += six ? '6' : '4';
    data += static_cast<char>(message_.client_port >> 8);
    data += static_cast<char>(message_.client_port & 0xFF);
    append_text(data, message_.client_address);
  }
  macros(Command::connect, option::no_connect,
         {{"j", message_.our_name},
          {"_", name + " [" + message_.client_address + "]"},
          {"{daemon_name}", message_.our_name},
          {"v", "Tandemail"}});
  tell(Command::connect, data, option::no_connect, option::silent_connect);
  step_ = Step::helo;
}

void ClientMachine::say_mail() {
  std::string data;
  append_text(data, bracketed(message_.sender));
  for (const auto& one : message_.mail_parameters) append_text(data, one);
  const std::string port = message_.client_port == 0 ? "" : std::to_string(message_.client_port);
  macros(Command::mail, option::no_mail,
         {{"i", message_.message_id},
          {"{mail_addr}", message_.sender},
          {"{mail_host}", host_of(message_.sender)},
          {"{mail_mailer}", "smtp"},
          {"{client_addr}", message_.client_address},
          {"{client_name}", name_of(message_)},
          {"{client_port}", port}});
  in_message_ = true;
  tell(Command::mail, data, option::no_mail, option::silent_mail);
  step_ = Step::rcpt;
}

void ClientMachine::say_rcpt() {
  if (next_ == message_.recipients.size()) {
    step_ = Step::data;
    return;
  }
  const std::string& recipient = message_.recipients[next_++];
  std::string data;
  append_text(data, bracketed(recipient));
  macros(Command::rcpt, option::no_rcpt,
         {{"i", message_.message_id},
          {"{rcpt_addr}", recipient},
          {"{rcpt_host}", host_of(recipient)},
          {"{rcpt_mailer}", "smtp"}});
  tell(Command::rcpt, data, option::no_rcpt, option::silent_rcpt);
}

void ClientMachine::say_header() {
  if (next_ == message_.header.size() || !wanted(option::no_header)) {
    step_ = Step::end_of_header;
    return;
  }
  const Field& field = message_.header[next_++];
  std::string data;
  append_text(data, field.name);
  const bool with_blank = (options_ & option::leading_space) != 0;
  append_text(data, told_value(field.value, with_blank));
  // A longer packet would be taken for the end of all sense.
  if (data.size() > largest_data - 1) {
    data.resize(largest_data - 2);
    data += '\0';
  }
  tell(Command::header, data, option::no_header, option::silent_header);
}

void ClientMachine::content(std::string_view piece) {
  if (step_ != Step::body || skip_body_) return;
  asked_ = Step::body;
  tell(Command::body, std::string(piece.substr(0, largest_data)), option::no_body,
       option::silent_body);
}

void ClientMachine::content_end() {
  if (step_ == Step::body) step_ = Step::end;
}

void ClientMachine::failed(Error error) {
  if (!decided() && !error_) error_ = std::move(error);
  step_ = Step::over;
  waiting_ = false;
}

void ClientMachine::broken(std::string what) {
  failed(Error{.kind = ErrorKind::protocol, .what = std::move(what), .origin = Origin::other});
}

Result<Verdict> ClientMachine::take() {
  if (error_) return fail(std::move(*error_));
  return std::move(verdict_);
}

}  // namespace tandem::milter
