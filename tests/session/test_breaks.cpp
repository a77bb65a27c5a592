// Either party breaks off after any step: nobody hangs, nothing is left in the roster.
#include "tests/session/stage.hpp"

namespace tandem::session {
namespace {

using net::Protocol;
using net::Task;

const Script whole = {"S: * OK hello",
                      "C: %T CAPABILITY",
                      "S: * CAPABILITY IMAP4rev1",
                      "S: %T OK",
                      "C: %T LOGIN \"tanaka\" \"geheim\"",
                      "S: %T OK in",
                      "C: %T CAPABILITY",
                      "S: * CAPABILITY IMAP4rev1 IDLE",
                      "S: %T OK",
                      "C: b NOOP",
                      "S: * 1 EXISTS",
                      "S: b OK"};
const std::size_t logged_in_at = 9;

Task<void> backend_breaks(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  for (std::size_t n = 0; n <= whole.size(); ++n) {
    INFO("after step " << n);
    stage.old_side.scripts.emplace_back(whole.begin(), whole.begin() + static_cast<long>(n));
    Talker person = stage.person(Protocol::imap);
    (void)co_await person.line();
    co_await person.say("a LOGIN tanaka geheim\r\n");
    const std::string answer = co_await person.line();
    CHECK(answer.starts_with(n < logged_in_at ? "a NO [UNAVAILABLE]" : "a OK"));
    if (n < logged_in_at) continue;
    co_await person.say("b NOOP\r\n");
    const std::string rest = co_await person.all();
    CHECK(rest == std::string("* 1 EXISTS\r\nb OK\r\n").substr(0, n < 11 ? 0 : n < 12 ? 12 : 18));
  }
}

Task<void> client_breaks(Stage& stage) {
  co_await stage.import("tanaka@example.jp");
  const std::string all = "a LOGIN {6+}\r\ntanaka geheim\r\nb NOOP\r\nc LOG";
  for (std::size_t n = 0; n <= all.size(); ++n) {
    stage.old_side.scripts.push_back(imap_login("\"tanaka\" \"geheim\""));
    Talker person = stage.person(Protocol::imap);
    co_await person.say(all.substr(0, n));
    if (n % 2 == 0) co_await stage.net.timers.settle();
  }
}

}  // namespace

TEST_CASE("IMAP: the backend breaks off after each step") {
  Stage stage;
  stage.net.run(backend_breaks(stage));
  stage.net.run(stage.net.group.join());
  CHECK(stage.proxy->open_sessions() == 0);
  stage.check_backends();
}

TEST_CASE("IMAP: the client breaks off after each byte") {
  Stage stage;
  stage.net.run(client_breaks(stage));
  stage.net.run(stage.net.group.join());
  CHECK(stage.proxy->open_sessions() == 0);
}

}  // namespace tandem::session
