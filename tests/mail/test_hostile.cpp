#include <random>

#include <catch2/catch.hpp>

#include "lib/base/text.hpp"
#include "lib/mail/address_list.hpp"
#include "lib/mail/date.hpp"
#include "lib/mail/digest.hpp"
#include "lib/mail/encoded_word.hpp"
#include "lib/mail/imap_structure.hpp"
#include "lib/mail/mime.hpp"
#include "lib/mail/received.hpp"

using namespace tandem::mail;

namespace {

struct Count {
  std::size_t parts = 0;
  std::size_t depth = 0;
};

// Every offset inside the message, every child inside its parent, in order; counts what is there.
bool sound(const Part& part, std::size_t begin, std::size_t end, Count& count, std::size_t depth) {
  ++count.parts;
  count.depth = std::max(count.depth, depth);
  if (part.header_begin < begin || part.body_begin < part.header_begin) return false;
  if (part.body_end < part.body_begin || part.body_end > end) return false;
  std::size_t from = part.body_begin;
  for (const auto& child : part.children) {
    if (!sound(child, from, part.body_end, count, depth + 1)) return false;
    from = child.body_end;
  }
  return true;
}

// Parentheses balance outside strings and literals: the least an IMAP reader needs.
bool balanced(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      for (++i; i < text.size() && text[i] != '"'; ++i)
        if (text[i] == '\\') ++i;
    } else if (text[i] == '{') {
      const auto close = text.find('}', i);
      const auto length = tandem::parse_number(text.substr(i + 1, close - i - 1));
      if (!length) return false;
      i = close + 2 + *length;
    } else if (text[i] == '(') {
      ++depth;
    } else if (text[i] == ')' && --depth < 0) {
      return false;
    }
  }
  return depth == 0;
}

Count check(std::string_view message) {
  const Part root = parse_message(message);
  Count count;
  REQUIRE(sound(root, 0, message.size(), count, 1));
  REQUIRE(balanced(imap_bodystructure(root, true)));
  REQUIRE(balanced(imap_envelope(*root.envelope)));
  return count;
}

const std::vector<std::string> pieces{"\r\n",
                                      "\n",
                                      "\r",
                                      "--",
                                      "--b",
                                      "--b--",
                                      "--c\r\n",
                                      "b",
                                      ":",
                                      ";",
                                      "\"",
                                      "(",
                                      ")",
                                      "<",
                                      ">",
                                      "@",
                                      ",",
                                      "\\",
                                      "=?",
                                      "?=",
                                      "=?utf-8?B?",
                                      "=?iso-2022-jp?q?",
                                      "\x1B$B",
                                      "\x1B(B",
                                      "[",
                                      "]",
                                      " ",
                                      "\t",
                                      std::string(1, '\0'),
                                      "\x80\xFF",
                                      "Content-Type: ",
                                      "multipart/mixed",
                                      "message/rfc822",
                                      "text/plain",
                                      "; boundary=b",
                                      "; boundary=\"c\"",
                                      "\r\n\r\n",
                                      "From: ",
                                      "To: ",
                                      "Subject: ",
                                      "Date: ",
                                      "Received: ",
                                      "Content-Transfer-Encoding: base64\r\n",
                                      "name*0*=",
                                      "name*1=",
                                      "utf-8''%",
                                      "24 Nov",
                                      "2026",
                                      "00:00:00",
                                      "+0900",
                                      "from ",
                                      "by ",
                                      "id ",
                                      "GROUP: ",
                                      "%E3",
                                      "{5}",
                                      "multipart/digest"};

}  // namespace

TEST_CASE("hostile: random mixtures of what parsers look for") {
  std::mt19937 random(20261124);
  for (int round = 0; round < 3000; ++round) {
    std::string message =
        round % 2 ? "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n" : "";
    const auto length = random() % 120;
    for (std::size_t i = 0; i < length; ++i) message += pieces[random() % pieces.size()];
    const auto count = check(message);
    CHECK(count.depth <= 51);
    CHECK(tandem::is_utf8(decode_header_text(message)));
    const auto addresses = parse_address_list(message);
    CHECK(addresses.size() <= message.size() + 1);
    const auto date = parse_date(message);
    CHECK((!date || format_date(*date).size() >= 30));
    const auto received = parse_received(message);
    CHECK(received.by.size() <= message.size());
    const auto whole = digest_message(message);
    CHECK(whole.header == digest_header(message).header);
  }
}

TEST_CASE("hostile: random bytes") {
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    std::string message(random() % 2000, '\0');
    for (char& c : message) c = static_cast<char>(random());
    check(message);
    CHECK(tandem::is_utf8(decode_header_text(message)));
    const auto charset = std::vector<std::string>{"iso-2022-jp", "shift_jis", "euc-jp", "utf-8",
                                                  "utf-16",      "utf-7",     "gb18030"}[round % 7];
    Part part;
    part.body_end = message.size();
    part.parameters = {{.name = "charset", .value = charset, .text = charset}};
    CHECK(tandem::is_utf8(decode_text(message, part)));
  }
}

TEST_CASE("hostile: every truncation of a message") {
  std::string message =
      "From: \"A\" <a@b>\r\nDate: Tue, 24 Nov 2026 00:00:00 +0000\r\n"
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
      "Subject: =?utf-8?B?44GC?=\r\nContent-Type: multipart/mixed; "
      "boundary=c\r\n\r\n--c\r\n\r\nx\r\n"
      "--c--\r\n--b\r\nContent-Type: text/plain; name*0*=utf-8''%E3\r\n\r\ny\r\n--b--\r\n";
  for (std::size_t length = 0; length <= message.size(); ++length)
    check(std::string_view(message).substr(0, length));
}

TEST_CASE("hostile: nesting and numbers stop at the limits") {
  std::string nested;
  for (int i = 0; i < 500; ++i) {
    const auto name = std::to_string(i);
    nested += "Content-Type: multipart/mixed; boundary=n" + name + "\r\n\r\n--n" + name + "\r\n";
  }
  CHECK(check(nested).depth == 50);
  std::string messages;
  for (int i = 0; i < 500; ++i) messages += "Content-Type: message/rfc822\r\n\r\n";
  CHECK(check(messages).depth == 50);
  std::string many = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
  for (int i = 0; i < 5000; ++i) many += "--b\r\n\r\nx\r\n";
  CHECK(check(many).parts == 1000);
}

TEST_CASE("hostile: addresses in many embedded messages have one limit") {
  std::string message = "Content-Type: multipart/digest; boundary=b\r\n\r\n";
  std::string list;
  for (int i = 0; i < 4000; ++i) list += "a,";
  for (int i = 0; i < 50; ++i) message += "--b\r\n\r\nFrom: " + list + "\r\n\r\nx\r\n";
  const Part root = parse_message(message);
  std::size_t addresses = 0;
  for (const auto& part : root.children) addresses += part.children.at(0).envelope->address_count();
  CHECK(root.children.size() == 50);
  CHECK(addresses == max_listed_addresses);
}

TEST_CASE("hostile: big and repetitive input stays linear") {
  const std::string parens = "To: " + std::string(900'000, '(') + "\r\n\r\n";
  check(parens);
  std::string words;
  while (words.size() < 900'000) words += "=?a?b?";
  CHECK(decode_header_text(words).size() == words.size());
  std::string parameters = "Content-Type: text/plain";
  while (parameters.size() < 900'000) parameters += "; a*0=\"x\"";
  CHECK(parse_message(parameters + "\r\n\r\n").parameters.size() <= 101);
  std::string quotes = "From: ";
  while (quotes.size() < 900'000) quotes += "\"\\\" <";
  check(quotes + "\r\n\r\n");
  std::string dashes = "Content-Type: multipart/mixed; boundary=-\r\n\r\n";
  for (int i = 0; i < 200'000; ++i) dashes += "---x\r\n";
  check(dashes);
}
