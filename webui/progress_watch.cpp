#include "webui/progress_watch.hpp"

#include <string>

#include "config/migration_settings.hpp"
#include "migration/registry.hpp"
#include "migration/views.hpp"
#include "webui/context.hpp"

namespace tandem::webui {
namespace {

using migration::Phase;

bool may_be_copied(const migration::Account& account) {
  return account.phase == Phase::mirror_old || account.phase == Phase::mirror_new;
}

}  // namespace

bool ProgressWatch::has_moved(migration::AccountId account, std::uint64_t messages,
                              std::uint64_t bytes) {
  const auto [place, is_new] = seen_.try_emplace(account, Seen{messages, bytes});
  if (is_new) return false;
  const bool moved = place->second.messages != messages || place->second.bytes != bytes;
  place->second = {messages, bytes};
  return moved;
}

void ProgressWatch::look(Context& context) {
  std::map<std::string, std::uint64_t> bytes_done;
  const SteadyTime now = context.parts.clock.steady();
  const auto routes = context.parts.registry.routes();
  for (const auto& account : routes->accounts()) {
    if (!may_be_copied(account)) continue;
    const auto progress = context.parts.copies.progress(account.id);
    bytes_done[account.migration] += progress.bytes_done;
    if (has_moved(account.id, progress.messages_done, progress.bytes_done))
      context.news->live.account(account.id);
    if (bytes_left(progress) > 0)
      context.account_rates.sample(account.address, progress.bytes_done, now);
  }
  context.account_rates.forget_idle(now);
  for (const auto& [migration, bytes] : bytes_done) context.rates.sample(migration, bytes, now);
}

}  // namespace tandem::webui
