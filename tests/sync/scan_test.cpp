// What a scan asks a server, and what it makes of the answers.
#include "sync/scan.hpp"

#include <fmt/format.h>

#include "tests/net/imap_script.hpp"

namespace tandem::sync {
namespace {

using tandem::test::ScriptStep;

const ScriptStep greeting{"", "* OK [CAPABILITY IMAP4rev1 CONDSTORE] hi\r\n"};
const std::string listed(" (UID FLAGS INTERNALDATE RFC822.SIZE)\r\n");

std::string message(Uid uid) {
  return fmt::format(
      "* 1 FETCH (UID {} FLAGS () INTERNALDATE \"24-Nov-2026 09:00:00 +0900\" RFC822.SIZE 9)\r\n",
      uid);
}

using Body = std::function<Task<void>(net::ImapClient&)>;

void in_dialogue(const std::vector<ScriptStep>& script, const Body& body) {
  tandem::test::TestNet net;
  const auto talk = [&]() -> Task<void> {
    auto [ours, theirs] = net::make_memory_pair(net.executor(), 65536);
    net.group.spawn(tandem::test::follow(std::move(theirs), script, script.size()));
    net::ImapClient client(std::move(ours));
    REQUIRE(co_await client.greet());
    co_await body(client);
    client.close();
    co_await net.group.join();
  };
  net.run(talk());
}

std::vector<Uid> uids_in(const Result<std::vector<Item>>& items) {
  REQUIRE(items);
  return uids_of(*items);
}

using Uids = std::vector<Uid>;

}  // namespace

TEST_CASE("Scan: a folder too long to be held is listed in parts") {
  const auto parts = [](net::ImapClient& client) -> Task<void> {
    REQUIRE(co_await client.select("INBOX"));
    Uid next = 1;
    auto found = co_await scan_part(client, next);
    CHECK(uids_in(found) == Uids{60'000, 60'001});
    CHECK(next == 100'001);
    found = co_await scan_part(client, next);
    CHECK(uids_in(found).empty());
    CHECK(next == 0);
  };
  in_dialogue(
      {greeting,
       {"A1 SELECT INBOX\r\n", "* 50001 EXISTS\r\n* OK [UIDNEXT 120001] .\r\nA1 OK\r\n"},
       {"A2 UID FETCH 1:50000" + listed, "A2 OK\r\n"},
       {"A3 UID FETCH 50001:100000" + listed, message(60'000) + message(60'001) + "A3 OK\r\n"},
       {"A4 UID FETCH 100001:*" + listed, message(60'001) + "A4 OK\r\n"}},
      parts);
}

TEST_CASE("Scan: a folder whose next UID is not told, or is nonsense, is listed in one go") {
  for (const std::string_view told : {"", "* OK [UIDNEXT 1] .\r\n"}) {
    const auto parts = [](net::ImapClient& client) -> Task<void> {
      REQUIRE(co_await client.select("INBOX"));
      Uid next = 1;
      const auto found = co_await scan_part(client, next);
      CHECK(uids_in(found) == Uids{7});
      CHECK(next == 0);
    };
    in_dialogue({greeting,
                 {"A1 SELECT INBOX\r\n", fmt::format("* 50001 EXISTS\r\n{}A1 OK\r\n", told)},
                 {"A2 UID FETCH 1:*" + listed, message(7) + "A2 OK\r\n"}},
                parts);
  }
}

TEST_CASE("Scan: what is new and what has changed is told with the SELECT") {
  const auto opened = [](net::ImapClient& client) -> Task<void> {
    NewsWanted wanted;
    wanted.from = 8;
    wanted.flags = true;
    wanted.changed_since = 40;
    const auto told = co_await select_with_news(client, "INBOX", wanted);
    REQUIRE(told);
    CHECK(told->opened.exists == 3);
    CHECK(told->opened.highest_modseq == 41);
    REQUIRE(told->news);
    CHECK(uids_of(*told->news) == Uids{2, 9});
  };
  const std::string asked = "A1 SELECT INBOX (CONDSTORE)\r\nA2 UID FETCH 8:*" + listed +
                            "A3 UID FETCH 1:7 (UID FLAGS) (CHANGEDSINCE 40)\r\n";
  in_dialogue({greeting,
               {asked, "* 3 EXISTS\r\n* OK [HIGHESTMODSEQ 41] .\r\nA1 OK\r\n" + message(9) +
                           "A2 OK\r\n* 1 FETCH (UID 2 FLAGS (\\Seen) MODSEQ (41))\r\nA3 OK\r\n"}},
              opened);
}

TEST_CASE("Scan: questions that are refused behind a SELECT are to be asked again") {
  const auto opened = [](net::ImapClient& client) -> Task<void> {
    NewsWanted wanted;
    wanted.from = 8;
    const auto told = co_await select_with_news(client, "INBOX", wanted);
    REQUIRE(told);
    CHECK(told->opened.exists == 3);
    CHECK_FALSE(told->news);
    const auto gone = co_await select_with_news(client, "gone", wanted);
    REQUIRE_FALSE(gone);
    CHECK(gone.error().kind == ErrorKind::not_found);
    CHECK(client.is_open());
  };
  in_dialogue({greeting,
               {"A1 SELECT INBOX (CONDSTORE)\r\nA2 UID FETCH 8:*" + listed,
                "* 3 EXISTS\r\nA1 OK\r\nA2 NO not now\r\n"},
               {"A3 SELECT gone (CONDSTORE)\r\nA4 UID FETCH 8:*" + listed,
                "A3 NO [NONEXISTENT] none\r\nA4 BAD no mailbox is open\r\n"}},
              opened);
}

TEST_CASE("Scan: what a server tells of something else says nothing of flags") {
  const auto compared = [](net::ImapClient& client) -> Task<void> {
    REQUIRE(co_await client.select("INBOX"));
    const auto found = co_await scan_flags(client, 8, 0);
    CHECK(uids_in(found) == Uids{2});
    CHECK((*found)[0].flags != Flags());
  };
  in_dialogue({greeting,
               {"A1 SELECT INBOX\r\n", "* 3 EXISTS\r\nA1 OK\r\n"},
               {"A2 UID FETCH 1:7 (UID FLAGS)\r\n",
                "* 2 FETCH (UID 5 MODSEQ (99))\r\n* 1 FETCH (UID 2 FLAGS ())\r\n"
                "* 1 FETCH (UID 2 FLAGS (\\Seen))\r\n* 1 FETCH (UID 2 MODSEQ (99))\r\nA2 OK\r\n"}},
              compared);
}

TEST_CASE("Scan: absurd lists of what has gone cost nothing") {
  for (const std::string_view told : {"4294967295", "4:4294967295", "1:4294967295"}) {
    const auto asked = [&](net::ImapClient& client) -> Task<void> {
      REQUIRE(co_await client.enable_soon("QRESYNC"));
      REQUIRE(co_await client.select("INBOX"));
      const auto gone = co_await scan_vanished(client, 8, 40);
      REQUIRE(gone);
      REQUIRE(*gone);
      CHECK((*gone)->size() == (told.starts_with("4:") ? 4 : told.starts_with("1:") ? 7 : 0));
    };
    in_dialogue({{"", "* OK [CAPABILITY IMAP4rev1 ENABLE QRESYNC] hi\r\n"},
                 {"A1 ENABLE QRESYNC\r\n", "* ENABLED QRESYNC\r\nA1 OK\r\n"},
                 {"A2 SELECT INBOX\r\n", "* 3 EXISTS\r\nA2 OK\r\n"},
                 {"A3 UID FETCH 1:7 (UID) (CHANGEDSINCE 40 VANISHED)\r\n",
                  fmt::format("* VANISHED (EARLIER) {}\r\nA3 OK\r\n", told)}},
                asked);
  }
}

TEST_CASE("Scan: a server that tells of messages without end is left") {
  const auto listed_for_ever = [](net::ImapClient& client) -> Task<void> {
    REQUIRE(co_await client.select("INBOX"));
    const auto found = co_await scan_flags(client, 8, 0);
    REQUIRE_FALSE(found);
    CHECK(found.error().kind == ErrorKind::protocol);
  };
  std::string many;
  for (int times = 0; times < 110'000; ++times) many += "* 1 FETCH (UID 2 FLAGS ())\r\n";
  in_dialogue({greeting,
               {"A1 SELECT INBOX\r\n", "* 3 EXISTS\r\nA1 OK\r\n"},
               {"A2 UID FETCH 1:7 (UID FLAGS)\r\n", many + "A2 OK\r\n"}},
              listed_for_ever);
}

}  // namespace tandem::sync
