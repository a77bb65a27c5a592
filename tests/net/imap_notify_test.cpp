// NOTIFY (RFC 5465) against scripts: what it tells of other folders, refusals, and servers that
// tell more than they should.
#include <fmt/format.h>

#include "tests/net/imap_dialogue.hpp"

namespace tandem::test {
namespace {

using namespace net;

const std::string ask =
    "NOTIFY SET STATUS (SELECTED (MessageNew MessageExpunge FlagChange)) "
    "(PERSONAL (MessageNew MessageExpunge FlagChange MailboxName SubscriptionChange))\r\n";
const std::string as_before =
    "NOTIFY SET (SELECTED-DELAYED (MessageNew MessageExpunge FlagChange))\r\n";
const ScriptStep greeting{"",
                          "* OK [CAPABILITY IMAP4rev1 IDLE CONDSTORE LIST-STATUS NOTIFY] hi\r\n"};

std::string told(const std::vector<imap::response::MailboxStatus>& folders) {
  std::string text;
  for (const auto& one : folders)
    text += fmt::format("{} {} {}; ", one.name, one.uid_next, one.messages);
  return text;
}

Task<Result<std::string>> hearing(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  OK_OR_RETURN(granted, client.notify_all(true));
  if (!*granted) co_return "not granted";
  std::string said = told(**granted);
  OK_OR_RETURN(changed, client.idle(std::chrono::minutes(5)));
  const ImapChanges changes = client.take_changes();
  said += fmt::format("| {}{}{}{}| ", told(changes.folders), changes.names ? "names " : "",
                      changes.exists ? "exists " : "", changes.overflow ? "overflow " : "");
  OK_OR_RETURN(ended, client.notify_selected());
  OK_OR_RETURN(status, client.status("Sent", imap::status_messages));
  co_return said + told({*status});
}

void check_hearing(std::string idle, std::string more, const std::string& expected) {
  check_dialogue(hearing,
                 {greeting,
                  {"A1 " + ask, "* STATUS Sent (MESSAGES 1 UIDNEXT 5 UIDVALIDITY 1)\r\nA1 OK\r\n"},
                  {"A2 IDLE\r\n", "+ idling\r\n" + idle},
                  {"DONE\r\n", more + "A2 OK\r\n"},
                  // What still comes unasked is no answer to what is asked next.
                  {"A3 " + as_before, "* STATUS Drafts (MESSAGES 9 UIDNEXT 9)\r\nA3 OK\r\n"},
                  {"A4 STATUS Sent (MESSAGES)\r\n", "* STATUS Sent (MESSAGES 2)\r\nA4 OK\r\n"}},
                 expected);
}

// Again on the same connection: nothing more is asked.
Task<Result<std::string>> refused(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  OK_OR_RETURN(granted, client.notify_all(true));
  OK_OR_RETURN(again, client.notify_all(true));
  OK_OR_RETURN(ended, client.notify_selected());
  OK_OR_RETURN(changed, client.idle(std::chrono::minutes(5)));
  co_return fmt::format("{} {} {}", granted->has_value(), again->has_value(), *changed);
}

Task<Result<std::string>> overflowed(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  OK_OR_RETURN(granted, client.notify_all(true));
  OK_OR_RETURN(changed, client.idle(std::chrono::minutes(5)));
  const ImapChanges changes = client.take_changes();
  OK_OR_RETURN(ended, client.notify_selected());
  OK_OR_RETURN(again, client.notify_all(true));
  co_return fmt::format("{} {} {}", granted->has_value(), changes.overflow, again->has_value());
}

Task<Result<std::string>> not_ended(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  OK_OR_RETURN(granted, client.notify_all(true));
  const auto ended = co_await client.notify_selected();
  if (!client.is_open() && ended.error().kind == ErrorKind::closed) co_return fail(ended.error());
  co_return fmt::format("{} {}", ended.has_value(), client.is_open());
}

// As many folders as it likes, of which a thousand are kept.
Task<Result<std::string>> flooded(ImapClient& client) {
  OK_OR_RETURN(greeted, client.greet());
  OK_OR_RETURN(granted, client.notify_all(true));
  OK_OR_RETURN(changed, client.idle(std::chrono::minutes(5)));
  const ImapChanges changes = client.take_changes();
  co_return fmt::format("{} {}", changes.folders.size(), changes.overflow);
}

}  // namespace

TEST_CASE("imap client: NOTIFY tells of other folders beside the selected one") {
  check_hearing("* STATUS Sent (MESSAGES 2 UIDNEXT 6)\r\n", "",
                "Sent 5 1; | Sent 6 2; | Sent 0 2; ");
  check_hearing("* STATUS Sent (MESSAGES 2 UIDNEXT 6)\r\n",
                "* STATUS &ZeVnLIqe- (MESSAGES 1 UIDNEXT 2)\r\n",
                "Sent 5 1; | Sent 6 2; 日本語 2 1; | Sent 0 2; ");
  check_hearing("* LIST () \"/\" New\r\n", "", "Sent 5 1; | names | Sent 0 2; ");
  check_hearing("* 3 EXISTS\r\n", "", "Sent 5 1; | exists | Sent 0 2; ");
}

TEST_CASE("imap client: a NOTIFY that is refused leaves IDLE, and is not asked again") {
  for (const std::string answer :
       {"NO not now", "NO [BADEVENT (MessageNew MessageExpunge)] less", "BAD what?"})
    check_dialogue(refused,
                   {greeting,
                    {"A1 " + ask, "A1 " + answer + "\r\n"},
                    {"A2 IDLE\r\n", "+ idling\r\n* 4 EXISTS\r\n"},
                    {"DONE\r\n", "A2 OK\r\n"}},
                   "false false true");
}

TEST_CASE("imap client: a server that tells no more is not asked to again") {
  check_dialogue(overflowed,
                 {greeting,
                  {"A1 " + ask, "A1 OK\r\n"},
                  {"A2 IDLE\r\n", "+ idling\r\n* OK [NOTIFICATIONOVERFLOW] too much\r\n"},
                  {"DONE\r\n", "A2 OK\r\n"},
                  {"A3 " + as_before, "A3 OK\r\n"}},
                 "true true false");
}

TEST_CASE("imap client: a server that does not stop telling is left") {
  check_dialogue(not_ended,
                 {greeting, {"A1 " + ask, "A1 OK\r\n"}, {"A2 " + as_before, "A2 NO I go on\r\n"}},
                 "false false");
}

TEST_CASE("imap client: NOTIFY without the folders as they are, and without their flags") {
  check_dialogue(
      [](ImapClient& client) -> Task<Result<std::string>> {
        OK_OR_RETURN(greeted, client.greet());
        OK_OR_RETURN(granted, client.notify_all(false));
        co_return granted->has_value() ? "granted" : "refused";
      },
      {{"", "* OK [CAPABILITY IMAP4rev1 IDLE NOTIFY] hi\r\n"},
       {"A1 NOTIFY SET (SELECTED (MessageNew MessageExpunge FlagChange)) (PERSONAL "
        "(MessageNew MessageExpunge MailboxName SubscriptionChange))\r\n",
        "A1 OK\r\n"}},
      "granted");
}

TEST_CASE("imap client: what a server tells unasked is bounded") {
  std::string many;
  for (int folder = 0; folder < 5000; ++folder)
    many += fmt::format("* STATUS f{} (MESSAGES 1 UIDNEXT 2)\r\n", folder);
  for (const std::string& flood :
       {many, "* STATUS " + std::string(5000, 'x') + " (MESSAGES 1)\r\n"}) {
    const auto out = talk(flooded,
                          {greeting,
                           {"A1 " + ask, "A1 OK\r\n"},
                           {"A2 IDLE\r\n", "+ idling\r\n* STATUS Sent (MESSAGES 2)\r\n"},
                           {"DONE\r\n", flood + "A2 OK\r\n"}},
                          65536, 4);
    REQUIRE(out);
    CHECK(*out == (flood == many ? "1000 true" : "1 true"));
  }
}

}  // namespace tandem::test
