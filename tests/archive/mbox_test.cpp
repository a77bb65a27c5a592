// mbox files: what is written comes back, and what others wrote is found.
#include <random>

#include <catch2/catch.hpp>

#include "archive/mbox_scanner.hpp"
#include "lib/mail/mbox_quoting.hpp"

namespace tandem::archive {
namespace {

using mail::MboxQuoting;

std::string in_pieces(MboxQuoting quoting, std::string_view text, std::mt19937& random) {
  std::string out;
  while (!text.empty()) {
    const std::size_t size = std::min<std::size_t>(text.size(), 1 + random() % 7);
    quoting.feed(text.substr(0, size), out);
    text.remove_prefix(size);
  }
  quoting.finish(out);
  return out;
}

std::string quoted(std::string_view text) {
  std::mt19937 random(1);
  return in_pieces(MboxQuoting(MboxQuoting::Way::quote), text, random);
}

std::vector<MboxMessage> scan(std::string_view file, std::size_t piece = 1000) {
  MboxScanner scanner;
  while (!file.empty()) {
    scanner.feed(file.substr(0, piece));
    file.remove_prefix(std::min(piece, file.size()));
  }
  scanner.finish();
  return std::move(scanner.messages());
}

std::vector<std::string> texts(std::string_view file, std::size_t piece = 1000) {
  std::vector<std::string> all;
  for (const MboxMessage& one : scan(file, piece))
    all.emplace_back(file.substr(one.begin, one.end - one.begin));
  return all;
}

const std::string from = "From a@b.example Thu Nov 26 23:54:46 2026\n";

TEST_CASE("Lines that look like From lines are quoted", "[mbox]") {
  CHECK(quoted("From me\nFrom: x\n>From you\n>>From\n From\n") ==
        ">From me\nFrom: x\n>>From you\n>>From\n From\n");
  CHECK(quoted("Fro") == "Fro");
  CHECK(quoted("From ") == ">From ");
  CHECK(quoted("").empty());
}

TEST_CASE("Quoting comes back, whatever the bytes and the pieces", "[mbox]") {
  std::mt19937 random(7);
  const std::vector<std::string> atoms = {">",    ">>", "From ", "From", "F",
                                          "Fro",  "\n", "\r\n",  "\r",   std::string(1, '\0'),
                                          "\xff", "x",  "m "};
  for (int turn = 0; turn < 50'000; ++turn) {
    std::string text;
    for (unsigned size = random() % 12; size > 0; --size) text += atoms[random() % atoms.size()];
    const std::string there = in_pieces(MboxQuoting(MboxQuoting::Way::quote), text, random);
    CAPTURE(text, there);
    REQUIRE(there.find("\nFrom ") == std::string::npos);
    REQUIRE_FALSE(there.starts_with("From "));
    REQUIRE(in_pieces(MboxQuoting(MboxQuoting::Way::unquote), there, random) == text);
  }
}

TEST_CASE("Messages of other programs' files", "[mbox]") {
  const std::string first = "Subject: 1\n\nbody\n";
  const std::string second = "Subject: 2\n\nFrom here on\n";
  for (const std::size_t piece : {1, 7, 1000}) {
    CHECK(texts(from + first + "\n" + from + second + "\n", piece) ==
          std::vector<std::string>{first, second});
    CHECK(texts(from + first + "\n" + from + second, piece) ==
          std::vector<std::string>{first, second});
  }
  CHECK(texts("").empty());
  CHECK(texts("\n\r\n\n").empty());
  const auto told = scan(from + first);
  CHECK(told.front().date->unix_seconds == 1'795'737'286);
  CHECK(told.front().from == 0);
}

TEST_CASE("Files with CR LF, and the last message without a line end", "[mbox]") {
  const std::string line = "From - Thu Nov 26 23:54:46 2026\r\n";
  CHECK(texts(line + "A: 1\r\n\r\nx\r\n\r\n" + line + "B: 2\r\n\r\ny") ==
        std::vector<std::string>{"A: 1\r\n\r\nx\r\n", "B: 2\r\n\r\ny"});
}

TEST_CASE("Broken pieces are messages too: nothing of a file is left out", "[mbox]") {
  CHECK(texts("tail of something\n\n" + from + "A: 1\n\nx\n") ==
        std::vector<std::string>{"tail of something\n", "A: 1\n\nx\n"});
  CHECK(texts(from + "\n" + from + "A: 1\n\nx\n") == std::vector<std::string>{"", "A: 1\n\nx\n"});
  // No empty line before it: text, as long as nobody says otherwise.
  CHECK(texts(from + "A: 1\n\nx\n" + from + "B: 2\n").size() == 1);
  CHECK(texts(from + "A: 1\n\nx\n\nFrom the other day\n").size() == 1);
}

TEST_CASE("A right Content-Length is believed, a wrong one is not", "[mbox]") {
  const std::string inside = "x\n\n" + from + "A: in it\n\ny\n";
  const std::string right = "Content-Length: " + std::to_string(inside.size()) + "\n\n" + inside;
  CHECK(texts(from + right + "\n" + from + "B: 2\n\nz\n") ==
        std::vector<std::string>{right, "B: 2\n\nz\n"});
  CHECK(scan(from + right).size() == 1);
  CHECK(scan(from + right).front().counted);
  for (const char* const wrong : {"Content-Length: 5\n\n", "Content-Length: 99999\n\n"}) {
    const auto all = texts(from + wrong + inside + "\n" + from + "B: 2\n\nz\n");
    REQUIRE(all.size() == 3);
    CHECK(all[1] == "A: in it\n\ny\n");
  }
}

TEST_CASE("Flags as mail programs write them", "[mbox]") {
  const auto flags = [](std::string_view header) { return mbox_flags(header).to_list(); };
  using Words = std::vector<std::string>;
  CHECK(flags("Status: RO\nX-Status: AF\nX-Keywords: work  $label1\n\n") ==
        Words{"\\Seen", "\\Answered", "\\Flagged", "$label1", "work"});
  CHECK(flags("Status: O\n\n").empty());
  CHECK(flags("X-Mozilla-Status: 0003\nX-Mozilla-Keys: $label2      \n\n") ==
        Words{"\\Seen", "\\Answered", "$label2"});
  CHECK(flags("X-Mozilla-Status: 000c\n\n") == Words{"\\Flagged", "\\Deleted"});
  CHECK(flags("X-Mozilla-Status: zz\n\n").empty());
}

TEST_CASE("From lines have dates of many kinds", "[mbox]") {
  for (const char* const line :
       {"From a@b Thu Nov 26 23:54:46 2026", "From a b c Thu Nov 26 23:54:46 2026",
        "From - Thu, 26 Nov 2026 23:54:46 +0000",
        "From \"a b\"@c Fri Nov 27 08:54:46 2026 +0900"}) {
    CAPTURE(line);
    REQUIRE(date_of_from_line(line));
    CHECK(date_of_from_line(line)->unix_seconds == 1'795'737'286);
  }
  imap::DateTime moment;
  for (const std::int64_t at : {0LL, 951'782'400LL, 1'795'737'286LL, 4'102'444'799LL}) {
    moment.unix_seconds = at;
    CHECK(is_from_line(from_line(moment)));
    CHECK(date_of_from_line(from_line(moment)) == moment);
  }
}

TEST_CASE("Our own messages are known, and what was broken off is told", "[mbox]") {
  MboxMark mark;
  mark.origin = {17, 45};
  const auto file = [&mark](std::string_view message) {
    return from + mbox_block(mark, {}) + std::string(message) + "\n";
  };
  const std::string message = "A: 1\n\nx\n\n" + from + "no message\n";
  mark.stored = message.size();
  auto all = scan(file(message) + file(message));
  REQUIRE(all.size() == 2);
  CHECK(all[1].mark->origin == Origin{17, 45});
  CHECK(texts(file(message))[0] == message);
  mark.stored.reset();
  CHECK(scan(file("A: 1\n\nx\n")).front().incomplete);
  CHECK(scan(file("A: 1\n\nx\n") + file("B: 1\n\nx\n"))[0].incomplete);
  mark.stored = message.size() + 100;  // the file ends in the middle of it
  CHECK(scan(file("A: 1\n\nx\n")).front().incomplete);
  mark.stored = 2;  // somebody changed it
  all = scan(file("A: 1\n\nchanged\n") + from + "B: 2\n\n");
  CHECK_FALSE(all[0].mark);
  CHECK_FALSE(all[0].incomplete);
}

}  // namespace
}  // namespace tandem::archive
