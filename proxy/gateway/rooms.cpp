#include "proxy/gateway/rooms.hpp"

#include <algorithm>
#include <fmt/core.h>

#include "config/migration_settings.hpp"

namespace tandem::gateway {

Result<net::Endpoint> home_endpoint(const migration::Registry& registry,
                                    const migration::Route& route) {
  const auto* migration = registry.settings(route.migration);
  if (migration == nullptr) return fail(ErrorKind::not_found, "no migration " + route.migration);
  const auto& side = migration::settings_of(*migration, route.home);
  if (!side.smtp)
    return fail(ErrorKind::not_found, fmt::format("migration {}: the {} side has no smtp server",
                                                  route.migration, migration::name_of(route.home)));
  return *side.smtp;
}

smtp::Reply local_trouble() {
  return smtp::make_reply(451, "4.3.0", "Local trouble, try again later");
}

smtp::Reply being_moved() {
  return smtp::make_reply(451, "4.2.1", "This mailbox is being moved, try again in a minute");
}

bool any_side_knows_client(const migration::Registry& registry) {
  return std::ranges::any_of(registry.migrations(), [](const auto& migration) {
    return migration.old_side.forward_client || migration.new_side.forward_client;
  });
}

std::optional<migration::Route> gateway_route(const migration::Registry& registry,
                                              const std::string& recipient) {
  const auto routes = registry.routes();
  std::string address = recipient;
  if (address.find('@') == std::string::npos) {
    if (registry.migrations().empty()) return std::nullopt;
    address += "@" + registry.migrations()[0].domains.front();
  }
  auto route = routes->recipient(address);
  if (!route) return std::nullopt;
  const auto* migration = registry.settings(route->migration);
  if (migration == nullptr || !migration->gateway.enabled) return std::nullopt;
  if (migration->gateway.mirror == config::Mirror::off) route->mirror.reset();
  return route;
}

migration::Route turned_round(migration::Route route) {
  const Side home = route.home;
  route.home = migration::other(home);
  route.mirror.reset();
  if (route.account != 0) route.mirror = home;
  return route;
}

}  // namespace tandem::gateway
