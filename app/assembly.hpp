// Assembly: all rooms of one running process, wired. The only place that knows them all.
//
// Order of making: store, accounts, rooms, listeners; of ending: listeners, sessions, background
// work, stores, and only then the io threads. serve and demo both run one of these.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/certificates.hpp"
#include "app/listeners.hpp"
#include "app/mail_server.hpp"
#include "app/threads.hpp"
#include "config/load.hpp"
#include "config/secret_box.hpp"
#include "lib/net/connector.hpp"
#include "lib/net/sync.hpp"
#include "migration/account_leases.hpp"
#include "migration/account_locks.hpp"
#include "migration/cutover.hpp"
#include "migration/registry.hpp"
#include "migration/side_access.hpp"
#include "proxy/gateway/gateway.hpp"
#include "proxy/session/session_proxy.hpp"
#include "sync/sync.hpp"
#include "webui/web.hpp"

namespace tandem::app {

class Assembly {
 public:
  // Opens the stores and makes the rooms. Nothing runs yet. `command`: what this process is to
  // others, who find an account in its hands.
  [[nodiscard]] static Result<std::unique_ptr<Assembly>> open(Threads& threads,
                                                              config::Configuration configuration,
                                                              config::SecretBox secrets,
                                                              std::string command);
  ~Assembly();

  // Binds every address, then begins to serve. From executor 0, once.
  net::Task<Result<void>> start();
  // Says goodbye, bounded by shutdown_grace. True: nothing had to be cut off.
  net::Task<bool> stop();

  // Where people open the page: a set-up link until it is used, then the plain address.
  [[nodiscard]] std::string page_address() const;
  [[nodiscard]] const std::vector<Bound>& bound() const { return listeners_->bound(); }
  [[nodiscard]] std::uint16_t port_of(std::string_view service) const;  // 0: not offered

  [[nodiscard]] migration::Registry& registry() { return *registry_; }
  [[nodiscard]] migration::Cutover& cutover() { return *cutover_; }
  [[nodiscard]] migration::SideAccess& access() { return *access_; }
  [[nodiscard]] migration::AccountLeases& leases() { return *leases_; }
  [[nodiscard]] sync::Sync& sync() { return *sync_; }
  [[nodiscard]] gateway::Gateway& gateway() { return *gateway_; }
  [[nodiscard]] net::Connector& connector() { return connector_; }

 private:
  Assembly(Threads& threads, config::Configuration configuration, config::SecretBox secrets);
  Result<void> open_rooms();
  Result<void> open_ledger(std::string command);
  Result<void> open_server();
  Result<void> open_web();
  net::Task<void> start_to_copy();
  [[nodiscard]] bool needs_server() const;
  [[nodiscard]] std::string web_address() const;  // without a slash at the end
  [[nodiscard]] std::vector<Service> services();
  [[nodiscard]] Service mail_service(std::string name, std::vector<config::ListenAddress> at,
                                     net::Protocol protocol, bool implicit_tls);
  net::Task<void> serve_mail(net::Protocol protocol, net::StreamPtr stream,
                             std::shared_ptr<const net::TlsServer> tls, net::TaskGroup& group);
  net::Task<void> serve_discovery(net::StreamPtr stream, std::shared_ptr<const net::TlsServer> tls,
                                  net::TaskGroup& group);
  net::Task<void> serve_relay(net::StreamPtr stream, std::shared_ptr<const net::TlsServer> tls,
                              net::TaskGroup& group);
  net::Task<void> serve_page(net::StreamPtr stream, std::shared_ptr<const net::TlsServer> tls,
                             net::TaskGroup& group);

  Threads& threads_;
  config::Configuration configuration_;
  config::SecretBox secrets_;
  std::string hostname_;
  const Clock& clock_;
  Certificates certificates_;
  std::shared_ptr<const net::TlsServer> tls_;
  net::Connector connector_;
  net::Offload offload_;
  migration::EventBus events_;
  migration::AccountLocks locks_;
  net::AddressLimit addresses_;
  net::AddressLimit page_addresses_;  // a crowd at the mail ports shuts nobody out of the page
  std::unique_ptr<store::Store> ledger_;
  std::unique_ptr<migration::AccountLeases> leases_;
  std::unique_ptr<migration::Registry> registry_;
  std::unique_ptr<migration::SideAccess> access_;
  std::unique_ptr<MailServer> server_;
  std::unique_ptr<gateway::Gateway> gateway_;
  std::unique_ptr<session::SessionProxy> sessions_;
  std::unique_ptr<sync::Sync> sync_;
  std::unique_ptr<migration::Cutover> cutover_;
  std::unique_ptr<webui::Web> web_;
  std::unique_ptr<Listeners> listeners_;
};

// Every room's tables, for the ledger.
[[nodiscard]] std::vector<store::Schema> ledger_schemas();

}  // namespace tandem::app
