// SASL: the RFCs' vectors, client against server, hostile input.
#include <random>

#include <catch2/catch.hpp>

#include "lib/base/text.hpp"
#include "lib/protocol/sasl/sasl.hpp"

using namespace tandem;
using namespace tandem::sasl;

namespace {

const ScramKeys keys = derive_scram_sha256("pencil", "0123456789abcdef", 4096);

Answer credential(const Request& request) {
  Answer answer;
  if (request.user != "tim") return answer;
  switch (request.kind) {
    case Request::Kind::verify_password:
    case Request::Kind::verify_token:
      return request.secret == "pencil" ? Answer::accept() : Answer::refuse();
    case Request::Kind::need_password: answer.password = "pencil"; break;
    case Request::Kind::need_scram: answer.keys = keys; break;
    case Request::Kind::confirm: return request.proven ? Answer::accept() : Answer::refuse();
  }
  answer.verdict = Answer::Verdict::secret;
  return answer;
}

struct Outcome {
  Step::Kind kind;
  bool client_complete;
};

Outcome exchange(const std::string& name, const Credentials& credentials, bool with_initial) {
  auto server = make_server(name, {"mx.example", {}, {}});
  auto client = make_client(name, credentials);
  std::optional<std::string> first = client->initial();
  Step step =
      server->start(with_initial && first ? std::optional<std::string_view>(*first) : std::nullopt);
  bool sent = with_initial;
  while (step.kind == Step::Kind::challenge || step.kind == Step::Kind::ask) {
    if (step.kind == Step::Kind::ask) {
      step = server->answer(credential(step.request));
      continue;
    }
    Result<std::string> response = std::string();
    if (!std::exchange(sent, true) && first)
      response = *first;
    else
      response = client->step(step.data);
    if (!response) return {Step::Kind::failure, false};
    step = server->step(*response);
  }
  return {step.kind, client->complete()};
}

}  // namespace

TEST_CASE("RFC 7677 3 SCRAM-SHA-256 vector, both sides") {
  const std::string salt = *base64_decode("W22ZaJ0SNY7soEsUEjb6gQ==");
  auto server = make_server("SCRAM-SHA-256", {"x", "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0", {}});
  auto client = make_client(
      "scram-sha-256", {.user = "user", .password = "pencil", .nonce = "rOprNGfwEbeRWgbNEkqO"});
  CHECK(*client->initial() == "n,,n=user,r=rOprNGfwEbeRWgbNEkqO");
  Step step = server->start(std::string_view("n,,n=user,r=rOprNGfwEbeRWgbNEkqO"));
  REQUIRE(step.kind == Step::Kind::ask);
  CHECK(step.request.user == "user");
  Answer answer;
  answer.verdict = Answer::Verdict::secret;
  answer.keys = derive_scram_sha256("pencil", salt, 4096);
  step = server->answer(answer);
  CHECK(step.data ==
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096");
  const auto proof = client->step(step.data);
  REQUIRE(proof);
  CHECK(*proof ==
        "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
        "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=");
  step = server->step(*proof);
  CHECK(step.data == "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=");
  CHECK_FALSE(client->complete());
  CHECK(*client->step(step.data) == "");
  CHECK(client->complete());
  CHECK(server->step("").kind == Step::Kind::success);
  CHECK(server->user() == "user");
}

TEST_CASE("RFC 2195 2 CRAM-MD5 vector, both sides") {
  auto server = make_server("CRAM-MD5", {"postoffice.reston.mci.net", "1896", "697170952"});
  const Step first = server->start({});
  CHECK(first.data == "<1896.697170952@postoffice.reston.mci.net>");
  auto client = make_client("CRAM-MD5", {.user = "tim", .password = "tanstaaftanstaaf"});
  const auto response = client->step(first.data);
  CHECK(*response == "tim b913a602c7eda7a495b4e6e7334d3890");
  CHECK(server->step(*response).kind == Step::Kind::ask);
  Answer answer;
  answer.verdict = Answer::Verdict::secret;
  answer.password = "tanstaaftanstaaf";
  CHECK(server->answer(answer).kind == Step::Kind::success);
}

TEST_CASE("every mechanism: right, wrong and unknown, with and without an initial response") {
  for (const std::string name :
       {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2"}) {
    for (const bool initial : {true, false}) {
      if (initial && (name == "LOGIN" || name == "CRAM-MD5")) continue;
      CAPTURE(name, initial);
      const bool token = name.find("OAUTH") != std::string::npos;
      Credentials good{
          .user = "tim", .password = token ? "" : "pencil", .token = token ? "pencil" : ""};
      const Outcome right = exchange(name, good, initial);
      CHECK(right.kind == Step::Kind::success);
      CHECK(right.client_complete);
      Credentials bad = good;
      (token ? bad.token : bad.password) = "pencils";
      CHECK(exchange(name, bad, initial).kind == Step::Kind::failure);
      Credentials nobody = good;
      nobody.user = "nobody";
      CHECK(exchange(name, nobody, initial).kind == Step::Kind::failure);
    }
  }
}

TEST_CASE("SCRAM asks once more when it is told to, and takes either of two passwords") {
  const ScramKeys second = derive_scram_sha256("crayon", keys.salt, keys.iterations);
  for (const std::string password : {"pencil", "crayon", "chalk"}) {
    CAPTURE(password);
    auto server = make_server("SCRAM-SHA-256", {.host = "mx.example", .confirm = true});
    auto client = make_client("SCRAM-SHA-256", {.user = "tim", .password = password});
    Step step = server->start(std::string_view(*client->initial()));
    step = server->answer({.verdict = Answer::Verdict::secret, .keys = keys, .other_keys = second});
    step = server->step(*client->step(step.data));
    REQUIRE(step.kind == Step::Kind::ask);
    CHECK(step.request.kind == Request::Kind::confirm);
    CHECK(step.request.user == "tim");
    CHECK(step.request.proven == (password != "chalk"));
    step = server->answer(Answer::accept());
    if (password == "chalk") {
      CHECK(step.kind == Step::Kind::failure);
      continue;
    }
    REQUIRE(step.kind == Step::Kind::challenge);
    REQUIRE(client->step(step.data));
    CHECK(client->complete());
    CHECK(server->step("").kind == Step::Kind::success);
  }
}

TEST_CASE("SCRAM that is proven but not confirmed fails, or is told to come again") {
  for (const Answer& verdict : {Answer::refuse(), Answer::temporary()}) {
    auto server = make_server("SCRAM-SHA-256", {.host = "mx.example", .confirm = true});
    auto client = make_client("SCRAM-SHA-256", {.user = "tim", .password = "pencil"});
    Step step = server->start(std::string_view(*client->initial()));
    step = server->answer({.verdict = Answer::Verdict::secret, .keys = keys});
    step = server->step(*client->step(step.data));
    step = server->answer(verdict);
    const bool later = verdict.verdict == Answer::Verdict::temporary;
    CHECK(step.kind == (later ? Step::Kind::temporary : Step::Kind::failure));
  }
}

TEST_CASE("CRAM-MD5 may be judged by who keeps the passwords") {
  for (const bool right : {true, false}) {
    auto server = make_server("CRAM-MD5", {.host = "h"});
    const Step first = server->start({});
    const Step asked = server->step("tim " + upper(cram_md5_digest(first.data, "pencil")));
    CHECK(asked.request.challenge == first.data);
    CHECK(asked.request.digest == cram_md5_digest(first.data, "pencil"));
    const Step last = server->answer(right ? Answer::accept() : Answer::refuse());
    CHECK(last.kind == (right ? Step::Kind::success : Step::Kind::failure));
  }
}

TEST_CASE("an unknown SCRAM user is shown the same salt twice") {
  std::string salts[2];
  for (std::string& salt : salts) {
    auto server = make_server("SCRAM-SHA-256", {"x", "n", {}});
    CHECK(server->start(std::string_view("n,,n=ghost,r=abc")).kind == Step::Kind::ask);
    salt = server->answer(Answer::refuse()).data;
  }
  CHECK(salts[0] == salts[1]);
}

TEST_CASE("T-19 T-21 NUL, control bytes and bad UTF-8 in credentials fail that exchange only") {
  for (const std::string& text :
       {std::string("\0a\rb\0c", 6), std::string("\0\xff\0c", 4), std::string("\0a\0\0", 4),
        std::string("\0a", 2), std::string(), std::string("\0a\nb\0c", 6)}) {
    CHECK(make_server("PLAIN", {})->start(std::string_view(text)).kind == Step::Kind::failure);
  }
  for (const std::string_view text : {"n=a", "p=tls-unique,,n=a,r=x", "n,,r=x", "n,,n=a=zz,r=x",
                                      "n,,m=1,n=a,r=x", "n,a=,n=a,r=x", "n,,n=a,r="}) {
    CHECK(make_server("SCRAM-SHA-256", {})->start(text).kind == Step::Kind::failure);
  }
}

TEST_CASE(
    "a SCRAM client refuses low and absurd iteration counts, foreign nonces and false servers") {
  for (const std::string_view challenge :
       {"r=abcX,s=c2FsdA==,i=1", "r=abcX,s=c2FsdA==,i=999999999", "r=zzz,s=c2FsdA==,i=4096",
        "r=abc,s=c2FsdA==,i=4096", "r=abcX,s=?,i=4096", "", "x"}) {
    auto client = make_client("SCRAM-SHA-256", {.user = "u", .password = "p", .nonce = "abc"});
    (void)client->initial();
    CHECK_FALSE(client->step(challenge));
  }
  auto client = make_client("SCRAM-SHA-256", {.user = "u", .password = "p", .nonce = "abc"});
  (void)client->initial();
  REQUIRE(client->step("r=abcX,s=c2FsdA==,i=4096"));
  CHECK(client->step("v=AAAA").error().kind == ErrorKind::authentication);
  CHECK_FALSE(client->complete());
}

TEST_CASE("T-30 the choice of mechanism") {
  const Credentials password{.user = "u", .password = "p"};
  const Credentials token{.user = "u", .token = "t"};
  CHECK(choose({"PLAIN", "SCRAM-SHA-256"}, password, true) == "PLAIN");
  CHECK(choose({"PLAIN", "SCRAM-SHA-256", "CRAM-MD5"}, password, false) == "SCRAM-SHA-256");
  CHECK(choose({"PLAIN", "LOGIN"}, password, false).empty());
  CHECK(choose({"PLAIN", "xoauth2"}, token, true) == "XOAUTH2");
  CHECK(choose({"PLAIN"}, token, true).empty());
}

// Else it would be the mailbox of the one who acts.
TEST_CASE("Who acts for another takes no mechanism that cannot say for whom") {
  const Credentials acting{.user = "root", .identity = "taro", .password = "p"};
  CHECK(choose({"LOGIN", "CRAM-MD5", "PLAIN"}, acting, true) == "PLAIN");
  CHECK(choose({"LOGIN", "CRAM-MD5", "SCRAM-SHA-256"}, acting, true) == "SCRAM-SHA-256");
  CHECK(choose({"LOGIN", "CRAM-MD5"}, acting, true).empty());
  CHECK(choose({"LOGIN", "CRAM-MD5"}, acting, false).empty());
}

TEST_CASE("T-17 hostile bytes to every mechanism end in failure, never elsewhere") {
  std::mt19937 random(5);
  const std::string_view alphabet("n=,arcpy\x01 \0:/=", 15);
  for (int round = 0; round < 3000; ++round) {
    for (const std::string name :
         {"PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2"}) {
      auto server = make_server(name, {"h", {}, {}});
      Step step = server->start({});
      for (int i = 0; i < 4 && step.kind == Step::Kind::challenge; ++i) {
        std::string input;
        for (unsigned n = random() % 30; n > 0; --n) input += alphabet[random() % alphabet.size()];
        step = server->step(input);
        if (step.kind == Step::Kind::ask) step = server->answer(Answer::refuse());
      }
      REQUIRE(step.kind != Step::Kind::success);
    }
  }
}
