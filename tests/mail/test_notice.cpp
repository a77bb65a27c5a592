#include <catch2/catch.hpp>

#include "lib/mail/dsn.hpp"
#include "lib/mail/notice.hpp"

using namespace tandem::mail;

namespace {

const std::string header =
    "From: MAILER-DAEMON@mx.example.jp (Mail Delivery System)\n"
    "To: sender@example.com\n"
    "Subject: Undelivered Mail\n";

NoticeRecipient only(const Notice& notice) {
  REQUIRE(notice.recipients.size() == 1);
  return notice.recipients.front();
}

const std::string report =
    header +
    "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
    "--b\n\nThis is the mail system.\n\n<taro@example.jp>: host mx said: no\n\n"
    "--b\nContent-Type: message/delivery-status\n\n"
    "Reporting-MTA: dns; mx.example.jp\nArrival-Date: Tue, 24 Nov 2026 12:00:00 +0900\n\n"
    "Original-Recipient: rfc822;Taro@example.jp\nFinal-Recipient: rfc822; <taro@example.jp>\n"
    "Action: failed (really)\nStatus: 5.1.1 (no such user)\n"
    "Remote-MTA: dns; mx.other.jp (192.0.2.1)\n"
    "Diagnostic-Code: smtp; 550 5.1.1\n  no such user\n\n"
    "Final-Recipient: utf-8; \\x{592A}@example.jp\nAction: delayed\nStatus: 4.4.1\n"
    "Diagnostic-Code: x-unix; exit 75\n\n"
    "--b\nContent-Type: message/rfc822\n\nSubject: x\n\nbody with other@example.net\n--b--\n";

}  // namespace

TEST_CASE("A report is read recipient by recipient", "[notice]") {
  const auto notice = read_notice(report);
  CHECK(notice.kind == NoticeKind::report);
  CHECK(notice.reporting_mta == "mx.example.jp");
  REQUIRE(notice.recipients.size() == 2);
  const auto& first = notice.recipients[0].report;
  CHECK(first.final_recipient == "taro@example.jp");
  CHECK(first.action == ReportAction::failed);
  CHECK(first.status == "5.1.1");
  CHECK(first.remote_mta == "mx.other.jp");
  CHECK(first.diagnostic == "550 5.1.1  no such user");
  CHECK(notice.recipients[0].detail == "<taro@example.jp>: host mx said: no\n");
  const auto& second = notice.recipients[1].report;
  CHECK(second.final_recipient == "太@example.jp");
  CHECK(second.action == ReportAction::delayed);
  CHECK(second.diagnostic_type == "x-unix");
}

TEST_CASE("What we write is what we read", "[notice][dsn]") {
  Dsn dsn{.to = "sender@example.com", .reporting_mta = "gate.example.jp", .message_id = "1@g"};
  dsn.recipients.push_back({.report = {.final_recipient = "太郎@example.jp",
                                       .status = "5.2.2",
                                       .remote_mta = "mx.example.jp",
                                       .diagnostic = "552 5.2.2 mailbox full"}});
  dsn.original = "Subject: x\r\n\r\n";
  for (const bool smtputf8 : {false, true}) {
    dsn.smtputf8 = smtputf8;
    const auto written = write_dsn(dsn);
    REQUIRE(written);
    const auto notice = read_notice(written->bytes);
    CHECK(notice.kind == NoticeKind::report);
    CHECK(notice.reporting_mta == "gate.example.jp");
    const auto recipient = only(notice).report;
    CHECK(recipient.final_recipient == "太郎@example.jp");
    CHECK(recipient.status == "5.2.2");
    CHECK(recipient.remote_mta == "mx.example.jp");
    CHECK(recipient.diagnostic == "552 5.2.2 mailbox full");
  }
}

TEST_CASE("Recipients without an empty line between them are told apart", "[notice]") {
  const auto notice = read_notice(
      header +
      "Content-Type: message/delivery-status\n\nReporting-MTA: dns; a.jp\n"
      "Final-Recipient: rfc822; a@a.jp\nOriginal-Recipient: rfc822;a@a.jp\nStatus: 5.1.1\n"
      "Final-Recipient: rfc822; b@a.jp\nOriginal-Recipient: rfc822;b@a.jp\nStatus: 5.2.2\n");
  REQUIRE(notice.recipients.size() == 2);
  CHECK(notice.recipients[1].report.final_recipient == "b@a.jp");
  CHECK(notice.recipients[1].report.status == "5.2.2");
}

TEST_CASE("A plain bounce: what stands below an address is said of it", "[notice]") {
  const auto notice = read_notice(
      header +
      "\nHi. This is the program at mx.example.jp. Ask <postmaster@mx.example.jp>.\n\n"
      "<a@example.net>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 no such user\n\n"
      "<b@example.net>:\nRemote host said: 552 full, dear sender@example.com\n\n"
      "--- Below this line is a copy of the message.\n\nTo: c@example.net\n");
  CHECK(notice.kind == NoticeKind::bounce);
  REQUIRE(notice.recipients.size() == 2);
  CHECK(notice.recipients[0].report.final_recipient == "a@example.net");
  CHECK(notice.recipients[0].detail.find("550 no such user") != std::string::npos);
  CHECK(notice.recipients[0].detail.find("552") == std::string::npos);
  CHECK(notice.recipients[1].detail.find("552 full") != std::string::npos);
  CHECK(notice.text.find("c@example.net") == std::string::npos);
}

TEST_CASE("The header may name who failed", "[notice]") {
  const std::string text =
      "\n  a@example.net\n    (generated from alias@example.com)\n"
      "    host mx said: 550 <x@y.jp> no\n";
  const auto named = only(read_notice("X-Failed-Recipients: a@example.net\n" + header + text));
  CHECK(named.report.final_recipient == "a@example.net");
  CHECK(named.detail.find("550 <x@y.jp> no") != std::string::npos);
  SECTION("if it names another than the text, the text counts") {
    const auto other = only(read_notice("X-Failed-Recipients: z@example.net\n" + header +
                                        "\n  a@example.net\n    host mx said: 550 no\n"));
    CHECK(other.report.final_recipient == "a@example.net");
  }
}

TEST_CASE("A bounce that was forwarded as an attachment is read itself", "[notice]") {
  const auto notice = read_notice(
      "From: hanako@example.com\nSubject: What is this?\n"
      "Content-Type: multipart/mixed; boundary=outer\n\n"
      "--outer\n\nPlease look at this.\n"
      "--outer\nContent-Type: message/rfc822\n\n" +
      report + "--outer--\n");
  CHECK(notice.kind == NoticeKind::report);
  CHECK(notice.recipients.size() == 2);
}

TEST_CASE("A report in HTML only is read without its tags", "[notice]") {
  const auto notice =
      read_notice(header +
                  "Content-Type: text/html\n\n<style>p{x:y@z.jp}</style><p>Delivery failed to<br>"
                  "<b>a@example.net</b><br>550 5.1.1 &lt;no&gt; &amp; such</p>");
  CHECK(only(notice).report.final_recipient == "a@example.net");
  CHECK(notice.text.find("550 5.1.1 <no> & such") != std::string::npos);
  CHECK(notice.text.find("style") == std::string::npos);
}

TEST_CASE("A broken multipart is read as it stands", "[notice]") {
  const auto notice =
      read_notice(header +
                  "Content-Type: multipart/report; boundary=other\n\n--b\n\n"
                  "Reporting-MTA: dns; mx.example.jp\n\n"
                  "Final-Recipient: rfc822; a@example.net\nStatus: 5.1.1\n\n--b--\n");
  CHECK(notice.kind == NoticeKind::report);
  CHECK(only(notice).report.status == "5.1.1");
}

TEST_CASE("A spam report and an automatic answer are no bounces", "[notice]") {
  const auto complaint = read_notice(
      "From: fbl@example.net\nSubject: Abuse\n"
      "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n\n"
      "--b\n\nThis is an abuse report.\n"
      "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
      "Original-Rcpt-To: a@example.net\n--b--\n");
  CHECK(complaint.kind == NoticeKind::complaint);
  CHECK(only(complaint).report.final_recipient == "a@example.net");

  const std::string vacation = "From: a@example.net\nTo: b@c.jp\nReturn-Path: <>\n";
  CHECK(read_notice(vacation + "Auto-Submitted: auto-replied\nSubject: x\n\naway\n").kind ==
        NoticeKind::auto_reply);
  CHECK(read_notice(vacation + "Subject: =?utf-8?B?5LiN5Zyo?=\n\naway\n").kind ==
        NoticeKind::auto_reply);
  CHECK(read_notice(header + "Auto-Submitted: auto-replied\n\n<a@b.jp>: 550 no\n").kind ==
        NoticeKind::bounce);
}

TEST_CASE("There is always somebody to speak of", "[notice]") {
  for (const std::string text : {"", "\n", "From: a@b.jp", "Subject: x\n\n", "\xFF\xFE@\n\n@"})
    CHECK(read_notice(text).recipients.size() == 1);
}

TEST_CASE("A message is told from words", "[notice]") {
  CHECK(looks_like_message(report));
  CHECK(looks_like_message("Return-Path: <>\nReceived: x\n\n"));
  CHECK_FALSE(looks_like_message("550 5.1.1 <a@b.jp>: Recipient address rejected: no"));
  CHECK_FALSE(looks_like_message("host: said\nwhat: 550"));
}

TEST_CASE("A hostile bounce ends, and soon", "[notice]") {
  std::string addresses = header + "\n";
  for (int i = 0; i < 20'000; ++i) addresses += "<a" + std::to_string(i) + "@b.jp>: 550\n";
  CHECK(read_notice(addresses).recipients.size() <= 1000);
  CHECK(read_notice(header + "\n" + std::string(200'000, '@')).recipients.size() == 1);
  CHECK(
      read_notice(header + "Content-Type: text/html\n\n" + std::string(200'000, '<')).text.size() <
      300'000);
  std::string styles = header + "Content-Type: text/html\n\n";
  for (int i = 0; i < 20'000; ++i) styles += "<style>";
  CHECK(read_notice(styles).recipients.size() == 1);
  std::string nested;
  for (int i = 0; i < 3'000; ++i) nested += "Content-Type: message/rfc822\n\n";
  CHECK(read_notice(nested).recipients.size() == 1);
}
