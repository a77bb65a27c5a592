#include "webui/problem.hpp"

#include <array>

#include <boost/json.hpp>

#include "lib/base/text.hpp"
#include "migration/cutover.hpp"
#include "migration/oauth/next_steps.hpp"
#include "migration/views.hpp"
#include "webui/json.hpp"

namespace tandem::webui {
namespace {

struct Sign {
  std::string_view words;  // lower case
  std::string_view kind;
};

// What servers (RFC 5530 response codes among others) and our own rooms say, most telling first.
constexpr std::array<Sign, 27> signs = {{{"works on this account", "in_use"},
                                         {"oauth", "oauth_failed"},
                                         {"daily limit", "daily_quota"},
                                         {"read by pop3 alone", "one_way"},
                                         {"authenticationfailed", "login_refused"},
                                         {"authorizationfailed", "login_refused"},
                                         {"no password is stored", "login_refused"},
                                         {"log-in", "login_refused"},
                                         {"login", "login_refused"},
                                         {"authentication", "login_refused"},
                                         {"overquota", "quota"},
                                         {"quota", "quota"},
                                         {"mailbox is full", "quota"},
                                         {"certificate", "certificate"},
                                         {"uidvalidity", "uid_changed"},
                                         {"deletion", "deletions_held"},
                                         {"no space left", "disk_full"},
                                         {"disk is full", "disk_full"},
                                         {"in a whole day", "over_day"},
                                         {"limit", "oversize"},
                                         {"too large", "oversize"},
                                         {"larger than", "oversize"},
                                         {"cannot", "name_refused"},
                                         {"timed out", "unreachable"},
                                         {"does not answer", "unreachable"},
                                         {"connect", "unreachable"},
                                         {"unreachable", "unreachable"}}};

std::string_view kind_in(std::string_view text, std::string_view otherwise) {
  const std::string words = lower(text);
  for (const auto& [sign, kind] : signs)
    if (words.contains(sign)) return kind;
  return otherwise;
}

std::string_view host_in(std::string_view text) {
  if (text.contains("new side")) return "new_host";
  if (text.contains("old side")) return "old_host";
  return "you";
}

std::string_view who_acts(std::string_view kind, std::string_view text, bool tried_again) {
  if (kind == "login_refused" || kind == "disk_full" || kind == "deletions_held") return "you";
  if (kind == "quota" || kind == "certificate") return host_in(text);
  return tried_again ? "nobody" : "you";
}

std::string_view kind_of(const Error& error) {
  switch (error.kind) {
    case ErrorKind::authentication:
      return error.what.contains("OAuth") ? "oauth_failed" : "login_refused";
    case ErrorKind::tls: return "certificate";
    case ErrorKind::unreachable:
    case ErrorKind::closed: return "unreachable";
    case ErrorKind::timed_out: return "drain_timeout";
    case ErrorKind::conflict:
      if (kind_in(error.what, "") == "in_use") return "in_use";
      return error.temporary ? "counts_differ" : "not_possible";
    case ErrorKind::storage: return error.temporary ? "disk_full" : "internal";
    case ErrorKind::internal: return "internal";
    case ErrorKind::cancelled: return "cancelled";
    default: return kind_in(error.what + " " + error.server_words, "refused_by_server");
  }
}

}  // namespace

boost::json::object describe(const Problem& problem) {
  return {{"kind", problem.kind},
          {"what", clean(problem.what)},
          {"server_words", text_or_null(problem.server_words)},
          {"next_step", clean(problem.next_step)},
          {"next_step_ja", text_or_null(migration::oauth::in_japanese(problem.next_step))},
          {"who", problem.who}};
}

Problem problem_of(const migration::CopyProgress& progress) {
  const std::string all = progress.server_words + " " + progress.problem;
  const std::string_view kind = kind_in(all, "stopped");
  const bool tried_again = progress.state != migration::CopyState::needs_you;
  return {.kind = std::string(kind),
          .what = progress.problem,
          .server_words = progress.server_words,
          .next_step = progress.next_step,
          .who = who_acts(kind, all, tried_again)};
}

Problem problem_of(const migration::SkippedMessage& skipped) {
  const std::string_view kind = kind_in(skipped.server_words + " " + skipped.reason, "not_copied");
  return {.kind = std::string(kind == "name_refused" ? "not_copied" : kind),
          .what = skipped.reason,
          .server_words = skipped.server_words,
          .next_step = skipped.next_step,
          .who = "you"};
}

Problem problem_of(const migration::CutoverWarning& warning) {
  Problem problem{.kind = warning.kind, .what = warning.text, .server_words = {}, .next_step = {}};
  if (warning.kind == "not_in_sync") {
    problem.kind = "lagging";
    problem.next_step = "Nothing to do; the last changes are copied during the switch.";
    problem.who = "nobody";
  } else if (warning.kind == "skipped") {
    problem.kind = "would_be_missing";
    problem.next_step = "Look at the account's list of skipped messages.";
  } else if (warning.kind == "pending_copies") {
    problem.kind = "debt";
    problem.next_step = "Wait until they are made, or see Mail flow.";
    problem.who = "nobody";
  } else {
    problem.next_step = "Look at the account's phase.";
    problem.who = "nobody";
  }
  return problem;
}

Problem problem_of(const Error& error) {
  const std::string_view kind = kind_of(error);
  return {
      .kind = std::string(kind),
      .what = error.what,
      .server_words = error.server_words,
      .next_step = error.next_step.empty() ? "Nothing was changed. Try again." : error.next_step,
      .who = who_acts(kind, error.what, error.temporary)};
}

}  // namespace tandem::webui
