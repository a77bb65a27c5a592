#include "proxy/gateway/verdict.hpp"

#include <catch2/catch.hpp>

namespace tandem::gateway {
namespace {

using delivery::Told;
using smtp::make_reply;

Finding accepted() {
  return {{Told::Kind::accepted, make_reply(250, "2.0.0", "Ok")}};
}
Finding temporary() {
  return {{Told::Kind::refused, make_reply(452, "4.2.2", "over quota")}};
}
Finding permanent() {
  return {{Told::Kind::refused, make_reply(550, "5.7.1", "spam")}};
}
Finding unsent(bool ours = false) {
  return {{Told::Kind::unsent, make_reply(451, "4.4.1", "not reached")}, ours};
}
Finding silent(bool ours = false) {
  return {{Told::Kind::silent, make_reply(451, "4.4.2", "no answer")}, ours};
}

std::vector<HomeState> states(const std::vector<Finding>& findings) {
  return judge(findings, false, "t").states;
}
int code(const std::vector<Finding>& findings) {
  return judge(findings, false, "t").answer.code;
}

}  // namespace

TEST_CASE("verdict R6: all accepted is 250, and nothing is owed") {
  const auto verdict = judge({accepted(), accepted()}, false, "t");
  CHECK(verdict.answer.to_string() == "250 2.0.0 Ok t");
  CHECK(verdict.promised);
  CHECK_FALSE(verdict.owes());
}

TEST_CASE("verdict R3 R6: all failed is 4yz if any is, else 5yz, and nobody gets it") {
  CHECK(code({permanent(), temporary()}) == 452);
  CHECK(code({permanent(), unsent()}) == 451);
  CHECK(code({permanent(), permanent()}) == 550);
  CHECK(states({permanent(), temporary(), unsent()}) == std::vector(3, HomeState::refused));
  CHECK_FALSE(judge({permanent(), temporary()}, false, "t").promised);
}

TEST_CASE("verdict R6: mixed is 250; what failed is owed, or its sender is told") {
  const std::vector<HomeState> expected = {HomeState::accepted, HomeState::owed,
                                           HomeState::returned, HomeState::owed,
                                           HomeState::owed_sent};
  const auto verdict =
      judge({accepted(), temporary(), permanent(), unsent(), silent()}, false, "t");
  CHECK(verdict.answer.code == 250);
  CHECK(verdict.states == expected);
  CHECK(verdict.owes());
}

TEST_CASE("verdict R13: silence is 451 and a doubt, unless the doubt is ours") {
  CHECK(code({silent()}) == 451);
  CHECK(states({silent(), permanent()}) ==
        std::vector<HomeState>{HomeState::sent, HomeState::refused});
  CHECK(code({silent(true)}) == 250);
  CHECK(states({silent(true)}) == std::vector<HomeState>{HomeState::owed_sent});
}

TEST_CASE("verdict R11: with a part delivered before, the rest is mixed") {
  const auto verdict = judge({permanent()}, true, "t");
  CHECK(verdict.answer.code == 250);
  CHECK(verdict.states == std::vector<HomeState>{HomeState::returned});
}

TEST_CASE("verdict I1: what is not stored is never owed: 250 only if all have it") {
  const auto some = judge_passing({accepted(), silent()}, "t");
  CHECK(some.answer.code == 451);
  CHECK_FALSE(some.promised);
  CHECK(some.states == std::vector<HomeState>{HomeState::accepted, HomeState::sent});
  CHECK(judge_passing({accepted(), accepted()}, "t").answer.code == 250);
  CHECK(judge_passing({permanent()}, "t").answer.code == 550);
}

TEST_CASE("verdict: the server's words are marked as the server's, its codes stay") {
  const auto answer = judge({temporary()}, false, "t").answer;
  CHECK(answer.to_string() == "452 4.2.2 the mailbox's server said: over quota");
  CHECK(judge({unsent()}, false, "t").answer.to_string() == "451 4.4.1 not reached");
}

}  // namespace tandem::gateway
