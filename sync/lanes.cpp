#include "sync/lanes.hpp"

#include "lib/base/log.hpp"
#include "sync/state.hpp"

namespace tandem::sync {

Lanes::Lanes(Sync::State& state, migration::Account account)
    : state_(state), account_(std::move(account)) {}

bool Lanes::any_free() const {
  return state_.slots.available() > 0;
}

bool Lanes::are_wanted() const {
  return state_.slots.is_wanted();
}

Task<std::unique_ptr<Lane>> Lanes::open() {
  auto lane = std::make_unique<Lane>();
  lane->slot = state_.slots.try_acquire();
  if (!lane->slot || refused_) co_return nullptr;
  const auto opened = co_await state_.open(account_, lane->clients);
  if (opened) co_return std::move(lane);
  refused_ = true;
  log::info("I-SYNC-15", "account {}: no further connections: {}", account_.id,
            opened.error().to_string());
  co_return nullptr;
}

}  // namespace tandem::sync
