#include <catch2/catch.hpp>

#include "lib/base/text.hpp"
#include "lib/mail/dsn.hpp"
#include "lib/mail/encoded_word.hpp"
#include "lib/mail/header.hpp"
#include "lib/mail/mime.hpp"
#include "lib/mail/transfer.hpp"

using namespace tandem;
using namespace tandem::mail;

namespace {

const std::string original =
    "Received: from mail.sender.example by mx.example.jp; Tue, 24 Nov 2026 08:59:58 +0900\r\n"
    "Message-ID: <1@sender.example>\r\n"
    "Subject: hello\r\n"
    "\r\n"
    "The body of it.\r\n";

const MailDate noon{
    WallTime(std::chrono::sys_days(std::chrono::year(2026) / 11 / 24) + std::chrono::hours(3)),
    540};

DsnRecipient unknown_user() {
  return {.report = {.original_recipient = "rfc822;Taro@example.jp",
                     .final_recipient = "taro@example.jp",
                     .status = "5.1.1",
                     .remote_mta = "mx.example.jp",
                     .diagnostic = "550 5.1.1 <taro@example.jp>: User unknown",
                     .last_attempt = noon},
          .cause = {"The address does not exist.", "宛先が存在しません。"},
          .next_step = {"Check the spelling.", "綴りを確認してください。"}};
}

Dsn one_failure() {
  return {.to = "sender@sender.example",
          .reporting_mta = "gate.example.jp",
          .message_id = "abc@gate.example.jp",
          .date = noon,
          .envelope_id = "QQ314159",
          .arrival = noon,
          .recipients = {unknown_user()},
          .original = original};
}

std::string write(const Dsn& dsn) {
  const auto written = write_dsn(dsn);
  REQUIRE(written);
  return written->bytes;
}

std::string part_text(const std::string& message, std::string_view path) {
  const auto root = parse_message(message);
  const auto* const part = find_part(root, path);
  return part ? decode_text(message, *part) : "no part";
}

std::string part_type(const std::string& message, std::string_view path) {
  const auto root = parse_message(message);
  const auto* const part = find_part(root, path);
  return part ? part->type + "/" + part->subtype + " " + part->encoding : "no part";
}

}  // namespace

TEST_CASE("A report says to machines what RFC 3464 asks for", "[dsn]") {
  const auto message = write(one_failure());
  CHECK(part_text(message, "2") ==
        "Original-Envelope-Id: QQ314159\r\n"
        "Reporting-MTA: dns; gate.example.jp\r\n"
        "Arrival-Date: Tue, 24 Nov 2026 12:00:00 +0900\r\n"
        "\r\n"
        "Original-Recipient: rfc822; Taro@example.jp\r\n"
        "Final-Recipient: rfc822; taro@example.jp\r\n"
        "Action: failed\r\n"
        "Status: 5.1.1\r\n"
        "Remote-MTA: dns; mx.example.jp\r\n"
        "Diagnostic-Code: smtp; 550 5.1.1 <taro@example.jp>: User unknown\r\n"
        "Last-Attempt-Date: Tue, 24 Nov 2026 12:00:00 +0900\r\n");
  CHECK(part_type(message, "2") == "message/delivery-status 7bit");
}

TEST_CASE("A report tells people cause and next step in English and in Japanese", "[dsn]") {
  const auto message = write(one_failure());
  const auto text = part_text(message, "1");
  CHECK(text.find("Why: The address does not exist.") != std::string::npos);
  CHECK(text.find("What you can do: Check the spelling.") != std::string::npos);
  CHECK(text.find("mx.example.jp said: 550 5.1.1") != std::string::npos);
  CHECK(text.find("原因: 宛先が存在しません。") != std::string::npos);
  CHECK(text.find("対処: 綴りを確認してください。") != std::string::npos);
  CHECK(text.find("mx.example.jp の応答: 550 5.1.1") != std::string::npos);
  CHECK(decode_header_text(HeaderView(message).text("Subject")) ==
        "Your message could not be delivered / メールを配送できませんでした");
}

TEST_CASE("[T-36] A report is marked as an automatic reply, and the null sender gets none",
          "[dsn][T-36]") {
  auto dsn = one_failure();
  const auto message = write(dsn);
  const HeaderView header(message);
  CHECK(header.text("Auto-Submitted") == "auto-replied");
  CHECK(header.text("From") == "Mail Delivery System <MAILER-DAEMON@gate.example.jp>");
  CHECK(header.text("In-Reply-To") == "<1@sender.example>");
  dsn.to = "";
  CHECK(write_dsn(dsn).error().kind == ErrorKind::invalid);
}

TEST_CASE("What comes back of the message obeys RET, and its size", "[dsn]") {
  auto dsn = one_failure();
  CHECK(part_type(write(dsn), "3") == "text/rfc822-headers 7bit");
  CHECK(part_text(write(dsn), "3") == original.substr(0, original.find("\r\n\r\n") + 2));

  dsn.return_full = true;
  CHECK(part_type(write(dsn), "3") == "message/rfc822 7bit");
  CHECK(write(dsn).find("The body of it.") != std::string::npos);

  SECTION("a report of a delay brings the header only (RFC 3461 4.3)") {
    dsn.recipients[0].report.action = ReportAction::delayed;
    dsn.recipients[0].report.will_retry_until = noon;
    CHECK(part_type(write(dsn), "3") == "text/rfc822-headers 7bit");
    CHECK(write(dsn).find("Will-Retry-Until: Tue, 24 Nov 2026") != std::string::npos);
  }
  SECTION("a large message comes back as its header") {
    const std::string large = original + std::string(max_returned_message, 'x') + "\r\n";
    dsn.original = large;
    CHECK(write(dsn).size() < 10'000);
  }
  SECTION("of a large message only the beginning need be given") {
    dsn.original_size = max_returned_message + 1;
    CHECK(part_type(write(dsn), "3") == "text/rfc822-headers 7bit");
  }
  SECTION("a beginning is never passed off as the whole") {
    dsn.original_size = original.size() + 10;
    CHECK(part_type(write(dsn), "3") == "text/rfc822-headers 7bit");
  }
  SECTION("an endless header is cut between two fields") {
    std::string endless;
    while (endless.size() < 2 * max_returned_header) endless += "X-Field: a value of it\r\n";
    dsn.original = endless;
    dsn.return_full = false;
    const auto message = write(dsn);
    CHECK(message.size() < max_returned_header + 10'000);
    CHECK(part_text(message, "3").ends_with("X-Field: a value of it\r\n"));
  }
}

TEST_CASE("A body of eight bits needs 8BITMIME, its header does not", "[dsn]") {
  auto dsn = one_failure();
  const std::string eight_bit = original + "\xE3\x81\x82\r\n";
  dsn.original = eight_bit;
  CHECK_FALSE(write_dsn(dsn)->eight_bit);
  dsn.return_full = true;
  const auto written = write_dsn(dsn);
  REQUIRE(written);
  CHECK(written->eight_bit);
  CHECK_FALSE(written->smtputf8);
  CHECK(HeaderView(written->bytes).text("Content-Transfer-Encoding") == "8bit");
  CHECK(part_type(written->bytes, "3") == "message/rfc822 8bit");
}

TEST_CASE("Addresses beyond ASCII are written as RFC 6533 asks", "[dsn]") {
  auto dsn = one_failure();
  dsn.recipients[0].report.final_recipient = "太郎@例え.jp";
  dsn.recipients[0].report.original_recipient = "utf-8;\\x{592A}\\x{90CE}@\\x{4F8B}\\x{3048}.jp";
  dsn.recipients[0].report.diagnostic = "550 5.1.1 太郎 is unknown";

  SECTION("with SMTPUTF8 as they are") {
    dsn.smtputf8 = true;
    dsn.to = "花子@例え.jp";
    const auto written = write_dsn(dsn);
    REQUIRE(written);
    CHECK(written->smtputf8);
    const auto status = part_text(written->bytes, "2");
    CHECK(part_type(written->bytes, "2") == "message/global-delivery-status 8bit");
    CHECK(status.find("Final-Recipient: utf-8; 太郎@例え.jp\r\n") != std::string::npos);
    CHECK(status.find("Original-Recipient: utf-8; 太郎@例え.jp\r\n") != std::string::npos);
    CHECK(HeaderView(written->bytes).text("To") == "<花子@例え.jp>");
  }
  SECTION("without it in seven bits") {
    const auto written = write_dsn(dsn);
    REQUIRE(written);
    CHECK_FALSE(written->eight_bit);
    CHECK_FALSE(written->smtputf8);
    const auto status = part_text(written->bytes, "2");
    CHECK(part_type(written->bytes, "2") == "message/delivery-status 7bit");
    CHECK(status.find("Final-Recipient: utf-8; \\x{592A}\\x{90CE}@\\x{4F8B}\\x{3048}.jp\r\n") !=
          std::string::npos);
    CHECK(status.find("Diagnostic-Code: smtp; 550 5.1.1 \\x{592A}\\x{90CE} is unknown\r\n") !=
          std::string::npos);
  }
  SECTION("a sender that cannot be written is an error") {
    dsn.to = "花子@例え.jp";
    CHECK(write_dsn(dsn).error().kind == ErrorKind::invalid);
  }
  SECTION("a header beyond ASCII comes back so that its way allows it") {
    const std::string header = "Subject: \xE3\x81\x82\r\n\r\nbody\r\n";
    dsn.original = header;
    CHECK(part_type(write(dsn), "3") == "text/rfc822-headers quoted-printable");
    CHECK(part_text(write(dsn), "3") == "Subject: \xE3\x81\x82\r\n");
    CHECK_FALSE(write_dsn(dsn)->eight_bit);
    dsn.return_full = true;
    CHECK(part_type(write(dsn), "3") == "message/rfc822 8bit");
    CHECK_FALSE(write_dsn(dsn)->smtputf8);
    dsn.smtputf8 = true;
    CHECK(part_type(write(dsn), "3") == "message/global 8bit");
    CHECK(write_dsn(dsn)->smtputf8);
    dsn.return_full = false;
    CHECK(part_type(write(dsn), "3") == "message/global-headers 8bit");
  }
}

TEST_CASE("Quoted-printable goes there and back in lines of 76", "[dsn]") {
  const std::string text = "a=b \t\r\n" + std::string(300, '=') + "\r\n\r\n" +
                           std::string(200, 'x') + " \xE3\x81\x82\r\nend ";
  const auto encoded = encode_quoted_printable(text);
  CHECK(decode_quoted_printable(encoded) == text);
  for (const auto line : split(encoded, '\n')) CHECK(line.size() <= 77);
  CHECK(encode_quoted_printable("a \r\n") == "a=20\r\n");
}

TEST_CASE("RFC 6533's form of an address goes there and back", "[dsn]") {
  CHECK(utf8_address_xtext("a+b=c\\d@x.jp") == "a\\x{2B}b\\x{3D}c\\x{5C}d@x.jp");
  for (const std::string address : {"太郎@例え.jp", "a+b@x.jp", "😀 x@y.jp", ""})
    CHECK(undo_utf8_address(utf8_address_xtext(address)) == address);
  CHECK(undo_utf8_address("\\x{}\\x{zz}\\x{110000}\\x{D800}\\x{41") ==
        "\\x{}\\x{zz}\\x{110000}\\x{D800}\\x{41");
  CHECK(utf8_address_xtext("\xFF") == "\\x{FFFD}");
}

TEST_CASE("Nothing that a server said breaks out of its field", "[dsn]") {
  auto dsn = one_failure();
  auto& report = dsn.recipients[0].report;
  report.diagnostic = "550 no\r\n\r\nFinal-Recipient: rfc822; other@x.jp\r\n--boundary\x01" +
                      std::string(100'000, 'y') + "\xFF\xFE";
  report.final_recipient = "a\r\nBcc: b@x.jp";
  dsn.envelope_id = "1\r\nX: y";
  dsn.recipients[0].cause.en = "a\nb";
  const auto message = write(dsn);
  const auto status = part_text(message, "2");
  CHECK(HeaderView(status.substr(status.find("\r\n\r\n") + 4)).count("Final-Recipient") == 1);
  CHECK(message.find("\r\nBcc:") == std::string::npos);
  CHECK(message.size() < 10'000);
  CHECK(part_type(message, "4") == "no part");
}

TEST_CASE("A boundary never occurs in what it bounds", "[dsn]") {
  auto dsn = one_failure();
  const auto first = write(dsn);
  const auto at = first.find("boundary=\"") + 10;
  const auto boundary = first.substr(at, first.find('"', at) - at);
  const std::string hostile = original + "--" + boundary + "--\r\n";
  dsn.original = hostile;
  dsn.return_full = true;
  const auto message = write(dsn);
  CHECK(parse_message(message).children.size() == 3);
  CHECK(message.find("boundary=\"" + boundary) == std::string::npos);
}

TEST_CASE("A report has recipients, and not without end", "[dsn]") {
  auto dsn = one_failure();
  dsn.recipients.assign(1001, unknown_user());
  CHECK(write_dsn(dsn).error().kind == ErrorKind::limit);
  dsn.recipients.clear();
  CHECK(write_dsn(dsn).error().kind == ErrorKind::invalid);
}

TEST_CASE("Recipients with different fates are told apart", "[dsn]") {
  auto dsn = one_failure();
  dsn.recipients.push_back(unknown_user());
  dsn.recipients[1].report.action = ReportAction::delayed;
  dsn.recipients[1].report.final_recipient = "late@example.jp";
  const auto text = part_text(write(dsn), "1");
  const auto failed = text.find("could not be delivered");
  const auto first = text.find("<taro@example.jp>");
  const auto delayed = text.find("has not been delivered");
  const auto second = text.find("<late@example.jp>");
  CHECK(failed < first);
  CHECK(first < delayed);
  CHECK(delayed < second);
}
