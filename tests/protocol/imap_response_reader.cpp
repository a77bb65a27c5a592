// Responses out of bytes: whole, one at a time, streamed, and hostile.
#include <random>

#include <catch2/catch.hpp>

#include "lib/protocol/imap/parse_response.hpp"
#include "lib/protocol/imap/response_reader.hpp"

using namespace tandem::imap;
using Step = ResponseReader::Step;

namespace {

std::string transcript(std::string_view input, std::size_t piece,
                       ResponseReader::Limits limits = {}, std::size_t* most_memory = nullptr) {
  ResponseReader reader(limits);
  std::string out;
  while (true) {
    if (most_memory != nullptr) *most_memory = std::max(*most_memory, reader.memory());
    switch (reader.next()) {
      case Step::need_input:
        if (input.empty()) return out;
        reader.feed(input.substr(0, piece));
        input.remove_prefix(std::min(piece, input.size()));
        break;
      case Step::response: {
        out += "[" + std::string(reader.text()) + "]";
        if (!parse_response(reader.text(), reader.streamed())) out += "?";
        break;
      }
      case Step::body_begin:
        out += "body(" + std::to_string(reader.prefix().uid) + "," +
               std::to_string(reader.body_left()) + ")<";
        break;
      case Step::body_data: out += reader.take_body(); break;
      case Step::body_end: out += ">"; break;
      case Step::error: return out + "error: " + reader.error().what;
    }
  }
}

void check_all_ways(std::string_view input, std::string_view expected,
                    ResponseReader::Limits limits = {}) {
  for (std::size_t piece = 1; piece < 60; ++piece)
    CHECK(transcript(input, piece, limits) == expected);
  CHECK(transcript(input, input.size(), limits) == expected);
}

}  // namespace

TEST_CASE("imap: responses at any split") {
  check_all_ways("* OK hi\r\n* 1 FETCH (BODY[] {5}\r\na\r\nbc UID 7)\r\na OK x\n",
                 "[* OK hi][* 1 FETCH (BODY[] {5}\r\na\r\nbc UID 7)][a OK x]");
}

TEST_CASE("imap: bodies are streamed, several in one response too") {
  const ResponseReader::Limits limits{.stream_from = 4};
  check_all_ways(
      "* 1 FETCH (UID 7 ENVELOPE ({6}\r\nab]\r\nc) BODY[HEADER] {3}\r\nabc BODY[1] {5}\r\nx\r\ny) "
      "BODY[2]<0> {4}\r\n"
      "1234 FLAGS ({5}\r\nxxxxx))\r\n",
      "body(7,5)<x\r\ny)>body(7,4)<1234>[* 1 FETCH (UID 7 ENVELOPE ({6}\r\nab]\r\nc) BODY[HEADER] "
      "{3}\r\nabc "
      "BODY[1] {5}\r\n BODY[2]<0> {4}\r\n FLAGS ({5}\r\nxxxxx))]?",
      limits);
  check_all_ways(
      "* 1 FETCH (RFC822 {0}\r\n UID 7)\r\n* 2 FETCH (UID 8 BODY[] {3}\r\nabc)\r\na OK x\r\n",
      "body(0,0)<>[* 1 FETCH (RFC822 {0}\r\n UID 7)]body(8,3)<abc>[* 2 FETCH (UID 8 BODY[] "
      "{3}\r\n)]"
      "[a OK x]",
      {.stream_from = 0});
}

TEST_CASE("imap: announcements over the limits are errors, not allocations [T-20]", "[T-20]") {
  const ResponseReader::Limits limits{.response = 1000, .body = 5000, .stream_from = 100};
  check_all_ways("* 1 FETCH (BODY[] {4294967296}\r\n",
                 "error: the server announced a body of 4294967296 bytes", limits);
  check_all_ways("* LIST () NIL {4294967296}\r\n",
                 "error: the server announced a literal of 4294967296 bytes", limits);
  check_all_ways("* LIST () NIL {18446744073709551615}\r\n",
                 "error: the server announced a literal of 18446744073709551615 bytes", limits);
  for (const std::string& input : {"* OK " + std::string(1'000'000, 'x'),
                                   "* 1 FETCH (BODY[] {200}\r\n" + std::string(1'000'000, 'x'),
                                   "* 1 FETCH (" + std::string(1'000'000, '(')}) {
    std::size_t most = 0;
    CHECK(transcript(input, 512, limits, &most).find("too long") != std::string::npos);
    CHECK(most < 8192);
  }
}

TEST_CASE("imap: a large body passes through little memory") {
  const std::string body(5'000'000, 'b');
  std::size_t most = 0;
  const std::string out =
      transcript("* 1 FETCH (UID 3 BODY[] {5000000}\r\n" + body + ")\r\n", 16384, {}, &most);
  CHECK(out.size() > body.size());
  CHECK(out.ends_with(">[* 1 FETCH (UID 3 BODY[] {5000000}\r\n)]"));
  CHECK(most < 64 * 1024);
}

TEST_CASE("imap: read-ahead is seen and taken") {
  ResponseReader reader;
  reader.feed("a OK begin TLS\r\n* OK injected\r\n");
  REQUIRE(reader.next() == Step::response);
  CHECK(reader.has_rest());
  CHECK(reader.take_rest() == "* OK injected\r\n");
  CHECK(reader.next() == Step::need_input);
}

TEST_CASE("imap: random responses crash nothing") {
  std::mt19937 random(20261124);
  const std::string_view pieces[] = {"* ",
                                     "1 ",
                                     "FETCH ",
                                     "(",
                                     ")",
                                     "UID ",
                                     "{5}\r\n",
                                     "{3}\r\n",
                                     "\r\n",
                                     "\"",
                                     "\\",
                                     "BODY[",
                                     "]",
                                     " NIL ",
                                     "FLAGS ",
                                     "LIST ",
                                     "STATUS ",
                                     "[",
                                     "OK ",
                                     "a ",
                                     "SEARCH ",
                                     "~",
                                     "{",
                                     "}",
                                     "ESEARCH ",
                                     "NAMESPACE ",
                                     "7 ",
                                     "ENVELOPE ",
                                     "é",
                                     "<0>",
                                     "* 1 FETCH (UID 5 BODY[] {4}\r\n",
                                     "VANISHED ",
                                     "QUOTA ",
                                     "ID "};
  for (int round = 0; round < 3000; ++round) {
    std::string input;
    for (int at = 0; at < 30; ++at) input += pieces[random() % std::size(pieces)];
    std::size_t most = 0;
    const std::string out =
        transcript(input, 1 + random() % 50, {.response = 300, .stream_from = random() % 6}, &most);
    CHECK(out.size() <= input.size() * 3 + 100);
    CHECK(most < 4096);
  }
}
