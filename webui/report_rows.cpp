#include "webui/report_rows.hpp"

#include <initializer_list>

#include "migration/oauth/next_steps.hpp"
#include "webui/json.hpp"
#include "webui/problem.hpp"

namespace tandem::webui {
namespace {

using migration::Side;

Row texts(const Words& words, std::initializer_list<const char*> keys) {
  Row row;
  for (const char* key : keys) row.push_back(words.say(key));
  return row;
}

struct Counts {
  std::uint64_t folders = 0;
  std::uint64_t at_old = 0;
  std::uint64_t at_new = 0;
  std::uint64_t bytes = 0;
  std::uint64_t skipped = 0;
};

Counts counts_of(const Reported& one) {
  const bool home_is_old = migration::home_of(one.state.account.phase) == Side::old_side;
  Counts counts;
  for (const auto& folder : one.folders) {
    ++counts.folders;
    counts.at_old += home_is_old ? folder.source_messages : folder.target_messages;
    counts.at_new += home_is_old ? folder.target_messages : folder.source_messages;
  }
  counts.bytes = one.state.progress.bytes_total;
  counts.skipped = one.skipped.size();
  return counts;
}

std::string what_of(const Problem& problem, const Words& words) {
  const auto known = words.find("problem." + problem.kind);
  return known ? std::string(*known) : clean(problem.what);
}

std::string next_of(const Problem& problem, const Words& words) {
  const auto known = words.find("problem." + problem.kind + ".next");
  if (known) return std::string(*known);
  const bool japanese = &words == &Words::in(Language::japanese);
  std::string told;
  if (japanese) told = migration::oauth::in_japanese(problem.next_step);
  return clean(told.empty() ? problem.next_step : told);
}

std::string verdict_of(const migration::Verified& last, const Words& words) {
  if (migration::is_clean_for_a_day(last)) return words.say("report.clean_for_a_day");
  if (last.clean) return words.say("report.clean");
  return words.say("report.differs");
}

// When both sides were compared last, what came out, and of how many messages.
void add_verified(Row& row, const std::vector<migration::Verified>& results, const Words& words) {
  if (results.empty()) {
    row.push_back(words.say("report.never"));
    row.resize(row.size() + 3);
    return;
  }
  const migration::Verified& last = results.front();
  row.push_back(time_text(last.at));
  row.push_back(verdict_of(last, words));
  row.push_back(std::to_string(last.missing + last.extra + last.changed));
  row.push_back(std::to_string(last.not_compared));
}

Row account_row(const Reported& one, const Words& words) {
  const migration::Account& account = one.state.account;
  const migration::CopyProgress& progress = one.state.progress;
  const Counts counts = counts_of(one);
  const Side home = migration::home_of(account.phase);
  Row row{account.address,
          words.say("state." + std::string(name_of(one.state.state))),
          words.say("report.home." + std::string(migration::name_of(home))),
          std::to_string(counts.folders),
          std::to_string(counts.at_old),
          std::to_string(counts.at_new),
          std::to_string(counts.bytes),
          std::to_string(counts.skipped)};
  row.push_back(progress.in_sync_at ? time_text(*progress.in_sync_at) : words.say("report.never"));
  add_verified(row, one.verified, words);
  if (progress.problem.empty()) {
    row.resize(row.size() + 3);
    return row;
  }
  const Problem problem = problem_of(progress);
  row.push_back(what_of(problem, words));
  row.push_back(clean(problem.server_words));
  row.push_back(next_of(problem, words));
  return row;
}

}  // namespace

Row account_head(const Words& words) {
  return texts(words, {"report.account", "report.state", "report.home", "report.folders",
                       "report.old", "report.new", "report.bytes", "report.skipped",
                       "report.synced", "report.verified", "report.verdict", "report.differing",
                       "report.not_compared", "report.problem", "report.words", "report.next"});
}

std::vector<Row> account_rows(const Report& report, const Words& words) {
  std::vector<Row> rows;
  for (const Reported& one : report.accounts) rows.push_back(account_row(one, words));
  return rows;
}

Row account_totals(const Report& report, const Words& words) {
  Counts all;
  for (const Reported& one : report.accounts) {
    const Counts counts = counts_of(one);
    all.folders += counts.folders;
    all.at_old += counts.at_old;
    all.at_new += counts.at_new;
    all.bytes += counts.bytes;
    all.skipped += counts.skipped;
  }
  Row row{words.say("report.total"),
          "",
          "",
          std::to_string(all.folders),
          std::to_string(all.at_old),
          std::to_string(all.at_new),
          std::to_string(all.bytes),
          std::to_string(all.skipped)};
  row.resize(account_head(words).size());
  return row;
}

Row message_head(const Words& words) {
  return texts(words,
               {"report.account", "report.folder", "report.uid", "report.date", "report.subject",
                "report.size", "report.reason", "report.words", "report.next"});
}

std::vector<Row> message_rows(const Report& report, const Words& words) {
  std::vector<Row> rows;
  for (const Reported& one : report.accounts)
    for (const auto& skipped : one.skipped) {
      const Problem problem = problem_of(skipped);
      rows.push_back({one.state.account.address, clean(skipped.folder), std::to_string(skipped.uid),
                      skipped.at ? time_text(*skipped.at) : "", clean(skipped.subject, 500),
                      std::to_string(skipped.size), what_of(problem, words),
                      clean(skipped.server_words.empty() ? skipped.reason : skipped.server_words),
                      next_of(problem, words)});
    }
  return rows;
}

}  // namespace tandem::webui
