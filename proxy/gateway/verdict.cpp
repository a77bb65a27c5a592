#include "proxy/gateway/verdict.hpp"

#include <algorithm>

namespace tandem::gateway {
namespace {

using delivery::Told;
using smtp::make_reply;
using smtp::Reply;

HomeState when_promised(const Finding& finding) {
  switch (finding.told.kind) {
    case Told::Kind::accepted: return HomeState::accepted;
    case Told::Kind::unsent: return HomeState::owed;
    case Told::Kind::silent: return HomeState::owed_sent;
    case Told::Kind::refused: break;
  }
  return finding.told.reply.permanent() ? HomeState::returned : HomeState::owed;
}

// The server's own words are marked as its own; the codes stay.
Reply passed_on(const Told& told) {
  Reply reply = told.reply;
  if (told.kind == Told::Kind::refused)
    for (auto& line : reply.lines) line = "the mailbox's server said: " + line;
  return reply;
}

Reply refusal(const std::vector<Finding>& findings) {
  const auto silent = std::ranges::find(findings, Told::Kind::silent,
                                        [](const auto& one) { return one.told.kind; });
  if (silent != findings.end())
    return make_reply(451, "4.4.2", "The mailbox's server did not answer, try again later");
  const auto temporary =
      std::ranges::find_if(findings, [](const auto& one) { return one.told.reply.temporary(); });
  return passed_on(temporary != findings.end() ? temporary->told : findings.front().told);
}

}  // namespace

bool Verdict::owes() const {
  return promised &&
         std::ranges::any_of(states, [](HomeState state) { return state != HomeState::accepted; });
}

Verdict judge(const std::vector<Finding>& findings, bool delivered_before,
              const std::string& trace) {
  Verdict verdict;
  verdict.promised = delivered_before || std::ranges::any_of(findings, [](const auto& one) {
                       return one.ours || one.told.kind == Told::Kind::accepted;
                     });
  for (const auto& finding : findings) {
    if (verdict.promised)
      verdict.states.push_back(when_promised(finding));
    else
      verdict.states.push_back(finding.told.kind == Told::Kind::silent ? HomeState::sent
                                                                       : HomeState::refused);
  }
  verdict.answer = verdict.promised ? make_reply(250, "2.0.0", "Ok " + trace) : refusal(findings);
  return verdict;
}

Verdict judge_passing(const std::vector<Finding>& findings, const std::string& trace) {
  Verdict verdict = judge(findings, false, trace);
  if (!verdict.owes()) return verdict;
  verdict.promised = false;
  verdict.answer = refusal(findings);
  for (auto& state : verdict.states) {
    if (state == HomeState::owed_sent) state = HomeState::sent;
    if (state == HomeState::owed || state == HomeState::returned) state = HomeState::refused;
  }
  return verdict;
}

}  // namespace tandem::gateway
