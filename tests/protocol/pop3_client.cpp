// POP3's client machine against scripted answers and against our own server machines.
#include <catch2/catch.hpp>

#include "lib/base/text.hpp"
#include "lib/protocol/pop3/client_machine.hpp"

using namespace tandem;
using namespace tandem::pop3;

namespace {

struct ClientRun {
  explicit ClientRun(ClientOptions given = plain()) : machine(given) {}

  static ClientOptions plain() {
    ClientOptions options;
    options.tls = ClientOptions::Tls::never;
    options.secret_without_tls = true;
    return options;
  }

  Result<std::string> run(std::string server = {}) {
    while (true) {
      ClientAction action = machine.next();
      switch (action.kind) {
        case ClientAction::Kind::done: return machine.take();
        case ClientAction::Kind::content: content += action.bytes; break;
        case ClientAction::Kind::start_tls:
          tls = true;
          machine.tls_started();
          break;
        case ClientAction::Kind::send:
          sent += action.bytes;
          server += answer(action.bytes);
          break;
        case ClientAction::Kind::read: {
          if (server.empty()) {
            machine.failed(Error{ErrorKind::closed, "closed", Origin::other, true, {}, {}});
            break;
          }
          const std::size_t size = std::min(step, server.size());
          machine.received(server.substr(0, size));
          server.erase(0, size);
        }
      }
    }
  }

  std::string answer(std::string_view line) {
    if (fail_at-- == 0) return {};
    for (const auto& [prefix, reply] : table) {
      if (istarts_with(line, prefix)) return reply;
    }
    return "-ERR what?\r\n";
  }

  std::vector<std::pair<std::string, std::string>> table{
      {"CAPA", "+OK\r\nUIDL\r\nTOP\r\nUSER\r\n.\r\n"},
      {"USER", "+OK\r\n"},
      {"PASS pencil", "+OK in\r\n"},
      {"APOP", "+OK in\r\n"},
      {"STLS", "+OK go\r\n"},
      {"AUTH PLAIN", "+OK in\r\n"},
      {"UIDL", "+OK\r\n1 abc\r\n3 d.e\r\n.\r\n"},
      {"LIST", "+OK\r\n1 100 x\r\n.\r\n"},
      {"RETR 1", "+OK\r\nSubject: x\r\n\r\n..dot\r\n..\r\n.\r\n"},
      {"DELE", "+OK\r\n"},
      {"QUIT", "+OK bye\r\n"},
      {"XCLIENT", "+OK Updated\r\n"}};
  ClientMachine machine;
  std::size_t step = 65536;
  std::string sent, content;
  int fail_at = -1;
  bool tls = false;
};

const sasl::Credentials tim{.user = "tim", .password = "pencil"};

}  // namespace

TEST_CASE("POP3 client: a session, whole and byte by byte") {
  for (const std::size_t step : {std::size_t{1}, std::size_t{65536}}) {
    ClientRun run;
    run.step = step;
    run.machine.open();
    REQUIRE(run.run("+OK hi\r\n"));
    CHECK(run.machine.capabilities().uidl);
    run.machine.login(tim);
    CHECK(*run.run() == "in");
    run.machine.uidl();
    REQUIRE(run.run());
    const auto ids = run.machine.take_entries();
    REQUIRE(ids.size() == 2);
    CHECK(ids[1].number == 3);
    CHECK(ids[1].value == "d.e");
    run.machine.list();
    REQUIRE(run.run());
    CHECK(run.machine.take_entries()[0].value == "100");
    run.machine.retrieve(1);
    REQUIRE(run.run());
    CHECK(run.content == "Subject: x\r\n\r\n.dot\r\n.\r\n");
    run.machine.retrieve(2);
    const auto missing = run.run();
    CHECK(missing.error().kind == ErrorKind::refused);
    CHECK(run.machine.usable());
    run.machine.dele(1);
    REQUIRE(run.run());
    run.machine.quit();
    REQUIRE(run.run());
    CHECK_FALSE(run.machine.usable());
    CHECK(run.sent ==
          "CAPA\r\nUSER tim\r\nPASS pencil\r\nUIDL\r\nLIST\r\nRETR 1\r\nRETR 2\r\nDELE "
          "1\r\nQUIT\r\n");
  }
}

TEST_CASE("POP3 client: APOP where the greeting allows it, AUTH where offered") {
  ClientRun apop;
  apop.machine.open();
  REQUIRE(apop.run("+OK hi <1896.697170952@dbc.mtview.ca.us>\r\n"));
  apop.machine.login({.user = "mrose", .password = "tanstaaf"});
  REQUIRE(apop.run());
  CHECK(apop.sent.ends_with("APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n"));
  ClientRun sasl;
  sasl.table[0].second = "+OK\r\nSASL PLAIN\r\n.\r\n";
  sasl.machine.open();
  REQUIRE(sasl.run("+OK hi\r\n"));
  sasl.machine.login(tim);
  REQUIRE(sasl.run());
  CHECK(sasl.sent.ends_with("AUTH PLAIN " + base64_encode(std::string_view("\0tim\0pencil", 11)) +
                            "\r\n"));
}

TEST_CASE("T-04 T-02 POP3 client: TLS missing, refused, or followed by early bytes") {
  ClientOptions options;
  for (const std::string& capa :
       {std::string("+OK\r\nUSER\r\n.\r\n"), std::string("+OK\r\nSTLS\r\n.\r\n")}) {
    ClientRun run(options);
    run.table[0].second = capa;
    run.table[4].second = "-ERR no\r\n";
    run.machine.open();
    CHECK(run.run("+OK hi\r\n").error().kind == ErrorKind::tls);
  }
  ClientRun early(options);
  early.table[0].second = "+OK\r\nSTLS\r\n.\r\n";
  early.table[4].second = "+OK go\r\n+OK evil\r\n";
  early.machine.open();
  CHECK(early.run("+OK hi\r\n").error().kind == ErrorKind::protocol);
  CHECK_FALSE(early.tls);
  ClientRun good(options);
  good.table[0].second = "+OK\r\nSTLS\r\n.\r\n";
  good.machine.open();
  REQUIRE(good.run("+OK hi\r\n"));
  CHECK(good.tls);
  CHECK(good.sent == "CAPA\r\nSTLS\r\nCAPA\r\n");
}

TEST_CASE("POP3 client: a session that breaks at step n is an error") {
  for (int n = 0; n < 4; ++n) {
    ClientRun run;
    run.fail_at = n;
    run.machine.open();
    auto result = run.run("+OK hi\r\n");
    if (result) run.machine.login(tim), result = run.run();
    if (result) run.machine.uidl(), result = run.run();
    CAPTURE(n);
    REQUIRE_FALSE(result);
    CHECK(result.error().kind == ErrorKind::closed);
  }
}

TEST_CASE("POP3 client: commands sent ahead go together, and are answered in their turn") {
  ClientRun run;
  run.table = {{"CAPA", "+OK\r\nTOP\r\nPIPELINING\r\n.\r\n"},
               {"RETR 1\r\nRETR 2\r\nTOP 3 0\r\n",
                "+OK\r\none\r\n.\r\n-ERR damaged\r\n+OK\r\nthree\r\n.\r\n"},
               {"RETR 4", "+OK\r\nfour\r\n.\r\n"}};
  run.machine.open();
  REQUIRE(run.run("+OK\r\n"));
  run.sent.clear();
  run.machine.retrieve_ahead(1);
  run.machine.retrieve_ahead(2);
  run.machine.top_ahead(3, 0);
  // Another command would take their answers for its own.
  run.machine.retrieve(4);
  CHECK(run.run().error().kind == ErrorKind::invalid);
  CHECK(run.machine.usable());
  run.machine.retrieve(1);
  REQUIRE(run.run());
  CHECK(run.content == "one\r\n");
  run.machine.retrieve(2);
  CHECK(run.run().error().kind == ErrorKind::refused);
  run.machine.skip();
  REQUIRE(run.run());
  CHECK_FALSE(run.machine.is_ahead());
  CHECK(run.sent == "RETR 1\r\nRETR 2\r\nTOP 3 0\r\n");
  run.content.clear();
  run.machine.retrieve(4);
  REQUIRE(run.run());
  CHECK(run.content == "four\r\n");
}

TEST_CASE("POP3 client: nothing is sent ahead to a server that did not offer it") {
  ClientRun run;
  run.machine.open();
  REQUIRE(run.run("+OK\r\n"));
  run.machine.retrieve_ahead(1);
  CHECK_FALSE(run.machine.is_ahead());
  run.sent.clear();
  run.machine.noop();
  (void)run.run();
  CHECK(run.sent == "NOOP\r\n");
}

TEST_CASE("T-20 T-21 T-27 POP3 client: endless answers, injection, secrets") {
  ClientRun run;
  run.machine.open();
  CHECK(run.run(std::string(100000, 'x')).error().kind == ErrorKind::closed);
  ClientRun lines;
  lines.table[0].second = "+OK\r\n";
  for (int i = 0; i < 200; ++i) lines.table[0].second += "X\r\n";
  lines.machine.open();
  CHECK(lines.run("+OK\r\n").error().kind == ErrorKind::limit);
  ClientRun wrong;
  wrong.machine.open();
  REQUIRE(wrong.run("+OK\r\n"));
  wrong.machine.login({.user = "tim\r\nDELE 1", .password = "x"});
  CHECK(wrong.run().error().kind == ErrorKind::invalid);
  wrong.machine.login({.user = "tim", .password = "x\r\nDELE 1"});
  CHECK(wrong.run().error().kind == ErrorKind::invalid);
  wrong.machine.login({.user = "tim", .password = "canary"});
  const auto refused = wrong.run();
  CHECK(refused.error().kind == ErrorKind::authentication);
  CHECK(refused.error().to_string().find("canary") == std::string::npos);
  CHECK(wrong.sent.find("DELE") == std::string::npos);
}

TEST_CASE("POP3 client: what speaks instead of a greeting is told, of mail nothing") {
  ClientRun other;
  other.machine.open();
  CHECK(other.run("220 mail.example.jp ESMTP\r\n").error().server_words ==
        "220 mail.example.jp ESMTP");
  // Mail where an answer or a listing should be: its server lost the count.
  for (const bool listing : {false, true}) {
    ClientRun run;
    run.table[7].second =
        listing ? "+OK\r\n1 100\r\nSubject: geheim\r\n.\r\n" : "Subject: geheim\r\n";
    run.machine.open();
    REQUIRE(run.run("+OK hi\r\n"));
    run.machine.login(tim);
    REQUIRE(run.run());
    run.machine.list();
    const auto ended = run.run();
    REQUIRE_FALSE(ended);
    CHECK(ended.error().kind == ErrorKind::protocol);
    CHECK_FALSE(ended.error().to_string().contains("geheim"));
  }
}

TEST_CASE("T-24 POP3 client: a server that trusts us is told the client before the log-in",
          "[T-24]") {
  for (const std::size_t step : {std::size_t{1}, std::size_t{4096}}) {
    ClientRun run;
    run.step = step;
    run.machine.open();
    REQUIRE(run.run("+OK [XCLIENT] ready <1.2@mx>\r\n"));
    CHECK(run.machine.capabilities().xclient);
    run.sent.clear();
    run.machine.forward({"2001:db8::7", 4711, 4});
    REQUIRE(run.run());
    CHECK(run.sent == "XCLIENT ADDR=2001:db8::7 PORT=4711 TTL=4\r\n");
    run.table.back().second = "-ERR You are not from trusted IP\r\n";
    run.machine.forward({"192.0.2.7", 4711, 4});
    CHECK(run.run().error().kind == ErrorKind::refused);
    run.machine.login(tim);
    CHECK(run.run());
  }
  ClientRun other;
  other.machine.open();
  REQUIRE(other.run("+OK ready [XCLIENT]\r\n"));
  CHECK_FALSE(other.machine.capabilities().xclient);
}

TEST_CASE("T-21 POP3 client: what is no address is told to nobody", "[T-21]") {
  ClientRun run;
  run.machine.open();
  REQUIRE(run.run("+OK [XCLIENT] ready\r\n"));
  run.sent.clear();
  for (const char* wrong : {"", "192.0.2.7 SESSION=x", "192.0.2.7\r\nQUIT", "mx.example"}) {
    run.machine.forward({wrong, 1, 4});
    CHECK(run.run().error().kind == ErrorKind::invalid);
  }
  CHECK(run.sent.empty());
  CHECK(run.machine.usable());
}
