// The trackers: when may a goodbye be said? Each dialogue is told whole and one byte at a time.
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "proxy/session/tracker.hpp"

namespace tandem::session {
namespace {

// Who says what, and whether nothing is under way afterwards.
struct Line {
  char who;  // C or S
  std::string bytes;
  bool idle;
};

void check(net::Protocol protocol, const std::vector<Line>& dialogue) {
  for (const bool whole : {true, false}) {
    const auto tracker = make_tracker(protocol, "mail.test");
    CHECK(tracker->idle());
    for (const Line& line : dialogue) {
      INFO(line.who << ": " << line.bytes);
      const std::string_view bytes = line.bytes;
      for (std::size_t at = 0; at < bytes.size(); at += whole ? bytes.size() : 1) {
        const auto piece = whole ? bytes : bytes.substr(at, 1);
        line.who == 'C' ? tracker->from_client(piece) : tracker->from_backend(piece);
        if (!whole && at + 1 < bytes.size() && line.idle) CHECK_FALSE(tracker->idle());
      }
      CHECK(tracker->idle() == line.idle);
    }
  }
}

}  // namespace

TEST_CASE("IMAP tracker: tags, untagged data, pipelining") {
  check(net::Protocol::imap, {{'C', "a1 SELECT INBOX\r\n", false},
                              {'S', "* 3 EXISTS\r\n* OK [UIDNEXT 4] {9}\r\n", false},
                              {'S', "a1 OK done\r\n", true},
                              {'C', "a2 NOOP\r\na3 NOOP\r\n", false},
                              {'S', "a2 OK\r\n", false},
                              {'S', "a3 BAD no\r\n", true},
                              {'S', "* 4 EXISTS\r\n", true},
                              {'S', "* BYE", false}});
}

TEST_CASE("IMAP tracker: literals are skipped by count") {
  check(net::Protocol::imap, {{'C', "a APPEND x {17}\r\n", false},
                              {'S', "+ go on\r\n", false},
                              {'C', "b NOOP\r\nc NOOP\r\n ", false},
                              {'C', "\r\n", false},
                              {'S', "a OK\r\n", true},
                              {'C', "d APPEND x ~{3+}\r\n\r\n{ {2+}\r\nxx\r\n", false},
                              {'S', "d OK\r\n", true},
                              {'C', "e FETCH 1 BODY[]\r\n", false},
                              {'S', "* 1 FETCH (BODY[] {10}\r\ne OK no\r\n\n FLAGS ())\r\n", false},
                              {'S', "e OK\r\n", true}});
}

TEST_CASE("IMAP tracker: a refused literal never comes") {
  check(net::Protocol::imap, {{'C', "a APPEND x {99999999}\r\n", false},
                              {'S', "a NO [TOOBIG]\r\n", true},
                              {'C', "b NOOP\r\n", false},
                              {'S', "b OK\r\n", true}});
}

TEST_CASE("IMAP tracker: IDLE is idle until DONE") {
  check(net::Protocol::imap, {{'C', "a IDLE\r\n", true},
                              {'S', "+ idling\r\n", true},
                              {'S', "* 4 EXISTS\r\n", true},
                              {'C', "DONE\r\n", false},
                              {'S', "a OK\r\n", true},
                              {'C', "b IDLE\r\n", true},
                              {'S', "b BAD not here\r\n", true},
                              {'C', "c NOOP\r\n", false},
                              {'S', "c OK\r\n", true}});
}

TEST_CASE("IMAP tracker: compressed bytes are never taken for idle") {
  check(net::Protocol::imap, {{'C', "a COMPRESS DEFLATE\r\n", false},
                              {'S', "a OK\r\n", false},
                              {'C', "\x78\x9c\n", false}});
}

TEST_CASE("POP3 tracker: answers of one and of several lines") {
  check(net::Protocol::pop3, {{'C', "STAT\r\n", false},
                              {'S', "+OK 1 10\r\n", true},
                              {'C', "LIST\r\nLIST 1\r\nUIDL 1\r\n", false},
                              {'S', "+OK\r\n1 10\r\n", false},
                              {'S', ".\r\n", false},
                              {'S', "+OK 1 10\r\n", false},
                              {'S', "-ERR no\r\n", true},
                              {'C', "RETR 1\r\n", false},
                              {'S', "+OK\r\n-ERR\r\n..\r\n.x\r\n", false},
                              {'S', ".\r\n", true},
                              {'C', "RETR 9\r\n", false},
                              {'S', "-ERR no\r\n", true},
                              {'C', "DELE", false}});
}

TEST_CASE("SMTP tracker: between transactions") {
  check(net::Protocol::submission, {{'C', "MAIL FROM:<a@b>\r\n", false},
                                    {'S', "250 ok\r\n", false},
                                    {'C', "RCPT TO:<c@d>\r\nDATA\r\n", false},
                                    {'S', "250 ok\r\n354 go\r\n", false},
                                    {'C', "Subject: x\r\n\r\nQUIT\r\n..\r\n.x\r\n", false},
                                    {'C', ".\r\n", false},
                                    {'S', "250-saved\r\n", false},
                                    {'S', "250 as 7\r\n", true},
                                    {'C', "MAIL FROM:<a@b>\r\n", false},
                                    {'S', "550 no\r\n", true},
                                    {'C', "MAIL FROM:<a@b>\r\n", false},
                                    {'S', "250 ok\r\n", false},
                                    {'C', "RSET\r\n", false},
                                    {'S', "250 ok\r\n", true},
                                    {'C', "MAIL FROM:<a@b>\r\nBDAT 7\r\nRSET\r\n ", false},
                                    {'S', "250 ok\r\n250 ok\r\n", false},
                                    {'C', "BDAT 2 LAST\r\n\r\n", false},
                                    {'S', "250 ok\r\n", true}});
}

TEST_CASE("T-20 trackers keep count of a bounded number of commands") {
  for (const auto protocol : {net::Protocol::pop3, net::Protocol::submission}) {
    const auto tracker = make_tracker(protocol, "mail.test");
    for (int i = 0; i < 100000; ++i) tracker->from_client("NOOP\r\n");
    for (int i = 0; i < 100000; ++i) tracker->from_backend("250 x\r\n");
    CHECK_FALSE(tracker->idle());
  }
}

}  // namespace tandem::session
