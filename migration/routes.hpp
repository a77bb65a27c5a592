// Routes: who lives where, as one immutable snapshot. The only answer to "where does this go?", for
// an envelope recipient and for a log-in alike: a pure look-up, no I/O. A transaction or a log-in
// takes one snapshot and keeps it (R15).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "migration/account.hpp"

namespace tandem::migration {

// One migration as routing sees it.
struct RoutedDomainOwner {
  std::string migration;
  std::vector<std::string> domains;     // lower case
  Side unlisted_home = Side::old_side;  // who decides on addresses that are not in the account list
};

struct Route {
  AccountId account = 0;  // 0: the address is not in the account list
  std::string migration;
  std::string address;  // canonical
  Side home = Side::old_side;
  std::optional<Side> mirror;
  std::uint64_t epoch = 0;
};

class Routes {
 public:
  Routes() = default;
  Routes(std::vector<RoutedDomainOwner> owners, std::vector<Account> accounts,
         std::uint64_t generation);

  // Raised with every published snapshot: part of every cache key (T-32).
  [[nodiscard]] std::uint64_t generation() const { return generation_; }

  // Is mail for this domain ours to route? (T-34: nothing else is accepted.)
  [[nodiscard]] bool serves_domain(std::string_view domain) const;
  // The route of an envelope recipient; nothing when the domain is not ours.
  [[nodiscard]] std::optional<Route> recipient(std::string_view address) const;
  // The account a person means who logs in as `user`: the address, its local part where that is
  // unique, `local%domain`, or the log-in name of either side. Nothing: unknown or ambiguous.
  [[nodiscard]] const Account* login(std::string_view user) const;
  [[nodiscard]] const Account* account(AccountId id) const;
  [[nodiscard]] const Account* account(std::string_view address) const;
  [[nodiscard]] const std::vector<Account>& accounts() const { return accounts_; }

 private:
  [[nodiscard]] Route route_of(const Account& account) const;

  std::vector<RoutedDomainOwner> owners_;
  std::vector<Account> accounts_;
  std::unordered_map<std::string, std::size_t> owner_by_domain_;
  std::unordered_map<std::string, std::size_t> by_address_;
  std::unordered_map<AccountId, std::size_t> by_id_;
  std::unordered_map<std::string, std::optional<std::size_t>> by_login_;  // nothing: ambiguous
  std::uint64_t generation_ = 0;
};

}  // namespace tandem::migration
