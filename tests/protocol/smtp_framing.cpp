// Framing: dot reader and writer, at every split, and through the server machine.
#include <random>

#include <catch2/catch.hpp>

#include "lib/protocol/smtp/dot_reader.hpp"
#include "lib/protocol/smtp/dot_writer.hpp"
#include "tests/protocol/smtp_server_fixture.hpp"

using namespace tandem::smtp;
using tandem::smtp::test::ServerRun;

namespace {

struct Read {
  std::string out;
  std::string left;
  bool done;
  DotReader::Verdict verdict;
};

Read read_split(std::string_view in, std::size_t split,
                FramingPolicy policy = FramingPolicy::normalise) {
  DotReader reader(policy);
  std::string out;
  std::size_t taken = reader.feed(in.substr(0, split), out);
  if (!reader.done()) taken += reader.feed(in.substr(split), out);
  return {out, std::string(in.substr(taken)), reader.done(), reader.verdict()};
}

void expect_everywhere(std::string_view in, std::string_view out, std::string_view left) {
  for (std::size_t split = 0; split <= in.size(); ++split) {
    const Read read = read_split(in, split);
    CAPTURE(split);
    CHECK(read.done);
    CHECK(read.verdict == DotReader::Verdict::ok);
    CHECK(read.out == out);
    CHECK(read.left == left);
  }
}

bool is_clean_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\0') return false;
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return false;
    if (text[i] == '\r' && (i + 1 == text.size() || text[i + 1] != '\n')) return false;
  }
  return true;
}

const std::string attacks[] = {"\n.\n",   "\n.\r\n", "\r.\r",       "\r\n.\n",
                               "\r\n.\r", "\r.\r\n", "\r\n.\r\r\n", std::string("\r\n\0.\r\n", 6)};

}  // namespace

TEST_CASE("T-08 the dot reader un-stuffs and ends at every split") {
  expect_everywhere("a\r\n.\r\nQUIT\r\n", "a\r\n", "QUIT\r\n");
  expect_everywhere(".\r\n", "", "");
  expect_everywhere("..\r\n...x\r\n.y\r\n.\r\nz", ".\r\n..x\r\ny\r\n", "z");
  expect_everywhere("\r\n\r\n.\r\n.\r\n", "\r\n\r\n", ".\r\n");
}

TEST_CASE("T-10 bare LF becomes CRLF, bare CR and NUL a space") {
  expect_everywhere("a\nb\rc\r\n.\r\n", "a\r\nb c\r\n", "");
  expect_everywhere(std::string_view("a\0b\r\n.\r\n", 8), "a b\r\n", "");
  expect_everywhere("a\r\r\n.\r\n", "a \r\n", "");
  expect_everywhere("a\n.b\r\n.\r\n", "a\r\n.b\r\n", "");
}

TEST_CASE("T-10 reject refuses every bare byte, normalise only the smuggling shape") {
  for (const std::string_view bare : {"a\nb\r\n.\r\n", "a\rb\r\n.\r\n"}) {
    CHECK(read_split(bare, 1, FramingPolicy::reject).verdict == DotReader::Verdict::bare);
    CHECK(read_split(bare, 1).verdict == DotReader::Verdict::ok);
  }
  CHECK(read_split("a\r\n.\r\n", 1, FramingPolicy::reject).verdict == DotReader::Verdict::ok);
}

TEST_CASE("T-08 T-12 only CRLF.CRLF ends data") {
  for (const std::string& attack : attacks) {
    const std::string body =
        "Subject: x\r\n\r\nhello" + attack + "MAIL FROM:<evil@x>\r\nmore\r\n.\r\n";
    for (std::size_t split = 0; split <= body.size(); ++split) {
      const Read read = read_split(body, split);
      REQUIRE(read.done);
      REQUIRE(read.left.empty());
      REQUIRE(is_clean_text(read.out));
      if (attack.find('\0') == std::string::npos)
        REQUIRE(read.verdict == DotReader::Verdict::smuggling);
    }
    for (const std::size_t step : {std::size_t{1}, std::size_t{65536}}) {
      ServerRun run;
      run.start();
      run.say("DATA\r\n");
      run.take();
      run.feed(body, step);
      CHECK(run.mails.size() == 1);
      if (attack.find('\0') == std::string::npos) {
        CHECK(run.messages.empty());
        CHECK(run.take() == "554 5.6.0 Malformed line ends around a dot\r\n");
        CHECK(run.aborts == 1);
      } else {
        CHECK(run.messages.size() == 1);
      }
    }
  }
}

TEST_CASE("T-09 the dot writer stuffs real line starts at every split") {
  const std::string in = ".a\n..b\r.c\r\n.\r\nx\r";
  for (std::size_t split = 0; split <= in.size(); ++split) {
    DotWriter writer;
    std::string out;
    writer.write(std::string_view(in).substr(0, split), out);
    writer.write(std::string_view(in).substr(split), out);
    writer.end(out);
    CHECK(out == "..a\r\n...b .c\r\n..\r\nx \r\n.\r\n");
  }
  DotWriter empty;
  std::string out;
  empty.end(out);
  CHECK(out == ".\r\n");
}

TEST_CASE("T-09 T-08 whatever is written is read back as one clean message") {
  std::mt19937 random(7);
  const std::string_view alphabet("..\r\n\r\nab\0", 9);
  for (int round = 0; round < 4000; ++round) {
    std::string in;
    for (unsigned i = random() % 24; i > 0; --i) in += alphabet[random() % alphabet.size()];
    DotWriter writer;
    std::string wire;
    const std::size_t cut = in.empty() ? 0 : random() % in.size();
    writer.write(in.substr(0, cut), wire);
    writer.write(in.substr(cut), wire);
    writer.end(wire);
    REQUIRE(is_clean_text(wire));
    const Read back = read_split(wire + "REST", random() % wire.size());
    REQUIRE(back.done);
    REQUIRE(back.left == "REST");
    REQUIRE(back.verdict == DotReader::Verdict::ok);
    DotWriter plain(false);
    std::string clean;
    plain.write(in, clean);
    plain.end(clean);
    REQUIRE(back.out == clean);
  }
}

TEST_CASE("T-08 random input ends only where CRLF.CRLF stands, and comes out clean") {
  std::mt19937 random(11);
  const std::string_view alphabet("..\r\n\r\na", 7);
  for (int round = 0; round < 20000; ++round) {
    std::string in = "x";
    for (unsigned i = random() % 20; i > 0; --i) in += alphabet[random() % alphabet.size()];
    const std::size_t end = in.find("\r\n.\r\n");
    const Read read = read_split(in, random() % (in.size() + 1));
    REQUIRE(read.done == (end != std::string::npos));
    if (read.done) REQUIRE(read.left == in.substr(end + 5));
    if (read.done) REQUIRE(is_clean_text(read.out));
  }
}

TEST_CASE("T-14 size, header and line limits are found while output stops") {
  BodyLimits limits{20, 10, 8};
  struct Case {
    std::string in;
    DotReader::Verdict verdict;
  };
  const Case cases[] = {{"123456789\r\n.\r\n", DotReader::Verdict::line_too_long},
                        {"1234567\r\n1234\r\n.\r\n", DotReader::Verdict::header_too_big},
                        {"a\r\n\r\n1234567\r\n1234567\r\n.\r\n", DotReader::Verdict::too_big},
                        {"a\r\n\r\n1234567\r\n1234\r\n.\r\n", DotReader::Verdict::ok}};
  for (const Case& c : cases) {
    DotReader reader(FramingPolicy::normalise, limits);
    std::string out;
    CHECK(reader.feed(c.in, out) == c.in.size());
    CHECK(reader.done());
    CHECK(reader.verdict() == c.verdict);
    CHECK(out.size() <= limits.size);
  }
}
