// POP3's server machines: log-in and mailbox, whole, byte by byte, broken after n bytes, hostile.
#include <algorithm>
#include <random>

#include <catch2/catch.hpp>

#include "lib/base/text.hpp"
#include "lib/protocol/pop3/login_machine.hpp"
#include "lib/protocol/pop3/mailbox_machine.hpp"

using namespace tandem;
using namespace tandem::pop3;

namespace {

struct LoginRun {
  explicit LoginRun(LoginOptions options) : machine(std::move(options)) { turn(); }

  static LoginOptions open_options() {
    LoginOptions options;
    options.host = "pop.example";
    options.login_without_tls = true;
    options.auth_mechanisms = {"PLAIN", "SCRAM-SHA-256"};
    return options;
  }

  void turn() {
    while (true) {
      const LoginAction action = machine.next();
      most_held = std::max(most_held, machine.held());
      switch (action.kind) {
        case LoginAction::Kind::send: out += action.bytes; break;
        case LoginAction::Kind::read: max = action.max; return;
        case LoginAction::Kind::verify: {
          asked.push_back(action.request);
          sasl::Answer answer;
          if (action.request.credential.secret == "pencil 1") answer = sasl::Answer::accept();
          if (!action.request.apop_digest.empty()) {
            answer.verdict = sasl::Answer::Verdict::secret;
            answer.password = "tanstaaf";
          }
          machine.answer(answer);
          break;
        }
        case LoginAction::Kind::start_tls:
          tls = true;
          machine.tls_started();
          break;
        case LoginAction::Kind::logged_in:
          if (locked)
            machine.reject("IN-USE", "locked");
          else
            machine.confirm("in");
          break;
        case LoginAction::Kind::close: closed = true; return;
      }
    }
  }

  void feed(std::string_view bytes, std::size_t step = 65536) {
    while (!bytes.empty() && !closed) {
      const std::size_t size = std::min({bytes.size(), step, max});
      machine.received(bytes.substr(0, size));
      bytes.remove_prefix(size);
      turn();
    }
  }

  std::string take() { return std::exchange(out, {}); }

  LoginMachine machine;
  std::string out;
  bool closed = false, tls = false, locked = false;
  std::size_t max = 0, most_held = 0;
  std::vector<LoginRequest> asked;
};

struct MailboxRun {
  explicit MailboxRun(std::vector<std::string> given)
      : texts(std::move(given)), machine(entries(texts), {}) {
    turn();
  }

  static std::vector<MessageEntry> entries(const std::vector<std::string>& texts) {
    std::vector<MessageEntry> list;
    for (const std::string& text : texts)
      list.push_back({text.size(), "uid" + std::to_string(list.size() + 1)});
    return list;
  }

  void turn() {
    while (true) {
      const MailboxAction action = machine.next();
      switch (action.kind) {
        case MailboxAction::Kind::send: out += action.bytes; break;
        case MailboxAction::Kind::read: return;
        case MailboxAction::Kind::fetch: fetch(action.index); break;
        case MailboxAction::Kind::update:
          removed = machine.deleted();
          machine.updated(true);
          break;
        case MailboxAction::Kind::close: closed = true; return;
      }
    }
  }

  void fetch(std::size_t index) {
    if (broken) return machine.content_failed();
    std::string_view text = texts[index];
    while (!text.empty() && machine.content(text.substr(0, piece)))
      text.remove_prefix(std::min(piece, text.size()));
    machine.content_end();
  }

  void feed(std::string_view bytes, std::size_t step = 65536) {
    for (; !bytes.empty() && !closed; bytes.remove_prefix(std::min(step, bytes.size()))) {
      machine.received(bytes.substr(0, step));
      turn();
    }
  }

  std::string take() { return std::exchange(out, {}); }

  std::vector<std::string> texts;
  MailboxMachine machine;
  std::string out;
  std::vector<std::size_t> removed;
  std::size_t piece = 65536;
  bool closed = false, broken = false;
};

}  // namespace

TEST_CASE("POP3 log-in with USER and PASS, whole and byte by byte, keeps the bytes behind it") {
  for (const std::size_t step : {std::size_t{1}, std::size_t{65536}}) {
    LoginRun run(LoginRun::open_options());
    CHECK(run.take() == "+OK POP3 ready\r\n");
    const std::string text = "USER tim\r\nPASS pencil 1\r\n";
    run.feed(step == 1 ? text : text + "STAT\r\nLIST", step);
    CHECK(run.take() == "+OK Password?\r\n+OK in\r\n");
    CHECK(run.machine.done());
    CHECK(run.machine.user() == "tim");
    CHECK(run.machine.take_rest() == (step == 1 ? "" : "STAT\r\nLIST"));
  }
}

TEST_CASE("RFC 1939 7 APOP vector") {
  CHECK(apop_digest("<1896.697170952@dbc.mtview.ca.us>", "tanstaaf") ==
        "c4c9334bac560ecc979e58001b3e22fb");
  LoginOptions options = LoginRun::open_options();
  options.apop_banner = "<1896.697170952@dbc.mtview.ca.us>";
  LoginRun run(options);
  CHECK(run.take() == "+OK POP3 ready <1896.697170952@dbc.mtview.ca.us>\r\n");
  run.feed("APOP mrose 00000000000000000000000000000000\r\n");
  CHECK(run.take() == "-ERR [AUTH] Log-in refused\r\n");
  run.feed("APOP mrose c4c9334bac560ecc979e58001b3e22fb\r\n");
  CHECK(run.take() == "+OK in\r\n");
  CHECK(run.machine.user() == "mrose");
}

TEST_CASE("RFC 5034 AUTH with and without an initial response, cancelled and refused") {
  LoginRun run(LoginRun::open_options());
  run.take();
  const std::string good = base64_encode(std::string_view("\0tim\0pencil 1", 13));
  run.feed("AUTH PLAIN\r\n*\r\nAUTH PLAIN ???\r\nAUTH FOO\r\n");
  CHECK(run.take() ==
        "+ \r\n-ERR Authentication cancelled\r\n-ERR [AUTH] Log-in refused\r\n-ERR Unknown "
        "mechanism\r\n");
  run.feed("AUTH PLAIN\r\n" + good + "\r\n");
  CHECK(run.take() == "+ \r\n+OK in\r\n");
  LoginRun initial(LoginRun::open_options());
  initial.take();
  initial.feed("AUTH PLAIN " + good + "\r\n");
  CHECK(initial.take() == "+OK in\r\n");
}

TEST_CASE("a locked mailbox is a refusal after which the client may try again") {
  LoginRun run(LoginRun::open_options());
  run.take();
  run.locked = true;
  run.feed("USER tim\r\nPASS pencil 1\r\n");
  CHECK(run.take() == "+OK Password?\r\n-ERR [IN-USE] locked\r\n");
  run.locked = false;
  run.feed("USER tim\r\nPASS pencil 1\r\n");
  CHECK(run.machine.done());
}

TEST_CASE("T-01 bytes behind STLS close the connection, at every split") {
  const std::string text = "STLS\r\nUSER evil\r\n";
  for (std::size_t size = 7; size <= text.size(); ++size) {
    LoginOptions options = LoginRun::open_options();
    options.stls = true;
    LoginRun run(options);
    run.take();
    run.feed(text.substr(0, size));
    CHECK(run.closed);
    CHECK_FALSE(run.tls);
    CHECK(run.take() == "-ERR Nothing may follow STLS\r\n");
  }
}

TEST_CASE("T-03 after STLS the name of before is forgotten and capabilities differ") {
  LoginOptions options = LoginRun::open_options();
  options.stls = true;
  options.login_without_tls = false;
  LoginRun run(options);
  run.take();
  run.feed("CAPA\r\n");
  const std::string before = run.take();
  CHECK(before.find("STLS\r\n") != std::string::npos);
  CHECK(before.find("USER") == std::string::npos);
  run.feed("USER tim\r\n");
  CHECK(run.take() == "-ERR [SYS/PERM] Say STLS first\r\n");
  run.feed("STLS\r\n");
  CHECK(run.take() == "+OK Begin TLS\r\n");
  CHECK(run.tls);
  run.feed("PASS pencil 1\r\n");
  CHECK(run.take() == "-ERR USER comes first\r\n");
  run.feed("CAPA\r\n");
  const std::string after = run.take();
  CHECK(after.find("STLS\r\n") == std::string::npos);
  CHECK(after.find("SASL PLAIN SCRAM-SHA-256\r\n") != std::string::npos);
}

TEST_CASE("T-06 HTTP and endless errors end a POP3 log-in without an echo") {
  LoginRun http(LoginRun::open_options());
  http.feed("GET /canary HTTP/1.1\r\n");
  CHECK(http.closed);
  LoginRun errors(LoginRun::open_options());
  for (int i = 0; i < 6; ++i) errors.feed("canary\r\n");
  CHECK(errors.closed);
  CHECK(http.out.find("canary") == std::string::npos);
  CHECK(errors.out.find("canary") == std::string::npos);
}

TEST_CASE("a POP3 log-in that breaks after n bytes lets nobody in") {
  const std::string text = "USER tim\r\nPASS pencil 1\r\n";
  for (std::size_t n = 0; n < text.size(); ++n) {
    LoginRun run(LoginRun::open_options());
    run.feed(text.substr(0, n), 1);
    run.machine.ended();
    run.turn();
    CHECK(run.closed);
    CHECK_FALSE(run.machine.done());
  }
}

TEST_CASE("T-15 T-19 hostile bytes to the POP3 log-in stay below 16 KiB") {
  std::mt19937 random(17);
  const std::string words[] = {"USER tim\r\n",
                               "PASS x\r\n",
                               "AUTH PLAIN\r\n",
                               "AUTH SCRAM-SHA-256\r\n",
                               "=\r\n",
                               "CAPA\r\n",
                               "\n",
                               "APOP ",
                               "\xff\xfe",
                               "AAAA"};
  for (int round = 0; round < 300; ++round) {
    LoginOptions options = LoginRun::open_options();
    options.max_errors = 1000;
    LoginRun run(options);
    for (int i = 0; i < 60 && !run.closed; ++i) {
      std::string bytes = words[random() % std::size(words)];
      if (random() % 4 == 0) bytes += std::string(random() % 9000, 'A');
      run.feed(bytes, 1 + random() % 3000);
    }
    REQUIRE(run.most_held <= 16 * 1024);
    REQUIRE_FALSE(run.machine.done());
  }
}

TEST_CASE("RFC 1939 a POP3 session, whole and byte by byte") {
  for (const std::size_t step : {std::size_t{1}, std::size_t{65536}}) {
    MailboxRun run({"Subject: 1\r\n\r\n.a\r\nb\r\nc\r\n", "x\r\n"});
    run.piece = step;
    run.feed(
        "STAT\r\nLIST\r\nLIST 2\r\nUIDL\r\nUIDL 1\r\nRETR 1\r\nTOP 1 1\r\nTOP 1 0\r\nDELE "
        "2\r\nRETR 2\r\nLIST 2\r\n"
        "STAT\r\nRSET\r\nSTAT\r\nDELE 1\r\nNOOP\r\nQUIT\r\n",
        step);
    CHECK(run.out ==
          "+OK 2 27\r\n+OK Sizes\r\n1 24\r\n2 3\r\n.\r\n+OK 2 3\r\n+OK Ids\r\n1 uid1\r\n2 "
          "uid2\r\n.\r\n+OK 1 uid1\r\n"
          "+OK 24 octets\r\nSubject: 1\r\n\r\n..a\r\nb\r\nc\r\n.\r\n"
          "+OK 24 octets\r\nSubject: 1\r\n\r\n..a\r\n.\r\n"
          "+OK 24 octets\r\nSubject: 1\r\n\r\n.\r\n"
          "+OK Marked\r\n-ERR No such message\r\n-ERR No such message\r\n+OK 1 24\r\n+OK Nothing "
          "is marked\r\n"
          "+OK 2 27\r\n+OK Marked\r\n+OK Ok\r\n+OK Goodbye\r\n");
    CHECK(run.closed);
    CHECK(run.removed == std::vector<std::size_t>{0});
  }
}

TEST_CASE("POP3: without QUIT nothing is removed, and an unreadable message is an -ERR") {
  MailboxRun run({"x\r\n"});
  run.broken = true;
  run.feed("RETR 1\r\nRETR 0\r\nRETR 99999999999999999999\r\nTOP 1\r\nDELE 1\r\n");
  CHECK(run.take() ==
        "-ERR [SYS/TEMP] The message cannot be read now\r\n-ERR No such message\r\n-ERR No such "
        "message\r\n"
        "-ERR Syntax: TOP message lines\r\n+OK Marked\r\n");
  run.machine.timed_out();
  run.turn();
  CHECK(run.closed);
  CHECK(run.removed.empty());
}

TEST_CASE("POP3: a listing of many messages leaves in bounded pieces") {
  MailboxMachine machine(std::vector<MessageEntry>(50000, {1, "u"}), {});
  machine.received("UIDL\r\n");
  std::size_t lines = 0, largest = 0;
  for (MailboxAction action = machine.next(); action.kind == MailboxAction::Kind::send;
       action = machine.next()) {
    largest = std::max(largest, action.bytes.size());
    lines += static_cast<std::size_t>(std::ranges::count(action.bytes, '\n'));
  }
  CHECK(lines == 50002);
  CHECK(largest < 20 * 1024);
}
