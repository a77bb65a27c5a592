// /api/overview and /api/accounts: everything at a glance, and the table of accounts.
#include <algorithm>
#include <string_view>
#include <utility>

#include <boost/json.hpp>

#include "migration/registry.hpp"
#include "webui/json.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
namespace {

// What needs somebody first, then by address.
bool comes_before(const AccountState& a, const AccountState& b) {
  const auto is_calm = [](const AccountState& one) {
    return one.state != State::needs_you && one.state != State::failed;
  };
  return std::pair(is_calm(a), std::string_view(a.account.address)) <
         std::pair(is_calm(b), std::string_view(b.account.address));
}

}  // namespace

Task<HttpResponse> get_overview(Context& context, const Request&) {
  const auto overview = context.overview(Duration::zero());
  co_return reply_json(*overview);
}

Task<HttpResponse> get_accounts(Context& context, const Request& request) {
  const std::string migration = request.http.parameter("migration").value_or("");
  auto states = context.accounts(migration);
  std::ranges::sort(states, comes_before);
  const WallTime now = context.parts.clock.wall();
  json::array accounts;
  for (const AccountState& one : states) accounts.push_back(describe(one, now));
  co_return reply_json(
      json::serialize(json::object{{"at", time_text(now)}, {"accounts", std::move(accounts)}}));
}

}  // namespace tandem::webui
