// /api/cutover and /api/rollback: a simulation, or a run that goes on when the browser is closed.
#include <algorithm>
#include <functional>
#include <set>
#include <utility>

#include <boost/json.hpp>

#include "config/migration_settings.hpp"
#include "lib/base/text.hpp"
#include "lib/net/runtime.hpp"
#include "lib/net/task_group.hpp"
#include "migration/cutover.hpp"
#include "migration/registry.hpp"
#include "webui/json.hpp"
#include "webui/problem.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
using config::MigrationSettings;
using migration::AccountId;
using migration::Step;

namespace {

constexpr std::size_t most_accounts = 20'000;
constexpr int usual_hold_s = 10;  // about how long log-ins of one account are held

struct Asked {
  const MigrationSettings* settings = nullptr;
  bool simulate = true;
  std::string confirm;
  std::vector<AccountState> able;
  std::vector<std::pair<AccountState, Problem>> left;  // out of the run, and why
};

Problem why_not(const AccountState& state, Step step) {
  Problem problem{.kind = "not_in_sync",
                  .what = "Not in sync yet.",
                  .server_words = {},
                  .next_step = "Wait until it is in sync.",
                  .who = "nobody"};
  const auto goal = step == Step::cut_over ? migration::Side::new_side : migration::Side::old_side;
  if (migration::home_of(state.account.phase) == goal) {
    problem.kind = "already_there";
    problem.what = "Already there.";
    problem.next_step = "Nothing to do.";
  } else if (state.account.phase == migration::Phase::old) {
    problem.kind = "never_synced";
    problem.what = "Copying has not begun.";
    problem.next_step = "Sync this account first.";
  } else if (state.account.phase == migration::Phase::finished) {
    problem.kind = "not_possible";
    problem.what = "This account's move is finished; its old side gets no copies any more.";
    problem.next_step = "Nothing to do.";
  } else if (state.account.paused) {
    problem.kind = "is_paused";
    problem.what = "Copying is paused.";
    problem.next_step = "Resume it first.";
    problem.who = "you";
  }
  return problem;
}

void sort_out(Asked& asked, AccountState state, Step step) {
  if (can_switch(state, step)) {
    asked.able.push_back(std::move(state));
    return;
  }
  Problem problem = why_not(state, step);
  asked.left.emplace_back(std::move(state), std::move(problem));
}

// The accounts named, or all for which the step is possible.
Result<void> select(Context& context, Asked& asked, const json::object& body, Step step) {
  const json::value* which = body.if_contains("accounts");
  if (which != nullptr && which->is_string() && which->get_string() == "all") {
    for (auto& state : context.accounts(asked.settings->name))
      if (can_switch(state, step)) asked.able.push_back(std::move(state));
    return {};
  }
  const auto names = texts_in(body, "accounts", most_accounts);
  if (!names) return fail(ErrorKind::invalid, "accounts is a list of addresses, or \"all\".");
  const auto routes = context.parts.registry.routes();
  std::set<AccountId> seen;
  for (const auto& name : *names) {
    const auto* account = routes->account(name);
    if (account == nullptr || account->migration != asked.settings->name)
      return fail(ErrorKind::not_found,
                  clean(name, 320) + " is no account of migration " + asked.settings->name);
    if (seen.insert(account->id).second) sort_out(asked, context.look_at(*account), step);
  }
  return {};
}

Result<Asked> read_asked(Context& context, const Request& request, Step step) {
  const auto body =
      read_object(request.http.body, {"migration", "accounts", "simulate", "confirm"});
  if (!body) return fail(body.error());
  const auto name = text_in(*body, "migration");
  const auto simulate = bool_in(*body, "simulate");
  if (!name || !simulate) return fail(ErrorKind::invalid, "migration and simulate are needed.");
  Asked asked{.settings = context.parts.registry.settings(*name), .simulate = *simulate};
  if (asked.settings == nullptr) return fail(ErrorKind::not_found, "There is no such migration.");
  asked.confirm = text_in(*body, "confirm").value_or("");
  const auto selected = select(context, asked, *body, step);
  if (!selected) return fail(selected.error());
  return asked;
}

std::vector<AccountId> ids_of(const std::vector<AccountState>& accounts) {
  std::vector<AccountId> ids;
  for (const auto& one : accounts) ids.push_back(one.account.id);
  return ids;
}

json::object describe_warning(const std::string& address, const Problem& problem,
                              std::uint64_t count, bool blocking) {
  return {{"count", count},
          {"address", address},
          {"blocking", blocking},
          {"problem", describe(problem)}};
}

HttpResponse reply_simulation(Context& context, const Asked& asked, Step step) {
  json::array accounts;
  for (const auto& one : asked.able) accounts.emplace_back(one.account.address);
  json::array warnings;
  for (const auto& [state, problem] : asked.left)
    warnings.push_back(describe_warning(state.account.address, problem, 0, true));
  for (const auto& one : context.parts.cutover.simulate(ids_of(asked.able), step))
    warnings.push_back(describe_warning(one.address, problem_of(one), one.count, one.blocking));
  const json::object simulation = {{"accounts", std::move(accounts)},
                                   {"warnings", std::move(warnings)},
                                   {"confirm", asked.settings->domains.front()},
                                   {"seconds", usual_hold_s}};
  return reply_json(json::serialize(json::object{{"simulation", simulation}}));
}

// What a run needs once the request is answered.
struct Order {
  std::string run;
  std::vector<AccountId> accounts;
  Step step = Step::cut_over;
  std::string who;
};

// A few accounts at once; the first that goes red stops the run.
Task<void> carry_out(Context& context, Order order) {
  News& news = *context.news;
  migration::CutoverBatch batch{.accounts = order.accounts,
                                .step = order.step,
                                .who = order.who,
                                .stopping = [&] { return context.parts.background.stopping(); },
                                .ended = {}};
  batch.ended = [&](std::size_t at, const Result<migration::DeltaReport>& done) {
    std::optional<Problem> problem;
    if (!done) problem = problem_of(done.error());
    news.runs.end_account(order.run, at, std::move(problem));
    news.live.run(order.run);
    context.tell(order.accounts[at]);
  };
  const bool all = co_await context.parts.cutover.run_batch(std::move(batch));
  news.runs.end(order.run, !all, context.parts.clock.wall());
  news.live.run(order.run);
}

Task<void> start(Context& context, Order order) {
  context.parts.background.spawn(carry_out(context, std::move(order)));
  co_return;
}

Run make_run(const Asked& asked, Step step, const Request& request, WallTime now) {
  Run run{.id = {},
          .kind = step,
          .migration = asked.settings->name,
          .by = request.caller.user,
          .started = now,
          .finished = {},
          .accounts = {}};
  for (const auto& one : asked.able)
    run.accounts.push_back(
        {.account = one.account.id, .address = one.account.address, .ok = {}, .problem = {}});
  return run;
}

std::optional<HttpResponse> check_order(const Asked& asked) {
  if (!iequals(trim(asked.confirm), asked.settings->domains.front()))
    return reply_fault({.status = 400,
                        .kind = "confirm_mismatch",
                        .what = "The typed domain does not match.",
                        .next_step = "Type it exactly as shown.",
                        .server_words = {}});
  if (asked.able.empty())
    return reply_fault({.status = 409,
                        .kind = "not_ready",
                        .what = "This is possible for none of these accounts right now.",
                        .next_step = "Look at the state of the accounts, then try again.",
                        .server_words = {}});
  return std::nullopt;
}

Task<HttpResponse> switch_homes(Context& context, const Request& request, Step step) {
  const auto asked = read_asked(context, request, step);
  if (!asked) co_return reply_error(asked.error());
  if (asked->simulate) co_return reply_simulation(context, *asked, step);
  auto refusal = check_order(*asked);
  if (refusal) co_return std::move(*refusal);
  const auto run =
      context.news->runs.begin(make_run(*asked, step, request, context.parts.clock.wall()));
  if (!run)
    co_return reply_fault({.status = 409,
                           .kind = "busy",
                           .what = "Another switch is running.",
                           .next_step = "Wait until it has finished.",
                           .server_words = {}});
  context.news->live.run(*run);
  Order order{
      .run = *run, .accounts = ids_of(asked->able), .step = step, .who = request.caller.who()};
  const auto executor = context.parts.background.executor();
  std::function<Task<void>()> work = std::bind(start, std::ref(context), std::move(order));
  co_await net::run_on<void>(executor, work);
  co_return reply_json(json::serialize(json::object{{"run", *run}}));
}

}  // namespace

Task<HttpResponse> post_cutover(Context& context, const Request& request) {
  return switch_homes(context, request, Step::cut_over);
}

Task<HttpResponse> post_rollback(Context& context, const Request& request) {
  return switch_homes(context, request, Step::roll_back);
}

}  // namespace tandem::webui
