#include <catch2/catch.hpp>

#include "lib/mail/mbox.hpp"
#include "lib/mail/notice.hpp"

using namespace tandem::mail;

namespace {

const std::string first = "Subject: 1\n\nFrom here on it is text\nFrom: me\n";
const std::string second = "Subject: 2\n\nbody\n";
const std::string from = "From MAILER-DAEMON Thu Apr 29 23:34:45 2015\n";

}  // namespace

TEST_CASE("A file of several messages is taken apart at its From lines", "[mbox]") {
  const auto file = from + first + "\n" + from + second;
  const auto messages = split_mbox(file);
  REQUIRE(messages.size() == 2);
  CHECK(messages[0] == first + "\n");
  CHECK(messages[1] == second);
  SECTION("with a zone instead of the year, with CR LF, without an empty line") {
    const auto other = from + first + "From a@b.jp Thu Apr 29 23:34:45 2015 +0900\r\n" + second;
    REQUIRE(split_mbox(other).size() == 2);
    CHECK(split_mbox(other)[1] == second);
  }
}

TEST_CASE("What does not begin with a From line is no such file", "[mbox]") {
  CHECK(split_mbox("").empty());
  CHECK(split_mbox(first).empty());
  CHECK(split_mbox("From me to you").empty());
  CHECK(split_mbox("From: a@b.jp 10:00 2015\n").empty());
}

TEST_CASE("A From line without a message behind it ends the file", "[mbox]") {
  const auto line = from.substr(0, from.size() - 1);
  REQUIRE(split_mbox(line).size() == 1);
  CHECK(split_mbox(line)[0].empty());
  CHECK(split_mbox(from + from + from).size() == 3);
}

TEST_CASE("A bounce that was put into another message as text is found", "[mbox][notice]") {
  CHECK(message_behind_from_line("Dear all,\n" + from + second) == second);
  CHECK(message_behind_from_line("From me to you").empty());
  const auto notice =
      read_notice("From: postmaster@a.jp\nTo: b@c.jp\n\nSorry.\n" + from +
                  "From: MAILER-DAEMON@a.jp\nTo: d@e.jp\n\n<x@y.jp>: 550 no such user\n");
  REQUIRE(notice.recipients.size() == 1);
  CHECK(notice.recipients[0].report.final_recipient == "x@y.jp");
}
