#include "lib/protocol/imap/preauth.hpp"

#include <algorithm>

#include "lib/base/text.hpp"
#include "lib/protocol/imap/decoder.hpp"
#include "lib/protocol/imap/write.hpp"

namespace tandem::imap {

using Step = CommandReader::Step;

namespace {

// Of an ID field that is kept: 30 of them are at most 3.5 KiB.
constexpr std::size_t longest_name = 15;
constexpr std::size_t longest_value = 100;

// A request line of HTTP, or the first record of a TLS handshake (T-06).
bool is_foreign(std::string_view text) {
  if (text.starts_with('\x16')) return true;
  constexpr std::size_t version_size = 9;  // " HTTP/1.1"
  return text.size() > version_size &&
         text.substr(text.size() - version_size).starts_with(" HTTP/");
}

}  // namespace

// What each command does before log-in; nothing: the session goes on.
struct Preauth::Serve {
  using Outcome = std::optional<Action>;
  Preauth& session;

  Outcome operator()(command::Capability&) const {
    session.out_ += "* CAPABILITY " + session.capability_text() + "\r\n";
    session.answer("OK", "Done");
    return std::nullopt;
  }
  Outcome operator()(command::Noop&) const {
    session.answer("OK", "Done");
    return std::nullopt;
  }
  Outcome operator()(command::Logout&) const {
    session.out_ += "* BYE Goodbye\r\n";
    session.answer("OK", "Done");
    return session.end({});
  }
  Outcome operator()(command::Id& id) const {
    session.client_id_.clear();
    for (const auto& [name, value] : id.fields)
      session.client_id_.emplace_back(name.substr(0, longest_name), value.substr(0, longest_value));
    std::string text;
    for (const auto& [name, value] : session.settings_.id) {
      text += text.empty() ? "(" : " ";
      append_quoted(text, name);
      text += ' ';
      append_quoted(text, value);
    }
    session.out_ += "* ID " + (text.empty() ? "NIL" : text + ")") + "\r\n";
    session.answer("OK", "Done");
    return std::nullopt;
  }
  Outcome operator()(command::StartTls&) const {
    if (session.tls_ || !session.settings_.starttls) {
      return session.bad({.tag = session.tag_, .text = "STARTTLS is not possible here"});
    }
    if (session.reader_.has_rest()) return session.end("Data after STARTTLS");  // T-01
    session.answer("OK", "Begin TLS");
    return Action::start_tls;
  }
  Outcome operator()(command::Login& login) const {
    if (!session.login_allowed()) return needs_tls();
    session.user_ = std::move(login.user);
    session.password_ = std::move(login.password);
    return Action::login;
  }
  Outcome operator()(command::Authenticate& wanted) const {
    if (!session.login_allowed()) return needs_tls();
    if (std::ranges::find(session.settings_.mechanisms, wanted.mechanism) ==
        session.settings_.mechanisms.end()) {
      session.answer("NO [CANNOT]", "Unknown mechanism");
      return std::nullopt;
    }
    session.mechanism_ = std::move(wanted.mechanism);
    session.response_ = std::move(wanted.initial);
    session.in_sasl_ = true;
    return Action::sasl_begin;
  }
  template <class T>
  Outcome operator()(T&) const {
    return session.bad({.tag = session.tag_, .text = "Log in first"});
  }

 private:
  [[nodiscard]] Outcome needs_tls() const {
    session.answer("NO [PRIVACYREQUIRED]", "TLS is required before a log-in");
    return std::nullopt;
  }
};

Preauth::Preauth(Settings settings, bool tls_active)
    : settings_(std::move(settings)), reader_(settings_.limits), tls_(tls_active) {
  out_ = "* OK [CAPABILITY " + capability_text() + "] " + line_text(settings_.greeting) + "\r\n";
}

Preauth::~Preauth() {
  forget();
}

std::string Preauth::capability_text() const {
  std::string text;
  const auto add = [&text](std::string_view word) {
    if (!text.empty()) text += ' ';
    text += word;
  };
  for (const std::string& word : settings_.capabilities) add(word);
  if (!tls_ && settings_.starttls) add("STARTTLS");
  if (!login_allowed()) {
    add("LOGINDISABLED");
    return text;
  }
  for (const std::string& mechanism : settings_.mechanisms) add("AUTH=" + mechanism);
  return text;
}

void Preauth::answer(std::string_view status, std::string_view text) {
  out_.append(tag_).append(" ").append(status).append(" ").append(text).append("\r\n");
}

Preauth::Action Preauth::end(std::string_view goodbye) {
  if (!goodbye.empty()) out_.append("* BYE ").append(goodbye).append("\r\n");
  closed_ = true;
  forget();
  return Action::close;
}

std::optional<Preauth::Action> Preauth::bad(const CommandError& error) {
  out_ += error.to_string();
  if (++errors_ >= settings_.max_errors) return end("Too many errors");
  return std::nullopt;
}

Preauth::Action Preauth::next() {
  constexpr std::size_t most_output = 4096;  // unsent answers to pipelined commands
  while (!closed_) {
    if (out_.size() > most_output) return end("Too many commands at once");
    const Step step = reader_.next();
    if (step == Step::need_input) {
      if (!tls_ && is_foreign(reader_.pending())) return end({});
      reader_.release_memory();
      return Action::need_input;
    }
    if (step == Step::continue_literal) {
      out_ += "+ OK\r\n";
    } else if (step == Step::line) {
      return sasl_line(reader_.text());
    } else if (step == Step::refused) {
      CommandError error = reader_.error();
      if (in_sasl_) error.tag = tag_;  // the line was no command: it has no tag of its own
      const bool was_sasl = std::exchange(in_sasl_, false);
      if (const auto done = bad(error)) return *done;
      if (was_sasl) return Action::sasl_ended;
    } else if (step == Step::append) {  // its message is not a command: skipped, then `refused`
      const auto spec = literal_suffix(reader_.text());
      CommandError error{.tag = std::string(command_head(reader_.text()).tag),
                         .text = "Log in first"};
      reader_.refuse(std::move(error), spec->size, spec->synchronising);
    } else {
      const Action action = command(reader_.text());
      if (action != Action::need_input) return action;
    }
  }
  return Action::close;
}

// need_input: go on with what is buffered.
Preauth::Action Preauth::command(std::string_view text) {
  if (is_foreign(text)) return end({});
  if (++commands_ > settings_.max_commands) return end("Too many commands");
  auto parsed = parse_command(text);
  std::optional<Action> action;
  if (!parsed) {
    action = bad(parsed.error());
  } else {
    tag_ = std::move(parsed->tag);
    action = std::visit(Serve{*this}, parsed->body);
  }
  return action.value_or(Action::need_input);
}

Preauth::Action Preauth::sasl_line(std::string_view line) {
  response_ = base64_decode(line);
  if (response_) return Action::sasl_response;
  in_sasl_ = false;
  const CommandError error{.tag = tag_, .text = line == "*" ? "Cancelled" : "malformed base64"};
  return bad(error).value_or(Action::sasl_ended);
}

void Preauth::challenge(std::string_view bytes) {
  out_ += "+ " + base64_encode(bytes) + "\r\n";
  if (response_) wipe(*response_);
  response_.reset();
  reader_.expect_line();
}

void Preauth::refuse(std::string_view code, std::string_view text) {
  std::string status = "NO";
  if (!code.empty()) status.append(" [").append(code).append("]");
  answer(status, line_text(text));
  forget();
}

void Preauth::forget() {
  in_sasl_ = false;
  wipe(user_);
  wipe(password_);
  mechanism_.clear();
  if (response_) wipe(*response_);
  response_.reset();
}

void Preauth::tls_started() {
  tls_ = true;
  errors_ = commands_ = 0;
  client_id_.clear();
  forget();
  tag_.clear();
  out_.clear();
  (void)reader_.take_rest();
}

std::size_t Preauth::memory() const {
  std::size_t bytes = reader_.memory() + out_.capacity() + user_.capacity() + password_.capacity();
  bytes += response_ ? response_->capacity() : 0;
  for (const auto& [name, value] : client_id_) bytes += name.capacity() + value.capacity();
  return bytes;
}

}  // namespace tandem::imap
