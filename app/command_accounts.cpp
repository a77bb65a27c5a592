// tandemail accounts: who is in the ledger, in which phase, with which log-ins.
#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/command.hpp"
#include "app/configuration.hpp"

namespace tandem::app {
namespace {

boost::json::object to_json(const migration::Account& account) {
  return {{"address", account.address},
          {"migration", account.migration},
          {"phase", std::string(migration::name_of(account.phase))},
          {"epoch", account.epoch},
          {"paused", account.paused},
          {"old_login", account.login_at(migration::Side::old_side).login},
          {"new_login", account.login_at(migration::Side::new_side).login}};
}

}  // namespace

ExitCode run_accounts(const Arguments& arguments) {
  const auto offline = Offline::open(arguments);
  if (!offline) return report(offline.error());
  const auto routes = offline->registry->routes();
  boost::json::array listed;
  for (const auto& account : routes->accounts()) {
    if (arguments.has("migration") && account.migration != arguments.get("migration")) continue;
    if (arguments.has("json"))
      listed.push_back(to_json(account));
    else
      fmt::print("{:<40} {:<11} old: {:<30} new: {}\n", account.address,
                 migration::name_of(account.phase),
                 account.login_at(migration::Side::old_side).login,
                 account.login_at(migration::Side::new_side).login);
  }
  if (arguments.has("json")) fmt::print("{}\n", boost::json::serialize(listed));
  return ExitCode::done;
}

}  // namespace tandem::app
