// tandemail accounts: who is in the ledger, in which phase, with which log-ins. While a server runs
// it has the ledger, and is asked: then each account's state is told instead of its log-ins.
#include <algorithm>
#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/api_client.hpp"
#include "app/command.hpp"
#include "app/configuration.hpp"
#include "app/json_text.hpp"

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

// "mirror_old" of the API as the command line says it.
std::string phase_words(std::string phase) {
  std::ranges::replace(phase, '_', '-');
  return phase;
}

ExitCode list_over_api(const Arguments& arguments) {
  const auto api = ApiClient::open(arguments);
  if (!api) return report(api.error());
  const auto answer = api->get("/api/accounts");
  if (!answer) return report(answer.error());
  const boost::json::value told = boost::json::parse(*answer);
  boost::json::array listed;
  for (const auto& account : told.at("accounts").as_array()) {
    const std::string migration = text(account.at("migration"));
    if (arguments.has("migration") && migration != arguments.get("migration")) continue;
    const std::string phase = phase_words(text(account.at("phase")));
    if (arguments.has("json"))
      listed.push_back({{"address", account.at("address")},
                        {"migration", migration},
                        {"phase", phase},
                        {"epoch", account.at("epoch")},
                        {"state", account.at("state")}});
    else
      fmt::print("{:<40} {:<11} {}\n", text(account.at("address")), phase,
                 text(account.at("state")));
  }
  if (arguments.has("json")) fmt::print("{}\n", boost::json::serialize(listed));
  return ExitCode::done;
}

}  // namespace

ExitCode run_accounts(const Arguments& arguments) {
  const auto offline = Offline::open(arguments);
  // Another process has the ledger.
  if (!offline && offline.error().kind == ErrorKind::conflict) return list_over_api(arguments);
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
