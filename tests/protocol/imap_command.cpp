// The commands of a client, typed.
#include <catch2/catch.hpp>

#include "lib/protocol/imap/parse_command.hpp"

using namespace tandem::imap;

namespace {

template <class T>
T parsed(std::string_view text) {
  const auto command = parse_command(text);
  INFO(text);
  if (!command) FAIL(command.error().to_string());
  REQUIRE(std::holds_alternative<T>(command->body));
  return std::get<T>(command->body);
}

std::string refused(std::string_view text) {
  const auto command = parse_command(text);
  return command ? "accepted" : command.error().to_string();
}

}  // namespace

TEST_CASE("imap: commands without arguments") {
  parsed<command::Capability>("a CAPABILITY");
  parsed<command::Noop>("a noop");
  parsed<command::Logout>("a LOGOUT");
  parsed<command::StartTls>("a StartTLS");
  parsed<command::Idle>("a IDLE");
  parsed<command::Check>("a CHECK");
  parsed<command::Close>("a CLOSE");
  parsed<command::Unselect>("a UNSELECT");
  parsed<command::Namespace>("a NAMESPACE");
  CHECK_FALSE(parsed<command::Expunge>("a EXPUNGE").uids);
  CHECK(parsed<command::Expunge>("a UID EXPUNGE 1:3").uids->to_string() == "1:3");
}

TEST_CASE("imap: log-in commands") {
  const auto login = parsed<command::Login>("a LOGIN {3}\r\nbob \"pass \\\"word\"");
  CHECK(login.user == "bob");
  CHECK(login.password == "pass \"word");
  CHECK(parsed<command::Login>("a LOGIN bob \"\"").password.empty());
  CHECK_FALSE(parsed<command::Authenticate>("a AUTHENTICATE plain").initial);
  CHECK(parsed<command::Authenticate>("a AUTHENTICATE PLAIN =").initial == std::string());
  CHECK(parsed<command::Authenticate>("a AUTHENTICATE plain AGEAYg==").mechanism == "PLAIN");
  CHECK(parsed<command::Authenticate>("a AUTHENTICATE PLAIN AGEAYg==").initial ==
        std::string("\0a\0b", 4));
  const auto id = parsed<command::Id>("a ID (\"name\" \"x\" \"version\" NIL)");
  REQUIRE(id.fields.size() == 2);
  CHECK(id.fields[0].second == "x");
  CHECK(parsed<command::Id>("a ID NIL").fields.empty());
  CHECK(parsed<command::Enable>("a ENABLE condstore UTF8=ACCEPT").capabilities.back() ==
        "UTF8=ACCEPT");
}

TEST_CASE("imap: mailbox commands") {
  const auto select = parsed<command::Select>(
      "a EXAMINE inbox (CONDSTORE QRESYNC (67890007 20050715194045000 41:211 (1,3 41,43)))");
  CHECK(select.mailbox == "INBOX");
  CHECK(select.read_only);
  CHECK(select.condstore);
  CHECK(select.resync->known_uids->to_string() == "41:211");
  CHECK(select.resync->match_uids->to_string() == "41,43");
  CHECK_FALSE(parsed<command::Select>("a SELECT x (QRESYNC (1 2))").resync->known_uids);
  CHECK(parsed<command::Select>("a SELECT &U9dP4TDIMOwwpA-").mailbox == "受信トレイ");
  const auto create =
      parsed<command::Create>("a CREATE box (USE (\\Sent) UIDVALIDITY 17 FLAG UIDL \"x y\")");
  CHECK(create.special_use == std::vector<std::string>{"\\Sent"});
  CHECK(create.extensions ==
        std::vector<ExtensionItem>{{"UIDVALIDITY", "17"}, {"FLAG", ""}, {"UIDL", "\"x y\""}});
  CHECK(parsed<command::Rename>("a RENAME {1}\r\nx \"y z\"").to == "y z");
  CHECK(parsed<command::Delete>("a DELETE x").mailbox == "x");
  CHECK(parsed<command::Subscribe>("a SUBSCRIBE x").subscribe);
  CHECK_FALSE(parsed<command::Subscribe>("a UNSUBSCRIBE x").subscribe);
  const auto status = parsed<command::Status>("a STATUS x (MESSAGES uidnext SIZE)");
  CHECK(status.items == (status_messages | status_uid_next | status_size));
}

TEST_CASE("imap: LIST in its forms") {
  const auto plain = parsed<command::List>("a LIST \"\" *");
  CHECK_FALSE(plain.extended);
  CHECK(plain.patterns == std::vector<std::string>{"*"});
  CHECK(parsed<command::List>("a LSUB \"\" \"%\"").lsub);
  CHECK(parsed<command::List>("a LIST \"\" \"\"").patterns.front().empty());
  const auto full = parsed<command::List>(
      "a LIST (SUBSCRIBED RECURSIVEMATCH) \"\" (\"INBOX\" Work/%) RETURN (CHILDREN SPECIAL-USE "
      "STATUS (UNSEEN))");
  CHECK(full.extended);
  CHECK(full.select_subscribed);
  CHECK(full.patterns.size() == 2);
  CHECK(full.return_children);
  CHECK(full.return_status == status_unseen);
}

TEST_CASE("imap: message commands") {
  const auto fetch = parsed<command::Fetch>(
      "a UID FETCH 1:* (FLAGS BODY.PEEK[HEADER]) (CHANGEDSINCE 12345 VANISHED)");
  CHECK(fetch.uid);
  CHECK(fetch.attributes.uid);
  CHECK(fetch.changed_since == 12345U);
  CHECK(fetch.vanished);
  CHECK_FALSE(parsed<command::Fetch>("a FETCH 1 FAST").attributes.uid);
  const auto store =
      parsed<command::Store>("a STORE 1,2 (UNCHANGEDSINCE 5) -FLAGS.SILENT (\\seen $Junk)");
  CHECK(store.action == command::StoreAction::remove);
  CHECK(store.silent);
  CHECK(store.flags == std::vector<std::string>{"\\Seen", "$Junk"});
  CHECK(store.unchanged_since == 5U);
  CHECK(parsed<command::Store>("a UID STORE 1 FLAGS \\Seen x").flags.size() == 2);
  CHECK(parsed<command::Store>("a STORE 1 FLAGS ()").flags.empty());
  const auto move = parsed<command::Copy>("a UID MOVE 2:4 \"Trash\"");
  CHECK(move.uid);
  CHECK(move.move);
  CHECK_FALSE(parsed<command::Copy>("a COPY 2:4 Trash").move);
  const auto search =
      parsed<command::Search>("a UID SEARCH RETURN (MIN COUNT PARTIAL -1:-100) CHARSET utf-8 ALL");
  CHECK(search.extended);
  CHECK(search.returns == (command::return_min | command::return_count));
  CHECK(search.partial->second == -100);
  CHECK(search.charset == "UTF-8");
  CHECK(parsed<command::Search>("a SEARCH RETURN () ALL").returns == command::return_all);
}

TEST_CASE("imap: APPEND up to its messages") {
  const auto command = parse_append(
      "a APPEND \"box\" (\\seen \\Flagged) \" 7-Jul-1996 02:44:25 +0900\" TANDEM (UID 7) UIDL "
      "\"x\" ~{310+}",
      {});
  REQUIRE(command);
  const auto& append = std::get<command::Append>(command->body);
  CHECK(append.mailbox == "box");
  CHECK(append.first.flags == std::vector<std::string>{"\\Seen", "\\Flagged"});
  CHECK(append.first.date->zone_minutes == 540);
  CHECK(append.first.size == 310);
  CHECK_FALSE(append.first.synchronising);
  CHECK(append.first.binary);
  CHECK(append.first.extensions ==
        std::vector<ExtensionItem>{{"TANDEM", "(UID 7)"}, {"UIDL", "\"x\""}});
  CHECK(parse_append("a APPEND box UTF8 (~{5}", {})->tag == "a");
  CHECK(append_point("a APPEND {5}") == AppendPoint::inline_literal);
  CHECK(append_point("a APPEND {5}\r\nINBOX {10}") == AppendPoint::message);
  CHECK(append_point("a LOGIN {5}") == AppendPoint::not_append);
  CHECK(parse_append_item(" (\\Seen) {7+}")->size == 7);
  CHECK_FALSE(parse_append_item("{7}"));
}

TEST_CASE("imap: what is not understood gets BAD with its tag, and none of its words") {
  CHECK(refused("") == "* BAD Tag missing\r\n");
  CHECK(refused(" x") == "* BAD Tag missing\r\n");
  CHECK(refused("+ NOOP") == "* BAD Tag missing\r\n");
  CHECK(refused("a") == "a BAD Command missing\r\n");
  CHECK(refused("a WHATEVER secret") == "a BAD Unknown command\r\n");
  CHECK(refused("a UID WHATEVER 1") == "a BAD Unknown command\r\n");
  CHECK(refused("a NOOP x") == "a BAD unexpected text at the end\r\n");
  CHECK(refused("a APPEND box") == "a BAD message literal expected\r\n");
  CHECK(refused("a LOGIN bob") == "a BAD space expected\r\n");
  CHECK(refused(std::string("a LOGIN {1}\r\n\0 x", 17)) == "a BAD NUL in a string\r\n");
  CHECK(refused("a SELECT R&D") == "a BAD malformed mailbox name\r\n");
  CHECK(refused("a AUTHENTICATE PLAIN ***") == "a BAD malformed base64\r\n");
  CHECK(refused("a FETCH 1 FLAGS (CHANGEDSINCE 1 VANISHED)") ==
        "a BAD VANISHED not allowed here\r\n");
  CHECK(refused("a LIST (RECURSIVEMATCH) \"\" *") == "a BAD RECURSIVEMATCH alone\r\n");
  CHECK(refused("a STATUS x ()") == "a BAD status item expected\r\n");
  CHECK(refused("a STORE 1 +FLAGS (\\*)") == "a BAD \\* is not a flag\r\n");
  CHECK(refused(std::string(101, 'a') + " NOOP") == "* BAD Tag missing\r\n");
  std::string id = "a ID (";
  for (int at = 0; at < 1000; ++at) id += "\"a\" \"b\" ";
  CHECK(refused(id + ")") == "a BAD too many ID fields\r\n");
}
