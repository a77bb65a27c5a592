// The responses of a server, typed.
#include <catch2/catch.hpp>

#include "lib/protocol/imap/parse_response.hpp"

using namespace tandem::imap;
using namespace tandem;

namespace {

template <class T>
T parsed(std::string_view text) {
  auto response = parse_response(text);
  INFO(text);
  if (!response) FAIL(response.error().to_string());
  REQUIRE(std::holds_alternative<T>(*response));
  return std::move(std::get<T>(*response));
}

ResponseCode code_of(std::string_view text) {
  return parsed<response::Status>(text).code;
}

}  // namespace

TEST_CASE("imap: status responses and their codes") {
  const auto ok = parsed<response::Status>("a1 OK [READ-WRITE] Select completed");
  CHECK(ok.tag == "a1");
  CHECK(ok.code.kind == CodeKind::read_write);
  CHECK(ok.text == "Select completed");
  CHECK(parsed<response::Status>("* BYE").condition == response::Condition::bye);
  CHECK(parsed<response::Status>("* PREAUTH hello").condition == response::Condition::preauth);
  CHECK(code_of("* OK [UIDVALIDITY 3857529045] x").number == 3857529045U);
  CHECK(code_of("* OK [HIGHESTMODSEQ 715194045007] x").number == 715194045007U);
  const auto append = code_of("a OK [APPENDUID 38505 3955:3957] done");
  CHECK(append.kind == CodeKind::append_uid);
  CHECK(append.target.count() == 3);
  const auto copy = code_of("a OK [COPYUID 38505 304,319:320 3956:3958] Done");
  CHECK(copy.source.to_string() == "304,319:320");
  CHECK(copy.target.to_string() == "3956:3958");
  CHECK(code_of("* OK [PERMANENTFLAGS (\\seen \\*)] x").words ==
        std::vector<std::string>{"\\Seen", "\\*"});
  CHECK(code_of("* OK [CAPABILITY imap4rev1 LITERAL+] x").words.back() == "LITERAL+");
  CHECK(code_of("a NO [OVERQUOTA] full").kind == CodeKind::over_quota);
  CHECK(is_temporary(CodeKind::over_quota));
  CHECK_FALSE(is_temporary(CodeKind::authentication_failed));
  CHECK(code_of("a NO [trycreate] x").kind == CodeKind::try_create);
  const auto other = code_of("a NO [BADCHARSET (\"a]b\" utf-8)] x");
  CHECK(other.argument == "(\"a]b\" utf-8)");
  CHECK(code_of("a NO [X-GMAIL 5] x").kind == CodeKind::other);
  CHECK(code_of("a NO [UIDNEXT x] x").kind == CodeKind::other);
  CHECK(parsed<response::Status>("a NO [half").text == "[half");
  CHECK(parsed<response::Continuation>("+ idling").text == "idling");
  CHECK(parsed<response::Continuation>("+").text.empty());
}

TEST_CASE("imap: mailbox data") {
  const auto list = parsed<response::List>(R"(* LIST (\HasNoChildren \Sent) "/" "&kAFP4W4IMH8-")");
  CHECK(list.name == "送信済み");
  CHECK(list.wire_name == "&kAFP4W4IMH8-");
  CHECK(list.delimiter == '/');
  CHECK(list.attributes.size() == 2);
  CHECK(parsed<response::List>("* LIST () NIL inbox").name == "INBOX");
  CHECK(parsed<response::List>("* LIST ( \\Noselect ) \"\\\\\" {5}\r\na\\b c").name == "a\\b c");
  CHECK(parsed<response::List>("* LIST () \"/\" bare name").name == "bare name");
  CHECK(parsed<response::List>("* LIST () \"/\" R&D").name == "R&D");
  const auto extended = parsed<response::List>(
      R"(* LIST (\NonExistent) "/" Foo ("CHILDINFO" ("SUBSCRIBED") "OLDNAME" ("Bar")))");
  CHECK(extended.child_info == std::vector<std::string>{"SUBSCRIBED"});
  CHECK(extended.old_name == "Bar");
  CHECK(parsed<response::List>("* LSUB () \".\" INBOX.x").lsub);
  const auto status = parsed<response::MailboxStatus>(
      "* STATUS \"a b\" (MESSAGES 231 UIDNEXT 44292 HIGHESTMODSEQ 9 MAILBOXID (F1) APPENDLIMIT NIL "
      "X 5)");
  CHECK(status.messages == 231);
  CHECK(status.uid_next == 44292);
  CHECK(status.mailbox_id == "F1");
  CHECK((status.items & status_unseen) == 0);
  const auto spaces = parsed<response::Namespace>(
      R"(* NAMESPACE (("INBOX." ".")) NIL (("#shared/" "/" "X" ("a")) ("" NIL)))");
  CHECK(spaces.personal.at(0).prefix == "INBOX.");
  CHECK(spaces.shared.at(0).delimiter == '/');
  CHECK(spaces.shared.at(1).delimiter == '\0');
  CHECK(parsed<response::Flags>("* FLAGS (\\Seen $x)").flags.size() == 2);
  const auto quota = parsed<response::Quota>("* QUOTA \"\" (STORAGE 10 512 MESSAGE 1 2)");
  CHECK(quota.resources.at(0).limit == 512);
  CHECK(parsed<response::QuotaRoot>("* QUOTAROOT INBOX \"\" x").roots.size() == 2);
  CHECK(parsed<response::Capability>("* CAPABILITY IMAP4rev1 x").words.size() == 2);
  CHECK(parsed<response::Enabled>("* ENABLED QRESYNC").words.size() == 1);
  CHECK(parsed<response::Id>("* ID (\"name\" \"Dovecot\" \"v\" NIL)").fields.at(0).second ==
        "Dovecot");
}

TEST_CASE("imap: message numbers") {
  CHECK(parsed<response::Exists>("* 23 EXISTS").count == 23);
  CHECK(parsed<response::Recent>("* 5 RECENT").count == 5);
  CHECK(parsed<response::Expunge>("* 44 EXPUNGE").number == 44);
  const auto vanished = parsed<response::Vanished>("* VANISHED (EARLIER) 300:310,405");
  CHECK(vanished.earlier);
  CHECK(vanished.uids.count() == 12);
  const auto search = parsed<response::Search>("* SEARCH 2 3 6 (MODSEQ 917162500)");
  CHECK(search.numbers == std::vector<std::uint32_t>{2, 3, 6});
  CHECK(search.modseq == 917162500);
  CHECK(parsed<response::Search>("* SEARCH").numbers.empty());
  const auto esearch =
      parsed<response::Esearch>("* ESEARCH (TAG \"A283\") UID MIN 7 MAX 3800 COUNT 3 ALL 2,10:11");
  CHECK(esearch.tag == "A283");
  CHECK(esearch.uid);
  CHECK(esearch.all->count() == 3);
  CHECK(esearch.min == 7U);
}

TEST_CASE("imap: FETCH") {
  const auto fetch = parsed<response::Fetch>(
      "* 12 FETCH (FLAGS (\\Seen $x) UID 4827 INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" "
      "RFC822.SIZE 4286 "
      "MODSEQ (65) ENVELOPE (\"d\" {3}\r\na)b NIL) BODYSTRUCTURE (\"TEXT\" \"PLAIN\" (\"CHARSET\" "
      "\"x\") NIL 3) "
      "X-GM-MSGID 1278455344230334865 X-GM-LABELS (\\Inbox \"a b\") EMAILID (M1) "
      "BODY[HEADER.FIELDS (SUBJECT \"x y\")]<0> {4}\r\nab\r\n BODY[] NIL BINARY.SIZE[1] 7 "
      "BODY[1.MIME] \"q\\\"\" )");
  CHECK(fetch.number == 12);
  CHECK(fetch.uid == 4827);
  CHECK(fetch.flags.size() == 2);
  CHECK(fetch.internal_date->zone_minutes == -420);
  CHECK(fetch.size == 4286U);
  CHECK(fetch.modseq == 65);
  CHECK(fetch.envelope == "(\"d\" {3}\r\na)b NIL)");
  CHECK(fetch.body_structure == "(\"TEXT\" \"PLAIN\" (\"CHARSET\" \"x\") NIL 3)");
  CHECK(fetch.email_id == "M1");
  REQUIRE(fetch.other.size() == 2);
  CHECK(fetch.other[1].second == "(\\Inbox \"a b\")");
  REQUIRE(fetch.bodies.size() == 4);
  CHECK(fetch.bodies[0].section.fields.size() == 2);
  CHECK(fetch.bodies[0].offset == 0U);
  CHECK(fetch.bodies[0].value.bytes == "ab\r\n");
  CHECK(fetch.bodies[1].value.nil);
  CHECK(fetch.bodies[2].value.size == 7);
  CHECK(fetch.bodies[3].value.bytes == "q\"");
}

TEST_CASE("imap: what is not understood is passed over, except a FETCH and a line that is none") {
  parsed<response::Unknown>("* XYZZY plugh");
  parsed<response::Unknown>("* STATUS x");
  parsed<response::Unknown>("* 5 XYZZY");
  CHECK_FALSE(parse_response("* 5 FETCH (UID"));
  CHECK_FALSE(parse_response("* 5 FETCH (BODY[] {5}\r\nab)"));
  CHECK_FALSE(parse_response(""));
  CHECK_FALSE(parse_response("HTTP/1.1 400 Bad Request"));
  CHECK_FALSE(parse_response("a1 BYE x"));
  CHECK_FALSE(parse_response("* 1 FETCH (ENVELOPE " + std::string(100000, '(') + ")"));
}

TEST_CASE("imap: an error about a FETCH says where and in what, and nothing of the mail") {
  const auto words = [](std::string_view text) {
    const auto response = parse_response(text);
    INFO(text);
    REQUIRE_FALSE(response);
    return response.error().to_string();
  };
  CHECK(
      words("* 5 FETCH (UID 7 ENVELOPE (\"date\" \"geheim)") ==
      "FETCH response not understood: unterminated quoted string (in ENVELOPE, at byte 34 of 42)");
  CHECK(words("* 5 FETCH (BODY[HEADER.FIELDS (SUBJECT)] geheim)")
            .ends_with("body expected (in BODY, at byte 41 of 48)"));
  CHECK(words("* 5 FETCH (BODY[HEADER] {17}\r\nSubject: geheim\r\n geheim)")
            .ends_with("space expected (in what is no known item, at byte 54 of 55)"));
  // A server that announced less than it sent: mail stands where items should.
  for (const std::string mail :
       {"* 5 FETCH (BODY[] {2}\r\nSubject: geheim geheim)",
        "* 5 FETCH (BODY[] {5}\r\nDear geheim \"x\")",
        "* 5 FETCH (UID 7 RFC822.HEADER {3}\r\nTo:geheim (geheim)", "* 5 FETCH (geheim (",
        "* 5 FETCH (PREVIEW geheim)", "* 5 FETCH (BODYSTRUCTURE (\"geheim\" )", "* 5 FETCH geheim",
        "* 5 FETCH (BODY[geheim] NIL)", "* 5 FETCH (FLAGS (geheim {3)", "geheim: see below",
        "Subject: geheim", "* geheim", "geheim", "* 5 FETCH (BODY[] {100}\r\ngeheim)"}) {
    const auto response = parse_response(mail);
    INFO(mail);
    if (response) continue;
    CHECK_FALSE(response.error().to_string().contains("geheim"));
    CHECK(response.error().what.contains("byte"));
  }
}
