// `master_for_people`: who shows the other side's stored password is logged in by the home side's
// master user, where the home side's own password is not stored.
#include "tests/session/stage.hpp"

namespace tandem::session {
namespace {

using net::Protocol;
using net::Task;

void with_master(Stage& stage, std::string pattern) {
  const std::string file = stage.directory.path + "/master.txt";
  std::ofstream(file) << "meister\n";
  config::MigrationSettings settings = stage.settings();
  settings.new_side.master_user = "root";
  settings.new_side.master_login = std::move(pattern);
  settings.new_side.master_password_file = file;
  settings.new_side.master_for_people = true;
  auto made = migration::Registry::open(*stage.store, {std::move(settings)}, stage.secrets,
                                        stage.net.clock());
  REQUIRE(made);
  stage.proxy.reset();
  stage.registry = std::move(*made);
  stage.open_proxy(stage.options());
}

Task<std::string> imap_log_in(Stage& stage, std::string password) {
  Talker person = stage.person(Protocol::imap);
  (void)co_await person.line();
  const std::string command = "a LOGIN tanaka@example.jp " + password + "\r\n";
  co_await person.say(command);
  co_return co_await person.line();
}

Task<void> speaks_for(Stage& stage) {
  with_master(stage, "{login}*{master}");
  co_await stage.import("tanaka@example.jp", "altes");
  co_await stage.cut_over("tanaka@example.jp");
  const std::string tail = R"("tanaka@example.jp*root" "meister")";
  stage.new_side.scripts.push_back(imap_login(tail));
  const std::string in = co_await imap_log_in(stage, "altes");
  CHECK(in.starts_with("a OK "));
  CHECK(stage.new_side.wrong.empty());
  // Anything else that is typed goes there as it is: the server knows.
  const std::string own = R"("tanaka@example.jp" "neues")";
  stage.new_side.scripts.push_back(imap_login(own));
  const std::string typed = co_await imap_log_in(stage, "neues");
  CHECK(typed.starts_with("a OK "));
  CHECK(stage.new_side.wrong.empty());
}

Task<void> speaks_for_nobody_at_the_other_side(Stage& stage) {
  with_master(stage, "{login}*{master}");
  co_await stage.import("tanaka@example.jp", "", "neues");
  const std::string tail = R"("tanaka" "neues")";
  stage.old_side.scripts.push_back(imap_login(tail));
  const std::string in = co_await imap_log_in(stage, "neues");
  CHECK(in.starts_with("a OK "));
  CHECK(stage.old_side.wrong.empty());
}

Task<void> not_where_the_own_password_is_stored(Stage& stage) {
  with_master(stage, "{login}*{master}");
  co_await stage.import("tanaka@example.jp", "altes", "neues");
  co_await stage.cut_over("tanaka@example.jp");
  const std::string tail = R"("tanaka@example.jp" "neues")";
  stage.new_side.scripts.push_back(imap_login(tail));
  const std::string in = co_await imap_log_in(stage, "altes");
  CHECK(in.starts_with("a OK "));
  CHECK(stage.new_side.wrong.empty());
}

// It is not the person's fault, and no delay is counted against anybody.
Task<void> refused_master(Stage& stage) {
  with_master(stage, "authzid");
  co_await stage.import("tanaka@example.jp", "altes");
  co_await stage.cut_over("tanaka@example.jp");
  stage.new_side.scripts.push_back(
      {"S: * OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hello",
       "C: %T AUTHENTICATE PLAIN " + base64_encode("tanaka@example.jp" + std::string(1, '\0') +
                                                   "root" + std::string(1, '\0') + "meister"),
       "S: %T NO [AUTHENTICATIONFAILED] no"});
  const std::string answer = co_await imap_log_in(stage, "altes");
  CHECK(answer.starts_with("a NO [UNAVAILABLE]"));
  CHECK(stage.new_side.wrong.empty());
}

// A server that cannot be told for whom: the master's own mailbox is opened for nobody.
Task<void> for_nobody(Stage& stage, Protocol protocol, Script backend) {
  with_master(stage, "authzid");
  co_await stage.import("tanaka@example.jp", "altes");
  co_await stage.cut_over("tanaka@example.jp");
  stage.new_side.scripts.push_back(std::move(backend));
  Talker person = stage.person(protocol);
  (void)co_await person.line();
  if (protocol == Protocol::imap) {
    co_await person.say("a LOGIN tanaka@example.jp altes\r\n");
  } else if (protocol == Protocol::pop3) {
    co_await person.say("USER tanaka@example.jp\r\nPASS altes\r\n");
    (void)co_await person.line();
  } else {
    co_await person.say("EHLO laptop\r\n");
    (void)co_await person.answer("250 ");
    const std::string plain =
        base64_encode(std::string(1, '\0') + "tanaka@example.jp" + std::string(1, '\0') + "altes");
    co_await person.say("AUTH PLAIN " + plain + "\r\n");
  }
  const std::string answer = co_await person.line();
  CAPTURE(answer);
  CHECK((answer.starts_with("a NO [UNAVAILABLE]") || answer.starts_with("-ERR [SYS/TEMP]") ||
         answer.starts_with("454 ")));
}

TEST_CASE("A master user logs people in who show the other side's password") {
  both_ways(speaks_for);
}
TEST_CASE("A master user speaks at its own side only") {
  both_ways(speaks_for_nobody_at_the_other_side);
}
TEST_CASE("A master user is not needed where the own password is stored") {
  both_ways(not_where_the_own_password_is_stored);
}
TEST_CASE("A master user is not logged in where it cannot be said for whom") {
  const std::pair<Protocol, Script> servers[] = {
      {Protocol::imap, {"S: * OK [CAPABILITY IMAP4rev1 AUTH=LOGIN AUTH=CRAM-MD5] hello", "END"}},
      {Protocol::pop3,
       {"S: +OK <1@there> hello", "C: CAPA", "S: +OK\r\nUSER\r\nSASL LOGIN CRAM-MD5\r\n.", "END"}},
      {Protocol::submission,
       {"S: 220 there", "C: EHLO mail.test", "S: 250-there\r\n250 AUTH LOGIN CRAM-MD5", "END"}}};
  for (const auto& [protocol, script] : servers) {
    Stage stage;
    stage.net.run(for_nobody(stage, protocol, script));
    stage.net.run(stage.net.group.join());
    stage.check_backends();
  }
}
TEST_CASE("A master user that is refused is no wrong password") {
  both_ways(refused_master);
}

}  // namespace
}  // namespace tandem::session
