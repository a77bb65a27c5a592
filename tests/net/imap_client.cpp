// ImapClient against scripts: whole, one byte at a time, and with the server leaving at each step.
#include "lib/net/imap_client.hpp"

#include <fmt/format.h>

#include "lib/protocol/sasl/sasl.hpp"
#include "tests/net/imap_dialogue.hpp"

namespace tandem::test {
namespace {

using namespace net;
namespace imap = tandem::imap;
const ScriptStep greeting{
    "",
    "* OK [CAPABILITY IMAP4rev1 LITERAL+ SASL-IR IDLE UIDPLUS ESEARCH LIST-STATUS MOVE] hi\r\n"};

class Copier final : public ImapHandler {
 public:
  std::string log;
  Task<Result<void>> on_body(const imap::response::Fetch& so_far, std::uint64_t size) override {
    log += "<" + std::to_string(so_far.uid) + ":" + std::to_string(size) + ":";
    co_return Result<void>();
  }
  Task<Result<void>> on_body_bytes(std::string_view bytes) override {
    log += bytes;
    co_return Result<void>();
  }
  Task<Result<void>> on_body_end() override {
    log += ">";
    co_return Result<void>();
  }
  Task<Result<void>> on_message(const imap::response::Fetch& message) override {
    log += "[" + std::to_string(message.uid) + "]";
    co_return Result<void>();
  }
  void on_response(imap::Response&) override { log += "."; }
};

Task<Result<std::string>> session(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  OK_OR_RETURN(in, client.login("bob", "pa\"ss"));
  OK_OR_RETURN(listed, client.list("", "*", imap::status_messages));
  OK_OR_RETURN(box, client.select("INBOX"));
  OK_OR_RETURN(found, client.search("ALL"));
  OK_OR_RETURN(out, client.logout());
  std::string text;
  for (const auto& one : *listed)
    text += one.entry.name + "=" + (one.status ? std::to_string(one.status->messages) : "?") + " ";
  co_return text + std::to_string(box->exists) + " " + std::to_string(box->uid_validity) + " " +
      (box->read_only ? "ro " : "rw ") + found->to_string();
}

Task<Result<std::string>> many_at_once(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  const std::vector<std::string> names{"a", "b", "c"};
  OK_OR_RETURN(subscribed, client.subscribe(names));
  OK_OR_RETURN(statuses, client.statuses(names, imap::status_messages));
  std::string text;
  for (const auto& one : *statuses) text += one.name + std::to_string(one.messages);
  co_return text;
}

Task<Result<std::string>> fetching(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  client.stream_bodies_from(0);
  Copier copier;
  imap::FetchAttributes wanted;
  wanted.flags = true;
  wanted.bodies.push_back({.peek = true});
  imap::SequenceSet uids;
  uids.add(1, 3);
  OK_OR_RETURN(done, client.fetch(uids, wanted, copier));
  co_return copier.log;
}

Task<Result<std::string>> pipelined(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  ImapAppend message{.flags = {"\\Seen"}, .date = imap::DateTime{0, 540}, .size = 5};
  OK_OR_RETURN(first, client.send_append("受信", message));
  OK_OR_RETURN(a, client.append_bytes("hel"));
  OK_OR_RETURN(b, client.append_bytes("lo"));
  OK_OR_RETURN(c, client.append_end());
  message.flags.clear();
  OK_OR_RETURN(second, client.send_append("x", message));
  OK_OR_RETURN(d, client.append_bytes("HELLO"));
  OK_OR_RETURN(e, client.append_more(message));
  OK_OR_RETURN(f, client.append_bytes("WORLD"));
  OK_OR_RETURN(g, client.append_end());
  CHECK(client.in_flight() == 2);
  OK_OR_RETURN(late, client.finish(*second));
  OK_OR_RETURN(early, client.finish(*first));
  co_return early->code.target.to_string() + " " + (late->ok() ? "ok" : late->code.name);
}

Task<Result<std::string>> synchronising(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  OK_OR_RETURN(in, client.login("b\xc3\xb6", "x"));
  const ImapAppend plain;
  const auto refused = co_await client.append("nowhere", plain, "hello");
  if (refused.error().kind == ErrorKind::closed) co_return fail(refused.error());
  CHECK(refused.error().kind == ErrorKind::not_found);
  CHECK(code_of(refused.error()).kind == imap::CodeKind::try_create);
  OK_OR_RETURN(done, client.append("INBOX", {}, "hello"));
  co_return done->code.target.to_string();
}

Task<Result<std::string>> idling(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  OK_OR_RETURN(changed, client.idle(std::chrono::minutes(5)));
  const ImapChanges changes = client.take_changes();
  co_return std::string(*changed ? "changed " : "same ") +
      std::to_string(changes.exists.value_or(0)) + " " + changes.flags.at(0).flags.at(0);
}

Task<Result<std::string>> sasl(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  sasl::Credentials credentials{.user = "a", .password = "b"};
  OK_OR_RETURN(in, client.log_in(std::move(credentials), true));
  int round = 0;
  ImapClient::SaslStep step = [&round](std::string_view challenge) -> Result<std::string> {
    ++round;
    return "r" + std::string(challenge);
  };
  OK_OR_RETURN(again, client.authenticate("LOGIN", std::nullopt, step));
  co_return std::to_string(round);
}

Task<Result<std::string>> changing(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  OK_OR_RETURN(box, client.examine("INBOX", "(CONDSTORE)"));
  imap::SequenceSet uids{{1, 2}};
  OK_OR_RETURN(stored, client.store(uids, imap::command::StoreAction::add, {"\\Seen"}, 12));
  OK_OR_RETURN(moved, client.move(uids, "Trash"));
  OK_OR_RETURN(gone, client.expunge(uids));
  const ImapChanges changes = client.take_changes();
  co_return stored->code.target.to_string() + " " + moved->target.to_string() + " " +
      std::to_string(changes.expunged.size()) + " " + std::to_string(client.selected().exists);
}

Task<Result<std::string>> greeting_only(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  co_return "greeted";
}
Task<Result<std::string>> starttls(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  OK_OR_RETURN(secured, client.start_tls(nullptr));
  co_return "secured";
}
Task<Result<std::string>> greet_and_login(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  OK_OR_RETURN(in, client.login("bob", "secret"));
  co_return "in";
}

}  // namespace

// What leaves without being waited for is answered before a mailbox is opened.
Task<Result<std::string>> open_behind_enable(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  OK_OR_RETURN(sent, client.enable_soon("QRESYNC"));
  OK_OR_RETURN(opened, client.select("INBOX"));
  co_return std::to_string(opened->exists) + (client.is_enabled("QRESYNC") ? " enabled" : "");
}

TEST_CASE("imap client: a mailbox is opened behind an ENABLE that nobody waited for") {
  check_dialogue(open_behind_enable,
                 {greeting,
                  {"A1 ENABLE QRESYNC\r\n", "* ENABLED QRESYNC\r\nA1 OK\r\n"},
                  {"A2 SELECT INBOX\r\n", "* 3 EXISTS\r\nA2 OK\r\n"}},
                 "3 enabled");
}

// What leaves with a SELECT is answered after it, also where the SELECT is refused.
Task<Result<std::string>> ask_behind_select(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  std::string said;
  for (const std::string name : {"INBOX", "gone"}) {
    OK_OR_RETURN(select, client.send_select(name));
    imap::SequenceSet set;
    set.add(4, imap::SequenceSet::star);
    imap::FetchAttributes attributes;
    attributes.uid = attributes.flags = true;
    OK_OR_RETURN(asked, client.send_fetch(set, attributes, {}));
    const auto opened = co_await client.finish_select(*select);
    if (!client.is_open()) co_return fail(opened.error());
    Copier copier;
    OK_OR_RETURN(told, client.finish(*asked, &copier));
    said += fmt::format("{} {} {} {};", client.selected().name, opened ? opened->exists : 0,
                        told->ok(), client.take_changes().exists.value_or(0));
  }
  co_return said;
}

TEST_CASE("imap client: questions that leave with a SELECT") {
  check_dialogue(ask_behind_select,
                 {greeting,
                  {"A1 SELECT INBOX\r\nA2 UID FETCH 4:* (UID FLAGS)\r\n",
                   "* 3 EXISTS\r\nA1 OK\r\n* 4 EXISTS\r\n* 4 FETCH (UID 9 FLAGS ())\r\nA2 OK\r\n"},
                  {"A3 SELECT gone\r\nA4 UID FETCH 4:* (UID FLAGS)\r\n",
                   "A3 NO [NONEXISTENT] none\r\nA4 BAD no mailbox is open\r\n"}},
                 "INBOX 3 true 4; 0 false 0;");
}

TEST_CASE("imap client: a session") {
  check_dialogue(
      session,
      {greeting,
       {"A1 LOGIN \"bob\" \"pa\\\"ss\"\r\n", "A1 OK in\r\n"},
       {"A2 CAPABILITY\r\n", "* CAPABILITY IMAP4rev1 LIST-STATUS ESEARCH\r\nA2 OK\r\n"},
       {"A3 LIST \"\" \"*\" RETURN (STATUS (MESSAGES))\r\n",
        "* LIST () \"/\" INBOX\r\n* STATUS INBOX (MESSAGES 3)\r\n* LIST (\\Noselect) \"/\" "
        "&MEI-\r\nA3 OK\r\n"},
       {"A4 SELECT INBOX\r\n",
        "* FLAGS (\\Seen)\r\n* 3 EXISTS\r\n* OK [UIDVALIDITY 77] x\r\nA4 OK [READ-WRITE] done\r\n"},
       {"A5 UID SEARCH RETURN (ALL) ALL\r\n", "* ESEARCH (TAG \"A5\") UID ALL 1:2,9\r\nA5 OK\r\n"},
       {"A6 LOGOUT\r\n", "* BYE bye\r\nA6 OK\r\n"}},
      "INBOX=3 あ=? 3 77 rw 1:2,9");
}

TEST_CASE("imap client: of many commands at once, one that is refused spoils no other") {
  check_dialogue(many_at_once,
                 {greeting,
                  {"A1 SUBSCRIBE a\r\nA2 SUBSCRIBE b\r\nA3 SUBSCRIBE c\r\n",
                   "A1 OK\r\nA2 NO [NONEXISTENT] none\r\nA3 OK\r\n"},
                  {"A4 STATUS a (MESSAGES)\r\nA5 STATUS b (MESSAGES)\r\nA6 STATUS c (MESSAGES)\r\n",
                   "* STATUS a (MESSAGES 1)\r\nA4 OK\r\nA5 NO none\r\n* STATUS c (MESSAGES 3)\r\n"
                   "A6 OK\r\n"}},
                 "a1c3");
}

TEST_CASE("imap client: bodies pass through the handler") {
  check_dialogue(fetching,
                 {greeting,
                  {"A1 UID FETCH 1:3 (FLAGS BODY.PEEK[])\r\n",
                   "* 1 FETCH (UID 1 FLAGS () BODY[] {5}\r\nh\r\nlo)\r\n* 9 EXISTS\r\n* 2 FETCH "
                   "(UID 2 BODY[] \"q\")\r\n"
                   "* 3 FETCH (BODY[] {0}\r\n UID 3)\r\nA1 OK done\r\n"}},
                 "<1:5:h\r\nlo>[1].<2:1:q>[2]<0:0:>[3]");
}

TEST_CASE("imap client: appends are pipelined, answers sorted by tag") {
  check_dialogue(pipelined,
                 {greeting,
                  {"A1 APPEND &U9dP4Q- (\\Seen) \" 1-Jan-1970 09:00:00 +0900\" {5+}\r\nhello\r\n"
                   "A2 APPEND x \" 1-Jan-1970 09:00:00 +0900\" {5+}\r\nHELLO \" 1-Jan-1970 "
                   "09:00:00 +0900\" {5+}\r\nWORLD\r\n",
                   "A1 OK [APPENDUID 1 7] x\r\nA2 NO [OVERQUOTA] full\r\n"}},
                 "7 OVERQUOTA");
}

TEST_CASE("imap client: literals the server has to ask for") {
  check_dialogue(synchronising,
                 {{"", "* OK [CAPABILITY IMAP4rev1] hi\r\n"},
                  {"A1 LOGIN {3}\r\n", "+ go\r\n"},
                  {"b\xc3\xb6 \"x\"\r\n", "A1 OK [CAPABILITY IMAP4rev1] in\r\n"},
                  {"A2 APPEND nowhere {5}\r\n", "A2 NO [TRYCREATE] none\r\n"},
                  {"A3 APPEND INBOX {5}\r\n", "* 3 EXISTS\r\n+\r\n"},
                  {"hello\r\n", "A3 OK [APPENDUID 1 8] x\r\n"}},
                 "8");
}

TEST_CASE("imap client: IDLE until something changes") {
  check_dialogue(idling,
                 {greeting,
                  {"A1 IDLE\r\n", "+ idling\r\n* OK still here\r\n* 4 FETCH (FLAGS (\\seen))\r\n"},
                  {"DONE\r\n", "* 6 EXISTS\r\nA1 OK\r\n"}},
                 "changed 6 \\Seen");
}

TEST_CASE("imap client: SASL with and without initial response") {
  check_dialogue(sasl,
                 {{"", "* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] hi\r\n"},
                  {"A1 AUTHENTICATE PLAIN AGEAYg==\r\n", "A1 OK [CAPABILITY IMAP4rev1] in\r\n"},
                  {"A2 AUTHENTICATE LOGIN\r\n", "+ YQ==\r\n"},
                  {"cmE=\r\n", "+\r\n"},
                  {"cg==\r\n", "A2 OK [CAPABILITY IMAP4rev1] in\r\n"}},
                 "2");
}

TEST_CASE("imap client: flags, moves, expunges") {
  check_dialogue(changing,
                 {{"", "* OK [CAPABILITY IMAP4rev1 MOVE UIDPLUS] hi\r\n"},
                  {"A1 EXAMINE INBOX (CONDSTORE)\r\n", "* 5 EXISTS\r\nA1 OK [READ-ONLY] done\r\n"},
                  {"A2 UID STORE 1:2 (UNCHANGEDSINCE 12) +FLAGS.SILENT (\\Seen)\r\n",
                   "* 1 FETCH (MODSEQ (13))\r\nA2 OK [MODIFIED 2] x\r\n"},
                  {"A3 UID MOVE 1:2 Trash\r\n",
                   "* OK [COPYUID 1 1:2 7:8] x\r\n* 1 EXPUNGE\r\n* 1 EXPUNGE\r\nA3 OK\r\n"},
                  {"A4 UID EXPUNGE 1:2\r\n", "A4 OK\r\n"}},
                 "2 7:8 2 3");
}

TEST_CASE("imap client: PREAUTH, missing and refused STARTTLS end it before a credential [T-04]",
          "[T-04]") {
  const auto preauth = talk(greeting_only, {{"", "* PREAUTH welcome\r\n"}}, 65536, 1);
  REQUIRE_FALSE(preauth);
  CHECK(preauth.error().kind == ErrorKind::protocol);
  const auto bye = talk(greeting_only, {{"", "* BYE [UNAVAILABLE] later\r\n"}}, 65536, 1);
  REQUIRE_FALSE(bye);
  CHECK(bye.error().server_words == "[UNAVAILABLE] later");
  CHECK(bye.error().temporary);
  const auto missing = talk(starttls, {{"", "* OK [CAPABILITY IMAP4rev1] hi\r\n"}}, 65536, 1);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().kind == ErrorKind::tls);
  const auto refused = talk(starttls,
                            {{"", "* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n"},
                             {"A1 STARTTLS\r\n", "A1 NO not today\r\n"}},
                            65536, 2);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::tls);
  CHECK(refused.error().server_words == "not today");
}

TEST_CASE("imap client: bytes after the answer to STARTTLS close the connection [T-02]", "[T-02]") {
  const auto injected =
      talk(starttls,
           {{"", "* OK [CAPABILITY IMAP4rev1 STARTTLS] hi\r\n"},
            {"A1 STARTTLS\r\n", "A1 OK go\r\n* OK [CAPABILITY AUTH=PLAIN] evil\r\n"}},
           65536, 2);
  REQUIRE_FALSE(injected);
  CHECK(injected.error().kind == ErrorKind::protocol);
}

TEST_CASE("imap client: refusals keep the server's words and never a secret") {
  const auto refused = talk(
      greet_and_login,
      {greeting, {"A1 LOGIN \"bob\" \"secret\"\r\n", "A1 NO [AUTHENTICATIONFAILED] Invalid\r\n"}},
      65536, 2);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().kind == ErrorKind::authentication);
  CHECK_FALSE(refused.error().temporary);
  CHECK(refused.error().server_words == "[AUTHENTICATIONFAILED] Invalid");
  CHECK(refused.error().to_string().find("secret") == std::string::npos);
  const auto busy =
      talk(greet_and_login,
           {greeting,
            {"A1 LOGIN \"bob\" \"secret\"\r\n", "A1 NO [LIMIT] Maximum number of connections\r\n"}},
           65536, 2);
  REQUIRE_FALSE(busy);
  CHECK(busy.error().temporary);
  const auto strange =
      talk(greet_and_login, {greeting, {"A1 LOGIN \"bob\" \"secret\"\r\n", "A9 OK\r\n"}}, 65536, 2);
  REQUIRE_FALSE(strange);
  CHECK(strange.error().kind == ErrorKind::protocol);
}

TEST_CASE("imap client: a hostile server causes a bounded error [T-20]", "[T-20]") {
  const auto literal = talk(
      greet_and_login,
      {greeting, {"A1 LOGIN \"bob\" \"secret\"\r\n", "* LIST () NIL {4294967296}\r\n"}}, 65536, 2);
  REQUIRE_FALSE(literal);
  CHECK(literal.error().kind == ErrorKind::protocol);
  const auto line =
      talk(greet_and_login,
           {greeting, {"A1 LOGIN \"bob\" \"secret\"\r\n", "* OK " + std::string(2'000'000, 'x')}},
           65536, 2);
  REQUIRE_FALSE(line);
  CHECK(line.error().kind == ErrorKind::protocol);
}

}  // namespace tandem::test
