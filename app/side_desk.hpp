// SideDesk: accounts and log-ins at their sides, for a command that moves mail between a side and
// something else by itself. Without a server running it is a whole Assembly, the built-in server
// among it, and holds the ledger; beside a running one it only reads the ledger.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "app/assembly.hpp"
#include "app/command.hpp"

namespace tandem::app {

class SideDesk {
 public:
  // `command`: the name of whoever opens it, for others.
  [[nodiscard]] static Result<std::unique_ptr<SideDesk>> open(const Arguments& arguments,
                                                              std::string command);
  ~SideDesk();

  [[nodiscard]] bool beside_server() const { return assembly_ == nullptr; }
  [[nodiscard]] const migration::SideAccess& access() const;
  // Error conflict: only the running server may touch that side's mail.
  [[nodiscard]] Result<void> can_reach(const migration::Account& account,
                                       migration::Side side) const;
  // The same for reading alone, for which POP3 is enough.
  [[nodiscard]] Result<void> can_read(const migration::Account& account,
                                      migration::Side side) const;
  // The accounts of these addresses; all of them with `all`. Error not_found: no such account.
  [[nodiscard]] Result<std::vector<migration::Account>> accounts(
      const std::vector<std::string>& addresses, bool all) const;
  // For who writes into mailboxes. Error conflict: a server runs here that knows no leases.
  [[nodiscard]] Result<migration::AccountLeases*> leases();
  // What the running server has changed meanwhile shows in accounts().
  [[nodiscard]] Result<void> look_again();
  // Runs `work`, once, to its end.
  void run(std::function<net::Task<void>()> work);

 private:
  explicit SideDesk(std::string command);
  net::Task<void> run_whole(std::function<net::Task<void>()> work);
  Result<void> open_beside(config::Configuration configuration, config::SecretBox secrets);

  // What there is beside a server.
  struct Beside {
    Beside(config::Configuration settings, config::SecretBox box)
        : configuration(std::move(settings)), secrets(std::move(box)) {}
    config::Configuration configuration;
    config::SecretBox secrets;
    net::Connector connector;
    std::unique_ptr<store::Store> ledger;
    std::unique_ptr<migration::Registry> registry;
    std::unique_ptr<migration::SideAccess> access;
    std::unique_ptr<migration::AccountLeases> leases;  // once asked for
  };

  std::string command_;
  net::Runtime runtime_;
  Threads threads_;
  std::unique_ptr<Assembly> assembly_;
  std::unique_ptr<Beside> beside_;
};

// `--side`; Error invalid with the usage when it is missing or no side.
[[nodiscard]] Result<migration::Side> side_named(const Arguments& arguments);

}  // namespace tandem::app
