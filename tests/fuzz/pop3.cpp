// POP3, both sides: a hostile client before and after its log-in, a hostile server in a session of
// ours. All of it ends, and only whole lines are written (T-15, T-19, T-20, T-21).
#include <string>

#include "lib/protocol/pop3/client_machine.hpp"
#include "lib/protocol/pop3/login_machine.hpp"
#include "lib/protocol/pop3/mailbox_machine.hpp"
#include "tests/fuzz/target.hpp"

using namespace tandem;

namespace {

void log_in(std::string_view input) {
  pop3::LoginOptions options;
  options.login_without_tls = true;
  options.auth_mechanisms = {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256"};
  options.apop_banner = "<1.2@mail.example>";
  pop3::LoginMachine machine(options);
  std::string written;
  while (true) {
    const pop3::LoginAction action = machine.next();
    using Kind = pop3::LoginAction::Kind;
    if (action.kind == Kind::close) break;
    if (action.kind == Kind::send) written += action.bytes;
    if (action.kind == Kind::verify) machine.answer(sasl::Answer::refuse());
    if (action.kind == Kind::start_tls) machine.tls_started();
    if (action.kind == Kind::logged_in) machine.reject("IN-USE", "Locked");
    if (action.kind != Kind::read) continue;
    fuzz::require(machine.held() <= 16 * 1024, "at most 16 KiB before log-in (T-15)");
    const std::string_view piece = input.substr(0, std::min<std::size_t>(action.max, 50));
    input.remove_prefix(piece.size());
    if (piece.empty())
      machine.ended();
    else
      machine.received(piece);
  }
  fuzz::require(fuzz::is_clean(written), "answers are whole lines");
}

void fetch(pop3::MailboxMachine& machine) {
  if (!machine.content("Subject: dots\r\n\r\n.\r\n")) return;
  if (machine.content("..\r\nlast line without an end")) machine.content_end();
}

void read_mail(std::string_view input) {
  pop3::MailboxMachine machine({{.size = 100, .uid = "a"}, {.size = 200, .uid = "b"}}, {});
  std::string written;
  while (true) {
    const pop3::MailboxAction action = machine.next();
    using Kind = pop3::MailboxAction::Kind;
    if (action.kind == Kind::close) break;
    if (action.kind == Kind::send) written += action.bytes;
    if (action.kind == Kind::fetch) fetch(machine);
    if (action.kind == Kind::update) machine.updated(true);
    if (action.kind != Kind::read) continue;
    const std::string_view piece = input.substr(0, std::min<std::size_t>(action.max, 50));
    input.remove_prefix(piece.size());
    if (piece.empty())
      machine.ended();
    else
      machine.received(piece);
  }
  fuzz::require(fuzz::is_clean(written), "answers are whole lines");
}

class HostileServer {
 public:
  explicit HostileServer(std::string_view bytes) : left_(bytes) {}
  bool play(pop3::ClientMachine& machine) {
    using Kind = pop3::ClientAction::Kind;
    for (pop3::ClientAction action = machine.next(); action.kind != Kind::done;
         action = machine.next()) {
      if (action.kind == Kind::send)
        fuzz::require(fuzz::is_clean(action.bytes), "only whole lines are written (T-21)");
      if (action.kind == Kind::start_tls) machine.tls_started();
      if (action.kind == Kind::read) give(machine);
    }
    return machine.take().has_value() && machine.usable();
  }

 private:
  void give(pop3::ClientMachine& machine) {
    const std::string_view piece = left_.substr(0, 30);
    left_.remove_prefix(piece.size());
    if (piece.empty())
      machine.failed(Error{.kind = ErrorKind::closed, .what = "closed"});
    else
      machine.received(piece);
  }
  std::string_view left_;
};

void visit(std::string_view input) {
  HostileServer server(input);
  pop3::ClientOptions options;
  options.tls = pop3::ClientOptions::Tls::never;
  options.secret_without_tls = true;
  options.max_messages = 1000;
  pop3::ClientMachine machine(options);
  machine.open();
  if (!server.play(machine)) return;
  machine.login({.user = "aoki", .password = "secret"});
  if (!server.play(machine)) return;
  machine.uidl();
  if (!server.play(machine)) return;
  fuzz::require(machine.take_entries().size() <= 1000, "a listing is bounded");
  machine.retrieve(1);
  if (server.play(machine)) machine.quit();
  (void)server.play(machine);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  log_in(input);
  read_mail(input);
  visit(input);
  return 0;
}
