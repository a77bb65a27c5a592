#include "sync/lanes.hpp"

#include <algorithm>
#include <limits>

#include "lib/base/log.hpp"
#include "sync/state.hpp"

namespace tandem::sync {
namespace {

// The pass's own, and the one that watches INBOX.
constexpr std::size_t there_anyway = 2;

std::size_t most_of(const config::SideSettings& side) {
  if (side.connection_limit == 0) return std::numeric_limits<std::size_t>::max();
  return std::max<std::size_t>(side.connection_limit / 2, there_anyway) - there_anyway;
}

}  // namespace

Lanes::Lanes(Sync::State& state, migration::Account account,
             const config::MigrationSettings& migration)
    : state_(state),
      account_(std::move(account)),
      migration_(migration),
      most_(std::min(most_of(migration.old_side), most_of(migration.new_side))) {}

std::size_t Lanes::free() const {
  return std::min({state_.slots.available(), state_.places.free(migration_), most_});
}

bool Lanes::are_wanted() const {
  return state_.slots.is_wanted() || state_.places.are_wanted(migration_);
}

Task<std::unique_ptr<Lane>> Lanes::open() {
  auto lane = std::make_unique<Lane>();
  lane->slot = state_.slots.try_acquire();
  if (!lane->slot || refused_) co_return nullptr;
  if (!state_.places.try_take(migration_, lane->clients.places)) co_return nullptr;
  const auto opened = co_await state_.open(account_, lane->clients);
  if (opened) co_return std::move(lane);
  refused_ = true;
  log::info("I-SYNC-15", "account {}: no further connections: {}", account_.id,
            opened.error().to_string());
  co_return nullptr;
}

}  // namespace tandem::sync
