// Commands out of bytes: whole, one at a time, and hostile.
#include <random>

#include <catch2/catch.hpp>

#include "lib/protocol/imap/command_reader.hpp"

using namespace tandem::imap;
using Step = CommandReader::Step;

namespace {

std::string_view append_literal_of(std::string_view text) {
  return text.substr(text.find_last_of('{'));
}

// Feeds `input` in pieces and writes down everything the reader says.
std::string transcript(std::string_view input, std::size_t piece, CommandReader::Limits limits = {},
                       std::size_t* most_memory = nullptr) {
  CommandReader reader(limits);
  std::string out;
  std::string message;
  while (true) {
    const Step step = reader.next();
    if (most_memory != nullptr) *most_memory = std::max(*most_memory, reader.memory());
    switch (step) {
      case Step::need_input:
        if (input.empty()) return out;
        reader.feed(input.substr(0, piece));
        input.remove_prefix(std::min(piece, input.size()));
        break;
      case Step::command: out += "[" + std::string(reader.text()) + "]"; break;
      case Step::line: out += "line[" + std::string(reader.text()) + "]"; break;
      case Step::continue_literal: out += "+"; break;
      case Step::append:
      case Step::append_more: {
        out += "append[" + std::string(reader.text()) + "]";
        const auto item = append_literal_of(reader.text());
        reader.accept(std::stoull(std::string(item.substr(1))));
        break;
      }
      case Step::append_end: out += "end[" + std::string(reader.text()) + "]"; break;
      case Step::refused: out += "refused[" + reader.error().to_string() + "]"; break;
      case Step::message_data: {
        char bytes[7];
        const std::size_t count = reader.take_message(bytes);
        message.append(bytes, count);
        if (reader.message_left() == 0) out += "<" + std::exchange(message, {}) + ">";
        if (count > 0) break;
        if (input.empty()) return out;
        reader.feed(input.substr(0, piece));
        input.remove_prefix(std::min(piece, input.size()));
        break;
      }
    }
  }
}

void check_all_ways(std::string_view input, std::string_view expected,
                    CommandReader::Limits limits = {}) {
  for (std::size_t piece = 1; piece < 40; ++piece)
    CHECK(transcript(input, piece, limits) == expected);
  CHECK(transcript(input, input.size(), limits) == expected);
}

}  // namespace

TEST_CASE("imap: commands at any split") {
  check_all_ways("a NOOP\r\nb LOGIN {3}\r\nbob {4+}\r\np\r\nq\r\nc NOOP\n",
                 "[a NOOP]+[b LOGIN {3}\r\nbob {4+}\r\np\r\nq][c NOOP]");
}

TEST_CASE("imap: messages of APPEND are handed out, not kept") {
  check_all_ways(
      "a APPEND {5+}\r\nINBOX (\\Seen) {11}\r\nhello\r\nworl {3+}\r\nabc\r\nb NOOP\r\n",
      "append[a APPEND {5+}\r\nINBOX (\\Seen) {11}]<hello\r\nworl>append[ {3+}]<abc>end[][b NOOP]");
}

TEST_CASE("imap: a literal over the cap is refused before it is held [T-16]", "[T-16]") {
  const CommandReader::Limits limits{.command = 100, .non_synchronising = UINT64_MAX};
  check_all_ways("a LOGIN {4294967295}\r\nb NOOP\r\n",
                 "refused[a BAD [TOOBIG] Command or literal too long\r\n][b NOOP]", limits);
  check_all_ways("a LOGIN {200+}\r\n" + std::string(200, '\n') + " {150+}\r\n" +
                     std::string(150, 'x') + "\r\nb NOOP\r\n",
                 "refused[a BAD [TOOBIG] Command or literal too long\r\n][b NOOP]", limits);
  check_all_ways(
      "a LOGIN {20+}\r\n" + std::string(20, '\n') + std::string(150, 'x') + " {3}\r\nb NOOP\r\n",
      "refused[a BAD [TOOBIG] Command or literal too long\r\n][b NOOP]", limits);
  check_all_ways("a LOGIN {5+}\r\nabcde x\r\n",
                 "refused[a BAD [TOOBIG] Command or literal too long\r\n]",
                 {.command = 100, .non_synchronising = 4});
}

TEST_CASE("imap: endless input holds no more than the limit [T-15]", "[T-15]") {
  const CommandReader::Limits limits{.command = 8192, .non_synchronising = UINT64_MAX};
  std::string flood;
  for (int at = 0; at < 20000; ++at) flood += "a {9+}\r\n123456789";
  for (const std::string& input :
       {std::string(1'000'000, 'a'), "a LOGIN {4000000+}\r\n" + std::string(900'000, 'x'),
        "a LOGIN (" + std::string(1'000'000, '('), flood}) {
    std::size_t most = 0;
    transcript(input, 4096, limits, &most);
    CHECK(most <= 16 * 1024);
  }
}

TEST_CASE("imap: a refused APPEND is skipped to its end") {
  CommandReader reader;
  CommandError no{.tag = "a", .text = "No such mailbox", .code = "TRYCREATE", .no = true};
  reader.feed("a APPEND x {5}\r\nb NOOP\r\n");
  REQUIRE(reader.next() == Step::append);
  reader.refuse(no, 5, true);
  REQUIRE(reader.next() == Step::refused);
  CHECK(reader.error().to_string() == "a NO [TRYCREATE] No such mailbox\r\n");
  REQUIRE(reader.next() == Step::command);
  CHECK(reader.text() == "b NOOP");

  reader.feed("a APPEND x {5+}\r\n\r\n\r\nx {3+}\r\n\r\n\r\nc NOOP\r\n");
  REQUIRE(reader.next() == Step::append);
  reader.refuse(no, 5, false);
  REQUIRE(reader.next() == Step::refused);
  REQUIRE(reader.next() == Step::command);
  // `\r\n\r\nx` is the first message and ` {3+}` begins the second: `\r\n\r`, then the command
  // ends.
  CHECK(reader.text() == "c NOOP");
}

TEST_CASE("imap: lines between commands and read-ahead") {
  CommandReader reader;
  reader.feed("a IDLE\r\nDONE {5}\r\nb NOOP\r\nread ahead");
  REQUIRE(reader.next() == Step::command);
  reader.expect_line();
  REQUIRE(reader.next() == Step::line);
  CHECK(reader.text() == "DONE {5}");
  REQUIRE(reader.next() == Step::command);
  CHECK(reader.has_rest());
  CHECK(reader.take_rest() == "read ahead");
  CHECK_FALSE(reader.has_rest());
  CHECK(reader.next() == Step::need_input);
  reader.release_memory();
  CHECK(reader.memory() < 64);
}

TEST_CASE("imap: random bytes neither crash the reader nor the parser") {
  std::mt19937 random(20261124);
  const std::string_view pieces[] = {"a ",       "APPEND ", "x ",      "{5}\r\n",
                                     "{3+}\r\n", "\r\n",    "(",       ")",
                                     "\"",       "\\",      "FETCH ",  "1:* ",
                                     "BODY[",    "]",       "NIL ",    "~",
                                     "\n",       "SEARCH ", "OR ",     "NOT ",
                                     "UID ",     "LIST ",   "STATUS ", "{",
                                     "}",        "é",       "&",       "STORE ",
                                     "+FLAGS ",  "<0.1>",   "LOGIN ",  "a APPEND INBOX {4+}\r\n"};
  for (int round = 0; round < 3000; ++round) {
    std::string input;
    for (int at = 0; at < 30; ++at) input += pieces[random() % std::size(pieces)];
    CommandReader reader({.command = 200, .non_synchronising = UINT64_MAX});
    reader.feed(input);
    for (int steps = 0; steps < 200; ++steps) {
      const Step step = reader.next();
      if (step == Step::need_input) break;
      if (step == Step::command) (void)parse_command(reader.text());
      char bytes[3];
      if (step == Step::append) reader.accept(random() % 5);
      if (step == Step::append_more) reader.refuse({}, 2, random() % 2 == 0);
      if (step == Step::message_data && reader.take_message(bytes) == 0) break;
    }
    CHECK(reader.memory() < 4096);
  }
}
