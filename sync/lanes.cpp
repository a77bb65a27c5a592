#include "sync/lanes.hpp"

#include "lib/base/log.hpp"
#include "lib/net/both.hpp"
#include "sync/state.hpp"

namespace tandem::sync {

namespace {

// What was asked for with the log-in is answered before a folder is opened.
Task<Result<void>> ready(Clients& clients) {
  const auto [old_side, new_side] =
      co_await net::both(clients.at(Side::old_side).noop(), clients.at(Side::new_side).noop());
  if (!old_side) co_return fail(old_side.error());
  if (!new_side) co_return fail(new_side.error());
  co_return Result<void>{};
}

}  // namespace

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
  auto opened = co_await state_.open(account_, lane->clients);
  if (opened) opened = co_await ready(lane->clients);
  if (opened) co_return std::move(lane);
  refused_ = true;
  log::info("I-SYNC-15", "account {}: no further connections: {}", account_.id,
            opened.error().to_string());
  co_return nullptr;
}

}  // namespace tandem::sync
