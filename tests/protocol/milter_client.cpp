// The milter client machine against a scripted filter: whole, byte by byte, failing at step n.
#include <catch2/catch.hpp>

#include "lib/base/text.hpp"
#include "tests/protocol/milter_fixture.hpp"

using namespace tandem;
using namespace tandem::milter;
using tandem::test::milter_field;
using tandem::test::milter_options;
using tandem::test::milter_packet;
using tandem::test::ScriptedMilter;

namespace {

Examination message() {
  return {.our_name = "gate.example",
          .message_id = "abc",
          .client_address = "192.0.2.7",
          .client_port = 4242,
          .client_name = {},
          .helo = "mta.sender.example",
          .tls_version = "TLSv1.3",
          .tls_cipher = {},
          .sender = "anna@sender.example",
          .mail_parameters = {"BODY=8BITMIME"},
          .recipients = {"aoki@example.jp", "baba@example.jp"},
          .header = {{"From", " anna@sender.example"}, {"Subject", "  folded\r\n text"}}};
}

struct Run {
  ScriptedMilter filter;
  std::size_t step = 65536;
  std::vector<std::string> body{"Hello\r\n", "World\r\n"};
  std::size_t largest_sent = 0;

  Result<Verdict> operator()(Examination examined = message()) {
    ClientMachine machine(std::move(examined));
    std::string answers;
    std::size_t piece = 0;
    while (true) {
      const ClientAction action = machine.next();
      switch (action.kind) {
        case ClientAction::Kind::done: return machine.take();
        case ClientAction::Kind::send:
          largest_sent = std::max(largest_sent, action.bytes.size());
          answers += filter.hear(action.bytes);
          break;
        case ClientAction::Kind::content:
          if (piece == body.size())
            machine.content_end();
          else
            machine.content(body[piece++]);
          break;
        case ClientAction::Kind::read: {
          if (answers.empty()) {
            machine.failed({ErrorKind::closed, "closed", Origin::other, true, {}, {}});
            break;
          }
          const std::size_t size = std::min(step, answers.size());
          machine.received(answers.substr(0, size));
          answers.erase(0, size);
          break;
        }
      }
    }
  }
};

std::string nul(std::string text) {
  std::ranges::replace(text, '|', '\0');
  return text;
}

}  // namespace

TEST_CASE("milter client tells a message in order and takes the verdict, at any split") {
  for (const std::size_t step : {1u, 3u, 65536u}) {
    Run run;
    run.step = step;
    const auto verdict = run();
    REQUIRE(verdict);
    CHECK(verdict->decision == Verdict::Decision::accept);
    CHECK(run.filter.letters() == "OCHMRRTLLNBBEQ");
    CHECK(run.filter.heard('C') == nul("[192.0.2.7]|4") + "\x10\x92" + nul("192.0.2.7|"));
    CHECK(run.filter.heard('H') == nul("mta.sender.example|"));
    CHECK(run.filter.heard('M') == nul("<anna@sender.example>|BODY=8BITMIME|"));
    CHECK(run.filter.heard('R') == nul("<aoki@example.jp>|<baba@example.jp>|"));
    CHECK(run.filter.heard('L') == nul("From|anna@sender.example|Subject| folded\n text|"));
    CHECK(run.filter.heard('B') == "Hello\r\nWorld\r\n");
  }
}

TEST_CASE("milter client gives the macros by which filters know the server and the client") {
  Run run;
  REQUIRE(run());
  const std::string macros = run.filter.heard('D');
  CHECK(macros.find(nul("Cj|gate.example|_|[192.0.2.7] [192.0.2.7]|")) != std::string::npos);
  CHECK(macros.find(nul("H{tls_version}|TLSv1.3|")) != std::string::npos);
  CHECK(macros.find(nul("Mi|abc|{mail_addr}|anna@sender.example|")) != std::string::npos);
  CHECK(macros.find(nul("{client_addr}|192.0.2.7|")) != std::string::npos);
  CHECK(macros.find(nul("Ri|abc|{rcpt_addr}|aoki@example.jp|")) != std::string::npos);
}

TEST_CASE("milter client: IPv6, an unknown client and a null sender") {
  Examination six = message();
  six.client_address = "2001:db8::1";
  six.client_port = 25;
  six.client_name = "mx.sender.example";
  six.sender.clear();
  Run run;
  REQUIRE(run(six));
  std::string port(2, '\0');
  port[1] = 25;
  CHECK(run.filter.heard('C') == nul("mx.sender.example|6") + port + nul("2001:db8::1|"));
  CHECK(run.filter.heard('M') == nul("<>|BODY=8BITMIME|"));
  Examination unknown = message();
  unknown.client_address.clear();
  Run other;
  REQUIRE(other(unknown));
  CHECK(other.filter.heard('C') == nul("unknown|U"));
}

TEST_CASE(
    "milter client says nothing that the filter does not want, and waits for no silent answer") {
  Run none;
  none.filter.answers['O'] = milter_options(6, 0, 0x27F);  // no step at all
  REQUIRE(none());
  CHECK(none.filter.letters() == "OEQ");
  CHECK(none.filter.heard('D') == nul("Ei|abc|"));

  Run silent;
  silent.filter.answers['O'] = milter_options(6, 0, option::offered & ~0x37Fu & ~option::skip);
  for (const char letter : {'C', 'H', 'M', 'R', 'T', 'L', 'N', 'B'})
    silent.filter.answers[letter] = "";
  const auto verdict = silent();
  REQUIRE(verdict);
  CHECK(silent.filter.letters() == "OCHMRRTLLNBBEQ");
  CHECK(silent.filter.heard('L') == nul("From| anna@sender.example|Subject|  folded\n text|"));
}

TEST_CASE("milter client speaks older versions without DATA") {
  Run run;
  run.filter.answers['O'] = milter_options(2, 0x01, 0);
  REQUIRE(run());
  CHECK(run.filter.letters() == "OCHMRRLLNBBEQ");
}

TEST_CASE("milter client: a decision at any step ends the message") {
  for (const char letter : {'C', 'H', 'M', 'R', 'T', 'L', 'N', 'B', 'E'}) {
    CAPTURE(letter);
    for (const auto& [answer, code] :
         std::vector<std::pair<std::string, int>>{{milter_packet('r'), 550},
                                                  {milter_packet('t'), 451},
                                                  {milter_packet('4'), 451},
                                                  {milter_packet('f'), 451},
                                                  {milter_packet('y', "554 5.7.1 No\0"), 554}}) {
      Run run;
      run.filter.answers[letter] = answer;
      const auto verdict = run();
      REQUIRE(verdict);
      CHECK(verdict->decision == Verdict::Decision::refuse);
      CHECK(verdict->reply.code == code);
      CHECK_FALSE(verdict->reply.enhanced.empty());
      const std::string letters = run.filter.letters();
      CHECK(letters.ends_with('Q'));
      const bool open = std::string_view("MRTLNB").find(letter) != std::string_view::npos;
      CHECK(letters.ends_with("AQ") == open);
    }
    Run accepting;
    accepting.filter.answers[letter] = milter_packet('a');
    CHECK(accepting()->decision == Verdict::Decision::accept);
    Run discarding;
    discarding.filter.answers[letter] = milter_packet('d');
    CHECK(discarding()->decision == Verdict::Decision::discard);
  }
}

TEST_CASE("milter client: a filter that has heard enough gets no more of the body") {
  Run run;
  run.filter.answers['B'] = milter_packet('s');
  REQUIRE(run());
  CHECK(run.filter.letters() == "OCHMRRTLLNBEQ");
}

TEST_CASE("milter client takes added fields in their places, and counts what it does not do") {
  Run run;
  run.filter.answers['E'] =
      milter_packet('p') + milter_field('h', "X-Last", "z") + milter_field('i', "X-Top", "a") +
      milter_field('i', "Authentication-Results", "gate.example;\n\tdkim=pass") +
      milter_field('m', "Authentication-Results", "") + milter_field('m', "Subject", "[SPAM]") +
      milter_field('h', "Subject", "again") + milter_packet('b', "other body") +
      milter_packet('+', "<x@y>") + milter_packet('-', "<x@y>") + milter_packet('e', "<x@y>") +
      milter_packet('q', "looks odd") + milter_packet('c');
  for (const std::size_t step : {1u, 65536u}) {
    run.filter.told.clear();
    run.step = step;
    const auto verdict = run();
    REQUIRE(verdict);
    CHECK(verdict->added ==
          std::vector<Field>{{"Authentication-Results", " gate.example;\r\n\tdkim=pass"},
                             {"X-Top", " a"},
                             {"X-Last", " z"}});
    CHECK(verdict->quarantine == "looks odd");
    CHECK(verdict->not_made == 6);
    CHECK(verdict->first_not_made == "another field Subject");
  }
}

TEST_CASE("milter client: T-20 a hostile filter is an error, and bounded") {
  const auto fails = [](char letter, std::string answer) {
    Run run;
    run.filter.answers[letter] = std::move(answer);
    const auto verdict = run();
    return !verdict && verdict.error().kind == ErrorKind::protocol;
  };
  CHECK(fails('O', milter_packet('c')));
  CHECK(fails('O', milter_packet('O', "short")));
  CHECK(fails('O', milter_options(1, 0, 0)));
  CHECK(fails('O', milter_options(7, 0, 0)));
  CHECK(fails('O', std::string("\0\0\0\0", 4)));
  CHECK(fails('O', "HTTP/1.1 400 Bad Request"));
  CHECK(fails('C',
              "\xFF\xFF\xFF\xFF"
              "c"));
  CHECK(fails('C', milter_packet('x')));
  CHECK(fails('C', milter_field('h', "X", "too early")));
  CHECK(fails('N', milter_packet('s')));  // only of a body there can be enough
  CHECK(fails('H', milter_packet('c') + milter_packet('c')));
  std::string fields;
  for (int i = 0; i < 201; ++i) fields += milter_field('h', "X", "y");
  CHECK(fails('E', fields));
  std::string folded;
  for (int i = 0; i < 500; ++i) folded += " " + std::string(900, 'x') + "\n";
  CHECK(fails('E', milter_field('h', "X", folded.substr(0, 120'000)) +
                       milter_field('h', "X", folded.substr(0, 120'000)) +
                       milter_field('h', "X", folded.substr(0, 120'000))));
  std::string progress;
  for (int i = 0; i < 10'001; ++i) progress += milter_packet('p');
  CHECK(fails('E', progress));
}

TEST_CASE("milter client that is cut off at step n has not judged; after the verdict it has") {
  Run whole;
  REQUIRE(whole());
  const int packets = static_cast<int>(whole.filter.told.size());
  for (int n = 0; n < packets - 1; ++n) {
    Run run;
    run.filter.silent_from = n;
    const auto verdict = run();
    CAPTURE(n);
    CHECK_FALSE(verdict);
  }
  Run last;
  last.filter.silent_from = packets - 1;
  CHECK(last());
}

TEST_CASE("milter client sends bodies and long headers in packets that every filter takes") {
  Examination big = message();
  big.header.push_back({"To", std::string(200'000, 'x')});
  for (int i = 0; i < 5'000; ++i) big.header.push_back({"X", std::string(50, 'y')});
  Run run;
  run.filter.answers['O'] = milter_options(6, 0, option::silent_header | option::silent_body);
  run.filter.answers['L'] = run.filter.answers['B'] = "";
  run.body = {std::string(65'535, 'a'), std::string(65'535, 'b')};
  REQUIRE(run(big));
  for (const auto& packet : run.filter.told) CHECK(packet.data.size() <= largest_data);
  CHECK(run.largest_sent < 3 * largest_data);
  CHECK(run.filter.heard('B').size() == 2 * 65'535);
}

TEST_CASE("milter replies: codes, enhanced codes, lines; never a 421 and never a yes") {
  CHECK(read_reply("550 5.7.1 No") == smtp::Reply{550, "5.7.1", {"No"}});
  CHECK(read_reply("451 4.7.1 Greylisted, 100%% sure") ==
        smtp::Reply{451, "4.7.1", {"Greylisted, 100% sure"}});
  CHECK(read_reply("550-5.7.1 One\r\n550 5.7.1 Two") == smtp::Reply{550, "5.7.1", {"One", "Two"}});
  CHECK(read_reply("554 Gtube pattern") == smtp::Reply{554, "", {"Gtube pattern"}});
  CHECK(read_reply("550 4.7.1 odd class") == smtp::Reply{550, "", {"4.7.1 odd class"}});
  CHECK(read_reply("421 4.3.2 bye").code == 451);
  for (const char* odd : {"", "250 2.0.0 Ok", "999 no", "no", "\r\n"})
    CHECK(read_reply(odd).code == 451);
}

TEST_CASE("milter fields are made fit for a message, or not taken: T-09") {
  CHECK(fit_field("X-A", " one\n two\r\nthree")->value == " one\r\n two\r\n\tthree");
  CHECK(fit_field("X-A", " one\n\n \nFrom: x\n.")->value == " one\r\n\tFrom: x\r\n\t.");
  CHECK(fit_field("X-A", std::string(" a\rb\0c", 6))->value == " abc");
  CHECK(fit_field("X-A", "")->value == " ");
  CHECK_FALSE(fit_field("X A", "v"));
  CHECK_FALSE(fit_field("X:", "v"));
  CHECK_FALSE(fit_field("X\n", "v"));
  CHECK_FALSE(fit_field("", "v"));
  CHECK_FALSE(fit_field("subject", "v"));
  CHECK_FALSE(fit_field("Content-Type", "v"));
  CHECK_FALSE(fit_field("X", std::string(998, 'x')));
  CHECK(fit_field("Authentication-Results", " gate.example; none"));
}
