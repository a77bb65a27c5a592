#include "app/side_desk.hpp"

#include <algorithm>

#include "app/configuration.hpp"
#include "lib/base/log.hpp"

namespace tandem::app {

SideDesk::SideDesk(std::string command)
    : command_(std::move(command)), runtime_(2), threads_(runtime_) {}

SideDesk::~SideDesk() {
  assembly_.reset();  // the stores, before the io threads' contexts
}

Result<std::unique_ptr<SideDesk>> SideDesk::open(const Arguments& arguments, std::string command) {
  const auto environment = config::take_secret_environment();
  auto configuration = load(arguments);
  if (!configuration) return fail(configuration.error());
  const config::ProcessSettings process = configuration->process;
  log::start(process.log.level, process.log.file);
  const auto open_secrets = [&process, &environment] {
    return config::open_secret_box(process.secrets_key, process.data, environment);
  };
  auto secrets = open_secrets();
  if (!secrets) return fail(secrets.error());
  std::unique_ptr<SideDesk> desk(new SideDesk(std::move(command)));
  auto assembly =
      Assembly::open(desk->threads_, *configuration, std::move(*secrets), desk->command_);
  if (assembly) {
    desk->assembly_ = std::move(*assembly);
    return desk;
  }
  if (assembly.error().kind != ErrorKind::conflict) return fail(assembly.error());
  secrets = open_secrets();
  if (!secrets) return fail(secrets.error());
  if (auto done = desk->open_beside(std::move(*configuration), std::move(*secrets)); !done)
    return fail(done.error());
  return desk;
}

Result<void> SideDesk::open_beside(config::Configuration configuration, config::SecretBox secrets) {
  beside_ = std::make_unique<Beside>(std::move(configuration), std::move(secrets));
  auto ledger =
      store::Store::open(beside_->configuration.process.data + "/ledger", {}, {.read_only = true});
  if (!ledger) return fail(ledger.error());
  beside_->ledger = std::move(*ledger);
  auto registry = migration::Registry::open(*beside_->ledger, beside_->configuration.migrations,
                                            beside_->secrets, system_clock());
  if (!registry) return fail(registry.error());
  beside_->registry = std::move(*registry);
  beside_->access = std::make_unique<migration::SideAccess>(*beside_->registry, beside_->connector);
  return {};
}

const migration::SideAccess& SideDesk::access() const {
  return assembly_ != nullptr ? assembly_->access() : *beside_->access;
}

Result<void> SideDesk::can_reach(const migration::Account& account, migration::Side side) const {
  const auto where = access().endpoint(account, side, net::Protocol::imap);
  if (!where) return fail(where.error());
  if (!beside_server()) return {};
  // A token server may give another refresh token with each answer: it has to be written down.
  if (access().oauth(account, side) == config::OAuthKind::refresh_token)
    return fail(Error{.kind = ErrorKind::conflict,
                      .what = "that side is logged in to by refresh token, and only the running "
                              "server may keep a new one",
                      .next_step = "Stop tandemail, run this command, and start it again."});
  if (where->in_process.empty()) return {};
  return fail(Error{.kind = ErrorKind::conflict,
                    .what = "that side is the built-in server, which is running",
                    .next_step = "Stop tandemail, run this command, and start it again."});
}

Result<void> SideDesk::can_read(const migration::Account& account, migration::Side side) const {
  if (!access().is_pop3_only(account, side)) return can_reach(account, side);
  // Its messages have their numbers from the ledger, and new ones are written down there.
  if (!beside_server()) return {};
  return fail(Error{.kind = ErrorKind::conflict,
                    .what = "that side is read by POP3, and only the running server may number "
                            "its messages",
                    .next_step = "Stop tandemail, run this command, and start it again."});
}

Result<std::vector<migration::Account>> SideDesk::accounts(
    const std::vector<std::string>& addresses, bool all) const {
  const auto routes = (assembly_ != nullptr ? assembly_->registry() : *beside_->registry).routes();
  std::vector<migration::Account> chosen;
  for (const auto& account : routes->accounts())
    if (all || std::ranges::find(addresses, account.address) != addresses.end())
      chosen.push_back(account);
  if (chosen.size() < addresses.size())
    return fail(Error{.kind = ErrorKind::not_found,
                      .what = "not all of these are accounts",
                      .next_step = "'tandemail accounts' lists them."});
  return chosen;
}

Result<migration::AccountLeases*> SideDesk::leases() {
  if (assembly_ != nullptr) return &assembly_->leases();
  if (beside_->leases != nullptr) return beside_->leases.get();
  auto leases = migration::AccountLeases::open(
      migration::AccountLeases::path_in(beside_->configuration.process.data), command_, false);
  if (!leases && leases.error().kind == ErrorKind::not_found)
    return fail(Error{.kind = ErrorKind::conflict,
                      .what = "the server that runs here is of an earlier version, or just starts",
                      .next_step = "Restart tandemail, then run this command again."});
  if (!leases) return fail(leases.error());
  beside_->leases = std::move(*leases);
  return beside_->leases.get();
}

Result<void> SideDesk::look_again() {
  return beside_server() ? beside_->registry->read_again() : Result<void>();
}

net::Task<void> SideDesk::run_whole(std::function<net::Task<void>()> work) {
  co_await threads_.begin();
  co_await work();
  (void)co_await assembly_->stop();
}

void SideDesk::run(std::function<net::Task<void>()> work) {
  if (assembly_ == nullptr)
    runtime_.run(work());
  else
    runtime_.run(run_whole(std::move(work)));
}

Result<migration::Side> side_named(const Arguments& arguments) {
  const std::string side = arguments.get("side");
  if (side == "old") return migration::Side::old_side;
  if (side == "new") return migration::Side::new_side;
  return fail(
      Error{.kind = ErrorKind::invalid,
            .what = side.empty() ? "which side is not said" : "there is no side '" + side + "'",
            .next_step = "Say --side old or --side new."});
}

}  // namespace tandem::app
