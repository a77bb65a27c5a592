// /api/accounts/pause, /api/accounts/resume, /api/sync: asked for some accounts, done for those for
// which it is possible.
#include <fmt/core.h>
#include <vector>

#include <boost/json.hpp>

#include "migration/registry.hpp"
#include "migration/views.hpp"
#include "webui/json.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
using migration::Account;
using migration::Phase;
using migration::Registry;
using migration::Step;

namespace {

constexpr std::size_t most_accounts = 20'000;

struct Chosen {
  std::vector<AccountState> accounts;
  std::optional<HttpResponse> refusal;
};

// The accounts of the body for which `possible`; each once.
Chosen choose(Context& context, const Request& request, bool (*possible)(const AccountState&)) {
  const auto body = read_object(request.http.body, {"accounts"});
  if (!body) return {.accounts = {}, .refusal = bad_request(body.error().what)};
  const auto names = texts_in(*body, "accounts", most_accounts);
  if (!names) return {.accounts = {}, .refusal = bad_request("A list of accounts is needed.")};
  Chosen chosen;
  const auto routes = context.parts.registry.routes();
  for (const auto& name : *names) {
    const Account* account = routes->account(name);
    if (account == nullptr) continue;
    AccountState state = context.look_at(*account);
    if (possible(state)) chosen.accounts.push_back(std::move(state));
  }
  return chosen;
}

HttpResponse reply_changed(json::array changed) {
  return reply_json(json::serialize(json::object{{"changed", std::move(changed)}}));
}

// A pass ends between two batches, which may take a moment.
json::array still_copying(Context& context, const Request& request) {
  const auto left_alone = [](const AccountState& one) {
    return migration::is_left_alone(one.account);
  };
  json::array ending;
  for (const AccountState& one : choose(context, request, left_alone).accounts)
    if (context.parts.copies.is_copying(one.account.id)) ending.emplace_back(one.account.address);
  return ending;
}

Task<HttpResponse> set_paused(Context& context, const Request& request, bool paused) {
  Chosen chosen = choose(context, request, paused ? can_pause : can_resume);
  if (chosen.refusal) co_return std::move(*chosen.refusal);
  json::array changed;
  for (const AccountState& one : chosen.accounts) {
    const auto done =
        co_await context.parts.registry.set_paused(one.account.id, paused, request.caller.who());
    if (!done) co_return reply_error(done.error());
    context.tell(one.account.id);
    changed.emplace_back(one.account.address);
  }
  json::object answer{{"changed", std::move(changed)}};
  if (paused) answer["ending"] = still_copying(context, request);
  co_return reply_json(json::serialize(answer));
}

// Copying begins where it has not begun.
Task<Result<void>> sync_one(Context& context, const Account& account, const std::string& who) {
  if (account.phase == Phase::old) {
    const auto begun =
        co_await context.parts.registry.take_step(account.id, Step::start, account.epoch, who);
    // Somebody else began it at this moment: what was asked for is so.
    if (!begun && begun.error().kind != ErrorKind::conflict) co_return fail(begun.error());
  }
  context.parts.copies.run_now(account.id);
  context.tell(account.id);
  co_return Result<void>{};
}

std::string subject_of(const std::vector<AccountState>& accounts) {
  if (accounts.size() == 1) return accounts.front().account.address;
  return fmt::format("{} accounts", accounts.size());
}

}  // namespace

Task<HttpResponse> post_pause(Context& context, const Request& request) {
  return set_paused(context, request, true);
}

Task<HttpResponse> post_resume(Context& context, const Request& request) {
  return set_paused(context, request, false);
}

Task<HttpResponse> post_sync(Context& context, const Request& request) {
  Chosen chosen = choose(context, request, can_sync);
  if (chosen.refusal) co_return std::move(*chosen.refusal);
  const std::string who = request.caller.who();
  json::array changed;
  for (const AccountState& one : chosen.accounts) {
    const auto done = co_await sync_one(context, one.account, who);
    if (!done) co_return reply_error(done.error());
    changed.emplace_back(one.account.address);
  }
  if (!chosen.accounts.empty())
    (void)co_await context.parts.registry.audit(who, "sync", subject_of(chosen.accounts));
  co_return reply_changed(std::move(changed));
}

}  // namespace tandem::webui
