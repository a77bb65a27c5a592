// A hostile SMTP server (T-20, T-21): every operation ends, with replies or an error, and nothing
// but whole lines of ours is ever written.
#include <string>

#include "lib/protocol/smtp/client_machine.hpp"
#include "tests/fuzz/target.hpp"

using namespace tandem;

namespace {

class Server {
 public:
  explicit Server(std::string_view bytes) : left_(bytes) {}

  // Plays the machine until it is done; the server's bytes come `most` at a time.
  void play(smtp::ClientMachine& machine, std::size_t most) {
    for (int turns = 0; turns < 100'000; ++turns) {
      const smtp::ClientAction action = machine.next();
      switch (action.kind) {
        case smtp::ClientAction::Kind::send: written_ += action.bytes; break;
        case smtp::ClientAction::Kind::read: give(machine, most); break;
        case smtp::ClientAction::Kind::start_tls: machine.tls_started(); break;
        case smtp::ClientAction::Kind::done: return;
      }
    }
    fuzz::require(false, "an operation ends");
  }
  [[nodiscard]] const std::string& written() const { return written_; }

 private:
  void give(smtp::ClientMachine& machine, std::size_t most) {
    if (left_.empty()) {
      machine.failed(Error{.kind = ErrorKind::closed, .what = "closed"});
      return;
    }
    const std::string_view piece = left_.substr(0, most);
    left_.remove_prefix(piece.size());
    machine.received(piece);
  }
  std::string_view left_;
  std::string written_;
};

smtp::ClientOptions options(bool tls) {
  smtp::ClientOptions chosen;
  chosen.host = "gateway.example";
  chosen.tls = tls ? smtp::ClientOptions::Tls::required : smtp::ClientOptions::Tls::never;
  chosen.secret_without_tls = true;
  chosen.credentials = sasl::Credentials{.user = "aoki@example.jp", .password = "secret"};
  chosen.credentials->nonce = "fixed";
  chosen.client = {.address = "192.0.2.7", .port = 4711, .helo = "partner.example"};
  return chosen;
}

std::string run(std::string_view input, std::size_t most, bool tls) {
  Server server(input);
  smtp::ClientMachine machine(options(tls));
  machine.open();
  server.play(machine, most);
  if (!machine.take() || !machine.usable()) return server.written();
  smtp::MailCommand mail;
  mail.from = "a@x.example";
  smtp::RcptCommand rcpt;
  rcpt.to = "b@mx.example";
  machine.envelope(mail, {rcpt, rcpt}, true);
  server.play(machine, most);
  if (machine.take() && machine.usable()) {
    machine.quit();
    server.play(machine, most);
    (void)machine.take();
  }
  return server.written();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  for (const bool tls : {false, true}) {
    for (const std::size_t most : {std::size_t{1}, std::size_t{4096}})
      fuzz::require(fuzz::is_clean(run(input, most, tls)), "only whole lines are written (T-21)");
  }
  return 0;
}
