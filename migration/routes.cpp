#include "migration/routes.hpp"

#include <utility>

#include "lib/base/text.hpp"

namespace tandem::migration {
namespace {

std::string_view domain_of(std::string_view address) {
  const auto at = address.rfind('@');
  return at == std::string_view::npos ? std::string_view{} : address.substr(at + 1);
}

}  // namespace

Routes::Routes(std::vector<RoutedDomainOwner> owners, std::vector<Account> accounts,
               std::uint64_t generation)
    : owners_(std::move(owners)), accounts_(std::move(accounts)), generation_(generation) {
  for (std::size_t i = 0; i < owners_.size(); ++i)
    for (const auto& domain : owners_[i].domains) owner_by_domain_.emplace(lower(domain), i);

  // A log-in name that two accounts answer to belongs to neither.
  const auto add_login = [this](std::string name, std::size_t index) {
    const auto [entry, fresh] = by_login_.emplace(std::move(name), index);
    if (!fresh && entry->second != index) entry->second.reset();
  };
  for (std::size_t i = 0; i < accounts_.size(); ++i) {
    const Account& account = accounts_[i];
    by_address_.emplace(lower(account.address), i);
    by_id_.emplace(account.id, i);
  }
  for (std::size_t i = 0; i < accounts_.size(); ++i) {
    const Account& account = accounts_[i];
    const std::string address = lower(account.address);
    const std::string local = address.substr(0, address.rfind('@'));
    add_login(local, i);
    add_login(local + "%" + std::string(domain_of(address)), i);
    for (const SideLogin& side : account.logins)
      if (!side.login.empty()) add_login(lower(side.login), i);
  }
}

bool Routes::serves_domain(std::string_view domain) const {
  return owner_by_domain_.contains(lower(domain));
}

Route Routes::route_of(const Account& account) const {
  return {.account = account.id,
          .migration = account.migration,
          .address = account.address,
          .home = home_of(account.phase),
          .mirror = mirror_of(account.phase),
          .epoch = account.epoch};
}

std::optional<Route> Routes::recipient(std::string_view address) const {
  const auto owner = owner_by_domain_.find(lower(domain_of(address)));
  if (owner == owner_by_domain_.end()) return std::nullopt;
  if (const Account* listed = account(address)) return route_of(*listed);
  const RoutedDomainOwner& migration = owners_[owner->second];
  return Route{.migration = migration.migration,
               .address = std::string(address),
               .home = migration.unlisted_home};
}

const Account* Routes::login(std::string_view user) const {
  // An address wins over any other reading of the same text.
  if (const Account* listed = account(user)) return listed;
  const auto found = by_login_.find(lower(user));
  if (found == by_login_.end() || !found->second) return nullptr;
  return &accounts_[*found->second];
}

const Account* Routes::account(AccountId id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &accounts_[found->second];
}

const Account* Routes::account(std::string_view address) const {
  const auto found = by_address_.find(lower(address));
  return found == by_address_.end() ? nullptr : &accounts_[found->second];
}

}  // namespace tandem::migration
