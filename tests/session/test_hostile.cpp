// Before a log-in: what new mail programs send in ways of their own, and what nobody should send.
#include <cstdlib>
#include <malloc.h>

#include "tests/session/stage.hpp"

namespace tandem::session {
namespace {

using net::Protocol;
using net::Task;

// The new Outlook's proxy says who it is before it logs in, and sends every string as a literal
// that it does not wait for.
const std::string outlook =
    "1 ID (\"name\" {24+}\r\nMicrosoft.Exchange.Imap4 \"version\" {4+}\r\n15.2)\r\n"
    "2 LOGIN {17+}\r\ntanaka@example.jp {8+}\r\nge heim\"\r\n";

Task<void> split_outlook(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  for (std::size_t split = 1; split < outlook.size(); ++split) {
    CAPTURE(split);
    stage.old_side.scripts = {imap_login("\"tanaka\" \"ge heim\\\"\"")};
    Talker person = stage.person(Protocol::imap);
    (void)co_await person.line();
    const std::string first = outlook.substr(0, split);
    const std::string second = outlook.substr(split);
    co_await person.say(first);
    co_await stage.net.timers.settle();
    co_await person.say(second);
    co_await person.hear("* ID (\"name\" \"Tandemail\")");
    co_await person.hear("1 OK Done");
    CHECK((co_await person.line()).starts_with("2 OK [CAPABILITY "));
    person.close();
    co_await stage.net.group.join();
  }
  const auto seen = stage.proxy->clients();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].client == "Microsoft.Exchange.Imap4 15.2");
  CHECK(seen[0].log_ins == outlook.size() - 1);
}

struct Assault {
  Protocol protocol;
  std::string bytes;
};

std::string times(std::string_view piece, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += piece;
  return text;
}

std::vector<Assault> assaults() {
  constexpr std::size_t many = 20'000;
  const auto imap = Protocol::imap;
  const auto pop3 = Protocol::pop3;
  const auto smtp = Protocol::submission;
  return {{imap, "a LOGIN {4294967295}\r\n" + times("x", many)},
          {imap, times("a LOGIN {9+}\r\n", many / 10)},
          {imap, "a LOGIN " + times("(", many)},
          {imap, times("t", many)},
          {imap, "a ID (" + times("\"k\" \"v\" ", 1000) + ")\r\n"},
          {imap, "a AUTHENTICATE PLAIN\r\n" + times("QUJD", many / 4)},
          {imap, times("a AUTHENTICATE LOGIN\r\n*\r\n", 50)},
          {imap, "a AUTHENTICATE SCRAM-SHA-256 biws\r\n" + times("\r\n", 50)},
          {imap, "a STARTTLS\r\na LOGIN x y\r\n"},
          {imap, times("\xff\xfe\0\r\n", many / 5)},
          {pop3, times("u", many)},
          {pop3, times("AUTH LOGIN\r\n*\r\n", 50)},
          {pop3, "AUTH PLAIN\r\n" + times("QUJD", many / 4)},
          {pop3, "APOP x y\r\n" + times("CAPA\r\n", 500)},
          {smtp, times("E", many)},
          {smtp, "EHLO x\r\n" + times("AUTH PLAIN\r\n*\r\n", 50)},
          {smtp, "EHLO x\r\nAUTH CRAM-MD5\r\n" + times("QUJD", many / 4)},
          {smtp, "EHLO x\r\n" + times("MAIL FROM:<a@b>\r\n", 500)}};
}

Task<void> swallow(net::Stream& stream) {
  char room[4096];
  while (true) {
    const auto count = co_await stream.read_some(room);
    if (!count || *count == 0) co_return;
  }
}

Task<void> attack(Stage& stage, Assault assault) {
  Talker person = stage.person(assault.protocol, true);
  net::TaskGroup reading(stage.net.executor());
  reading.spawn(swallow(person.stream()));
  co_await person.say(assault.bytes);
  (void)co_await person.stream().shutdown_send();
  co_await reading.join();
  person.close();
  co_await stage.net.group.join();
}

Task<void> attack_often(Stage& stage, std::size_t count) {
  const std::vector<Assault> kinds = assaults();
  for (std::size_t i = 0; i < count; ++i) co_await attack(stage, kinds[i % kinds.size()]);
}

std::size_t bytes_in_use() {
  return mallinfo2().uordblks;
}

// How many hostile connections the memory test makes; TANDEM_HOSTILE_CONNECTIONS sets it.
std::size_t hostile_connections() {
  constexpr std::size_t ordinary = 2000;
  const char* wanted = std::getenv("TANDEM_HOSTILE_CONNECTIONS");
  return wanted == nullptr ? ordinary : std::strtoull(wanted, nullptr, 10);
}

}  // namespace

TEST_CASE("IMAP: the new Outlook's ID and LOGIN with literals, split at every byte") {
  Stage stage;
  stage.net.run(split_outlook(stage));
  stage.net.run(stage.net.group.join());
  stage.check_backends();
}

TEST_CASE("T-15 T-16 T-17 hostile bytes before the log-in leave memory flat") {
  Stage stage;
  stage.net.run(stage.import("tanaka@example.jp", "altes"));
  stage.net.run(attack_often(stage, 200));  // what is kept for the next one is there now
  const std::size_t before = bytes_in_use();
  // In portions: one run() has a minute, and machines are slow at times.
  constexpr std::size_t portion = 200;
  for (std::size_t done = 0; done < hostile_connections(); done += portion)
    stage.net.run(attack_often(stage, portion));
  CHECK(bytes_in_use() < before + 256 * 1024);
  CHECK(stage.old_side.connections == 0);
  CHECK(stage.proxy->open_sessions() == 0);
}

}  // namespace tandem::session
