#include "proxy/gateway/doubts.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "config/migration_settings.hpp"
#include "lib/base/log.hpp"
#include "proxy/gateway/trace_search.hpp"

namespace tandem::gateway {
namespace {

constexpr Duration longest_pause = std::chrono::minutes(1);

}  // namespace

Task<Result<bool>> Doubts::is_at_home(RecipientRecord recipient) const {
  const auto routes = registry_.routes();
  const migration::Account* account = routes->account(recipient.account);
  if (account == nullptr)
    co_return fail(ErrorKind::not_found, "no account to look into for " + recipient.recipient);
  auto client = co_await access_.open_mailboxes(*account, recipient.home);
  if (!client) co_return fail(client.error());
  const auto found = co_await account_has_trace(**client, recipient.trace, recipient.at);
  co_await (*client)->logout();
  co_return found;
}

bool Doubts::may_be_on_its_way(const RecipientRecord& recipient) const {
  const auto routes = registry_.routes();
  const migration::Account* account = routes->account(recipient.account);
  const auto* migration = account != nullptr ? registry_.settings(account->migration) : nullptr;
  const Duration patience =
      migration != nullptr ? migration->gateway.in_doubt : config::GatewaySettings{}.in_doubt;
  return clock_.wall() - std::max(recipient.at, recipient.tried) <= patience;
}

Task<Doubts::Found> Doubts::settle(RecipientRecord recipient) {
  if (fence_.is_under_way(recipient.trace)) co_return Found::open;  // its transaction still waits
  auto found = co_await is_at_home(recipient);
  // Once more before it is sent again unseen: one broken connection is not a blind server.
  if (!found && !may_be_on_its_way(recipient)) found = co_await is_at_home(recipient);
  if (!found)
    log::debug("D-GATE-8", "{} cannot be looked for: {}", recipient.trace,
               found.error().to_string());
  const bool arrived = found.value_or(false);
  // Not there yet is not proof while it may still be on its way (R10).
  if (!arrived && may_be_on_its_way(recipient)) co_return Found::open;
  const bool doubled = !found;  // sent again without having looked
  const auto settled = co_await journal_.resolve(recipient, arrived, doubled);
  if (!settled) co_return Found::open;
  events_.publish({.kind = migration::Event::Kind::delivery,
                   .account = recipient.account,
                   .trace_id = recipient.trace});
  co_return arrived ? Found::arrived : Found::absent;
}

bool Doubts::is_due(const RecipientRecord& recipient) {
  const WallTime now = clock_.wall();
  Look& look = looks_[recipient.id];
  if (now < look.next) return false;
  look.next = now + look.pause;
  look.pause = std::min(look.pause * 2, longest_pause);
  return true;
}

Task<void> Doubts::settle_all() {
  const auto doubts = journal_.in_doubt();
  if (!doubts) co_return;
  std::set<std::int64_t> open;
  for (const auto& recipient : *doubts) {
    open.insert(recipient.id);
    if (is_due(recipient)) co_await settle(recipient);
  }
  std::erase_if(looks_, [&open](const auto& look) { return !open.contains(look.first); });
}

}  // namespace tandem::gateway
