#include "tests/server/hall.hpp"
#include "tests/support/tls.hpp"

namespace tandem::server::test {
namespace {

std::string append_command(std::string_view arguments, const std::string& message) {
  return "x APPEND INBOX " + std::string(arguments) + " {" + std::to_string(message.size()) +
         "+}\r\n" + message;
}

const std::string first =
    "Received: from x by y id aaaabbbbccccddddeeeeffff22; Sat, 10 Jan 2026 23:30:00 +0900\r\n"
    "From: Aoki <aoki@example.jp>\r\nSubject: =?UTF-8?B?5pel5pys6Kqe?= Report\r\n"
    "Message-ID: <one@example.jp>\r\nDate: Fri, 9 Jan 2026 23:00:00 -0500\r\n\r\nHello WORLD\r\n";
const std::string second =
    "From: baba@example.jp\r\nTo: aoki@example.jp\r\nSubject: plain\r\n"
    "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    "c2VjcmV0IHdvcmRzIGluIGhlcmUg5pel5pys\r\n";
const std::string third =
    "From: baba@example.jp\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
    "boundary=b\r\n\r\n"
    "--b\r\n\r\ninner text\r\n--b\r\nContent-Type: "
    "application/octet-stream\r\n\r\nraw\r\n--b--\r\n";

net::Task<std::string> found(Peer& peer, std::string keys) {
  const std::string all = co_await peer.ask("s UID SEARCH " + keys);
  const std::string start = "* SEARCH";
  if (!all.starts_with(start)) co_return all;
  co_return all.substr(start.size(), all.find('\n') - start.size());
}

net::Task<void> search(Hall& hall) {
  Peer peer(hall.connect());
  (void)co_await peer.line();
  (void)co_await peer.ask("a LOGIN aoki secret");
  (void)co_await peer.ask(append_command("(\\Seen) \"10-Jan-2026 23:30:00 +0900\"", first));
  (void)co_await peer.ask(
      append_command("(\\Flagged Work) \"11-Jan-2026 00:30:00 +0900\"", second));
  (void)co_await peer.ask(append_command("\"12-Jan-2026 00:30:00 +0900\"", third));
  (void)co_await peer.ask("b SELECT INBOX");
  const std::pair<const char*, const char*> expected[] = {
      {"ALL", " 1 2 3"},
      {"SEEN", " 1"},
      {"UNSEEN", " 2 3"},
      {"KEYWORD work", " 2"},
      {"UNKEYWORD Work", " 1 3"},
      {"NEW", " 2 3"},
      {"RECENT SEEN", " 1"},
      {"OLD", ""},
      {"FROM AOKI", " 1"},
      {"TO aoki", " 2"},
      {"SUBJECT report", " 1"},
      {"HEADER Received aaaabbbbccccddddeeeeffff22", " 1"},
      {"HEADER Received aaaabbbbccccddddeeeeffff22 SINCE 10-Jan-2026", " 1"},
      {"HEADER Received aaaabbbbccccddddeeeeffff22 SINCE 11-Jan-2026", ""},
      {"HEADER Received \"\"", " 1"},
      {"NOT HEADER Received \"\"", " 2 3"},
      {"HEADER Message-ID one@", " 1"},
      {"HEADER Message-ID \"\"", " 1"},
      {"BODY world", " 1"},
      {"BODY \"words in\"", " 2"},
      {"BODY \"inner text\"", " 3"},
      {"BODY raw", ""},
      {"TEXT baba", " 2 3"},
      {"TEXT nowhere", ""},
      {"ON 10-Jan-2026", " 1"},
      {"BEFORE 11-Jan-2026", " 1"},
      {"SENTON 9-Jan-2026", " 1"},
      {"SENTSINCE 9-Jan-2026", " 1"},
      {"SENTBEFORE 9-Jan-2026", ""},
      {"LARGER 100", " 1 2 3"},
      {"SMALLER 10", ""},
      {"OR SEEN FLAGGED", " 1 2"},
      {"NOT (SEEN)", " 2 3"},
      {"NOT BODY world", " 2 3"},
      {"UID 2:*", " 2 3"},
      {"2:3 UNFLAGGED", " 3"},
      {"CHARSET UTF-8 SUBJECT {9+}\r\n日本語", " 1"},
      {"CHARSET UTF-8 BODY {6+}\r\n日本", " 2"},
  };
  for (const auto& [keys, uids] : expected) {
    INFO(keys);
    CHECK(co_await found(peer, keys) == uids);
  }
  CHECK(co_await peer.ask("c SEARCH CHARSET KOI8-R ALL") ==
        "c NO [BADCHARSET (US-ASCII UTF-8)] Unknown charset\n");
  CHECK(co_await peer.ask("d SEARCH RETURN (MIN MAX COUNT ALL) UNSEEN") ==
        "* ESEARCH (TAG \"d\") MIN 2 MAX 3 COUNT 2 ALL 2:3\nd OK Found\n");
  CHECK(co_await peer.ask("e UID SEARCH RETURN (SAVE) FLAGGED") == "e OK Found\n");
  CHECK(co_await peer.ask("f FETCH $ UID") == "* 2 FETCH (UID 2)\nf OK Fetched\n");
  CHECK(co_await peer.ask("g SEARCH MODSEQ 4") == "* SEARCH 3 (MODSEQ 4)\ng OK Found\n");
  peer.stream().close();
  co_await hall.net.group.join();
}

net::Task<void> resync(Hall& hall) {
  Peer peer(hall.connect());
  (void)co_await peer.line();
  (void)co_await peer.ask("a LOGIN aoki secret");
  for (int i = 0; i < 4; ++i) (void)co_await peer.ask(append_command("()", first));
  CHECK(co_await peer.ask("b ENABLE QRESYNC") == "* ENABLED QRESYNC\nb OK Enabled\n");
  (void)co_await peer.ask("c SELECT INBOX");
  CHECK(co_await peer.ask("d STORE 2,4 +FLAGS.SILENT (\\Deleted)") ==
        "* 2 FETCH (UID 2 MODSEQ (6))\n* 4 FETCH (UID 4 MODSEQ (6))\nd OK Stored\n");
  CHECK(co_await peer.ask("e EXPUNGE") == "* VANISHED 2,4\ne OK Expunged\n");
  (void)co_await peer.ask("f STORE 1 +FLAGS.SILENT (\\Seen)");
  const auto validity = std::to_string(hall.office.box(1, "INBOX").uid_validity);
  const std::string again = co_await peer.ask("g SELECT INBOX (QRESYNC (" + validity + " 5 1:4))");
  INFO(again);
  CHECK(again.find("* VANISHED (EARLIER) 2,4\n* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (8))\n") !=
        std::string::npos);
  CHECK(again.find("* OK [CLOSED]") == 0);
  CHECK(co_await peer.ask("h UID FETCH 1:* (FLAGS) (CHANGEDSINCE 7 VANISHED)") ==
        "* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (8))\nh OK Fetched\n");
  CHECK(co_await peer.ask("i UID FETCH 1:* (FLAGS) (CHANGEDSINCE 6 VANISHED)") ==
        "* VANISHED (EARLIER) 2,4\n* 1 FETCH (UID 1 FLAGS (\\Seen) MODSEQ (8))\ni OK Fetched\n");
  peer.stream().close();
  co_await hall.net.group.join();
}

// Bytes that no client would send; the server answers or hangs up, and goes on serving others.
net::Task<void> abuse(Hall& hall) {
  const std::string attacks[] = {
      std::string(70'000, 'a') + "\r\n",
      "a FETCH 1 (" + std::string(50'000, '(') + "\r\n",
      "a LIST \"\" " + std::string(900, '*') + "\r\n",
      "a SEARCH " + std::string(2000, '(') + "\r\n",
      "a SELECT {99999999999}\r\n",
      std::string("a \0\0\0\r\n\xff\xfe\r\n", 12),
      "a APPEND INBOX {10+}\r\nabc",
      "a UID FETCH 4294967295:1 (BODY[1.1.1.1.1.1]<4294967295.4294967295>)\r\n",
      "a STORE 1:4294967295 FLAGS (a b c)\r\n",
      "a CREATE " + std::string(5000, 'x') + "\r\n",
      "a RENAME INBOX INBOX/a/b\r\nb SELECT INBOX\r\nc RENAME INBOX INBOX\r\n",
      "a IDLE\r\nnot done\r\nb NOOP\r\n",
  };
  for (const std::string& attack : attacks) {
    INFO(attack.substr(0, 60));
    Peer peer(hall.connect());
    (void)co_await peer.line();
    (void)co_await peer.ask("a LOGIN aoki secret");
    (void)co_await peer.ask("b SELECT INBOX");
    co_await peer.send(attack);
    (void)co_await peer.stream().shutdown_send();
    while (co_await peer.line() != "<end>") continue;
  }
  Peer peer(hall.connect());
  (void)co_await peer.line();
  CHECK((co_await peer.ask("a LOGIN aoki secret")).starts_with("a OK"));
  CHECK(co_await peer.ask("b NOOP") == "b OK Done\n");
  peer.stream().close();
  co_await hall.net.group.join();
}

net::Task<void> stop_politely(Hall& hall) {
  Peer idle(hall.connect());
  Peer waiting(hall.connect());
  for (Peer* peer : {&idle, &waiting}) {
    (void)co_await peer->line();
    (void)co_await peer->ask("a LOGIN aoki secret");
    (void)co_await peer->ask("b SELECT INBOX");
  }
  co_await idle.send("c IDLE\r\n");
  CHECK(co_await idle.line() == "+ idling");
  hall.net.group.request_stop();
  CHECK(co_await idle.line() == "* BYE Server is shutting down");
  CHECK(co_await waiting.line() == "* BYE Server is shutting down");
  co_await hall.net.group.join();
}

net::Task<void> log_in_in_the_clear(Hall& hall) {
  Peer peer(hall.connect());
  const std::string greeting = co_await peer.line();
  CHECK(greeting.find("LOGINDISABLED") != std::string::npos);
  CHECK(greeting.find("STARTTLS") != std::string::npos);
  CHECK((co_await peer.ask("a LOGIN aoki secret")).starts_with("a NO"));
  peer.stream().close();
  co_await hall.net.group.join();
}

}  // namespace

TEST_CASE("search: every kind of key") {
  Hall hall;
  hall.net.run(search(hall));
}
TEST_CASE("a client that comes back is told what changed (QRESYNC)") {
  Hall hall;
  hall.net.run(resync(hall));
}
TEST_CASE("hostile commands harm nobody") {
  Hall hall;
  hall.net.run(abuse(hall));
}
TEST_CASE("shutdown says goodbye to idle sessions") {
  Hall hall;
  hall.net.run(stop_politely(hall));
}
TEST_CASE("no password in the clear from the network") {
  Hall hall(tandem::test::tls_server(), Trust::network);
  hall.net.run(log_in_in_the_clear(hall));
}

}  // namespace tandem::server::test
