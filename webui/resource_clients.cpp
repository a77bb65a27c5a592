// GET /api/clients: what people read their mail with through us, what must be done about it, and
// who has not come through us yet. Those that need something come first, then the last seen.
#include <algorithm>
#include <array>
#include <set>

#include <boost/json.hpp>

#include "lib/base/text.hpp"
#include "migration/clients.hpp"
#include "migration/registry.hpp"
#include "webui/describe_client.hpp"
#include "webui/json.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;
namespace {

constexpr std::size_t longest_words = 200;

struct Found {
  const migration::Account* account = nullptr;
  migration::ClientSeen client;
  ClientAdvice advice = ClientAdvice::none;
};

struct Census {
  std::vector<Found> found;
  std::vector<std::string> not_seen;  // addresses
  std::size_t accounts = 0;
  std::array<std::size_t, advice_count> counts{};
};

bool contains(std::string_view text, std::string_view words) {
  return lower(text).find(words) != std::string::npos;
}

// An account counts as come through us when one of its programs could log in.
Census look(const Context& context, const migration::Routes& routes, std::string_view migration) {
  Census census;
  std::set<migration::AccountId> seen;
  for (auto& client : context.parts.clients.clients()) {
    const auto* account = routes.account(client.account);
    if (account == nullptr || (!migration.empty() && account->migration != migration)) continue;
    if (client.problem.empty()) seen.insert(account->id);
    const ClientAdvice advice = advice_for(client, context.options.setup.hostname);
    ++census.counts[static_cast<std::size_t>(advice)];
    census.found.push_back({account, std::move(client), advice});
  }
  for (const auto& account : routes.accounts()) {
    if (!migration.empty() && account.migration != migration) continue;
    ++census.accounts;
    if (!seen.contains(account.id)) census.not_seen.push_back(account.address);
  }
  std::ranges::sort(census.not_seen);
  return census;
}

void keep_matches(Census& census, const std::string& words) {
  if (words.empty()) return;
  std::erase_if(census.found, [&](const Found& one) {
    return !contains(one.account->address, words) && !contains(one.client.client, words) &&
           !contains(one.client.mechanism, words) && !contains(one.client.host_name, words);
  });
  std::erase_if(census.not_seen,
                [&](const std::string& address) { return !contains(address, words); });
}

json::object counts_of(const Census& census) {
  json::object counts;
  for (std::size_t i = 0; i < advice_count; ++i)
    counts[name_of(static_cast<ClientAdvice>(i))] = census.counts[i];
  return counts;
}

}  // namespace

Task<HttpResponse> get_clients(Context& context, const Request& request) {
  const auto limit = limit_in(request.http);
  const std::string words = lower(request.http.parameter("q").value_or(""));
  if (!limit) co_return bad_request("limit is a number from 1 to 500.");
  if (words.size() > longest_words) co_return bad_request("The search is too long.");
  const auto routes = context.parts.registry.routes();
  Census census = look(context, *routes, request.http.parameter("migration").value_or(""));
  const std::size_t seen = census.accounts - census.not_seen.size();
  keep_matches(census, words);
  std::ranges::sort(census.found, [](const Found& a, const Found& b) {
    if (a.advice != b.advice) return a.advice > b.advice;
    return a.client.last_seen > b.client.last_seen;
  });
  json::array clients, not_seen;
  for (const Found& one : census.found)
    if (clients.size() < *limit) clients.push_back(describe(one.client, *one.account, one.advice));
  for (const auto& address : census.not_seen)
    if (not_seen.size() < *limit) not_seen.push_back(json::string(address));
  co_return reply_json(json::serialize(json::object{{"accounts", census.accounts},
                                                    {"seen", seen},
                                                    {"counts", counts_of(census)},
                                                    {"clients", std::move(clients)},
                                                    {"not_seen", std::move(not_seen)}}));
}

}  // namespace tandem::webui
