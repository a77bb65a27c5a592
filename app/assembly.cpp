#include "app/assembly.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>
#include <unistd.h>
#include <utility>

#include "app/client_setup.hpp"
#include "app/configuration.hpp"
#include "config/endpoint.hpp"
#include "lib/base/log.hpp"
#include "lib/net/give_back.hpp"

namespace tandem::app {
namespace {

std::string name_of_machine() {
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) != 0 || name[0] == '\0') return "localhost";
  return name.data();
}

bool uses_builtin(const config::SideSettings& side) {
  const auto in_process = [](const std::optional<net::Endpoint>& endpoint) {
    return endpoint && endpoint->in_process == config::builtin_server;
  };
  return in_process(side.imap) || in_process(side.pop3) || in_process(side.smtp) ||
         in_process(side.submission);
}

}  // namespace

std::vector<store::Schema> ledger_schemas() {
  return {migration::Registry::schema(), gateway::Gateway::schema(), sync::Sync::schema(),
          session::SessionProxy::schema(), webui::Web::schema()};
}

Assembly::Assembly(Threads& threads, config::Configuration configuration, config::SecretBox secrets)
    : threads_(threads),
      configuration_(std::move(configuration)),
      secrets_(std::move(secrets)),
      hostname_(configuration_.process.hostname.empty() ? name_of_machine()
                                                        : configuration_.process.hostname),
      clock_(system_clock()),
      certificates_(configuration_.process.tls),
      offload_(2),
      addresses_(configuration_.process.limits.connections_per_address,
                 configuration_.process.trust.xclient_from),
      page_addresses_(configuration_.process.limits.connections_per_address) {
  addresses_.limit_rate(configuration_.process.limits.connections_per_minute, clock_);
  page_addresses_.limit_rate(configuration_.process.limits.connections_per_minute, clock_);
}

Assembly::~Assembly() = default;

Result<std::unique_ptr<Assembly>> Assembly::open(Threads& threads,
                                                 config::Configuration configuration,
                                                 config::SecretBox secrets, std::string command) {
  std::unique_ptr<Assembly> assembly(
      new Assembly(threads, std::move(configuration), std::move(secrets)));
  if (auto done = check_source_addresses(assembly->configuration_); !done)
    return fail(done.error());
  if (auto done = assembly->certificates_.load(); !done) return fail(done.error());
  assembly->tls_ = assembly->certificates_.server();
  if (auto done = assembly->open_server(); !done) return fail(done.error());
  if (auto done = assembly->open_ledger(std::move(command)); !done) return fail(done.error());
  if (auto done = assembly->open_rooms(); !done) return fail(done.error());
  return assembly;
}

bool Assembly::needs_server() const {
  if (!configuration_.process.server_domains.empty()) return true;
  return std::ranges::any_of(configuration_.migrations, [](const auto& migration) {
    return uses_builtin(migration.old_side) || uses_builtin(migration.new_side);
  });
}

Result<void> Assembly::open_server() {
  if (!needs_server()) return {};
  MailServerSettings settings{.directory = configuration_.process.data + "/server",
                              .hostname = hostname_,
                              .domains = configuration_.process.server_domains,
                              .message_size = configuration_.process.limits.message_size,
                              .smtp = configuration_.process.smtp};
  for (const auto& migration : configuration_.migrations)
    if (uses_builtin(migration.old_side) || uses_builtin(migration.new_side))
      for (const auto& domain : migration.domains) settings.domains.push_back(domain);
  auto server = MailServer::open(threads_, std::move(settings), secrets_, clock_, offload_, tls_);
  if (!server) return fail(server.error());
  server_ = std::move(*server);
  connector_.register_in_process(std::string(config::builtin_server), server_->in_process());
  return {};
}

Result<void> Assembly::open_ledger(std::string command) {
  const std::string& data = configuration_.process.data;
  auto ledger = store::Store::open(data + "/ledger", ledger_schemas());
  if (!ledger) return fail(ledger.error());
  ledger_ = std::move(*ledger);
  auto leases = migration::AccountLeases::open(migration::AccountLeases::path_in(data),
                                               std::move(command), true);
  if (!leases) return fail(leases.error());
  leases_ = std::move(*leases);
  return {};
}

Result<void> Assembly::open_rooms() {
  auto registry = migration::Registry::open(*ledger_, configuration_.migrations, secrets_, clock_);
  if (!registry) return fail(registry.error());
  registry_ = std::move(*registry);
  access_ = std::make_unique<migration::SideAccess>(*registry_, connector_);
  const gateway::GatewayParts parts{*ledger_, *registry_, *access_, locks_,
                                    events_,  connector_, clock_};
  gateway_ = std::make_unique<gateway::Gateway>(
      threads_.executor(0), parts,
      gateway::GatewayOptions{
          .hostname = hostname_,
          .message_size = configuration_.process.limits.message_size,
          .framing = framing_of(configuration_.process.smtp),
          .greet_pause = configuration_.process.smtp.greet_pause,
          .smarthost = configuration_.process.smarthost,
          .smarthost_user = configuration_.process.smarthost_user,
          .smarthost_password_file = configuration_.process.smarthost_password_file,
          .filter = {.milters = configuration_.process.milters,
                     .when_down = configuration_.process.milter_when_down},
          .xclient_from = configuration_.process.trust.xclient_from,
          .connections_per_server = configuration_.process.limits.connections_per_server,
          .threads = threads_.size()});
  sync::SyncOptions options;
  options.our_hostname = hostname_;
  options.accounts_at_once = configuration_.process.limits.copies_at_once;
  options.watched_accounts = configuration_.process.limits.watched_accounts;
  sync_ = std::make_unique<sync::Sync>(*ledger_, *registry_, *access_, locks_, *leases_, events_,
                                       clock_, threads_.executor(threads_.size() - 1), options);
  const session::SessionParts people{*registry_,     connector_,  clock_,
                                     offload_,       *ledger_,    sync_.get(),
                                     gateway_.get(), &addresses_, access_.get()};
  const config::SessionSettings& session = configuration_.process.session;
  sessions_ = std::make_unique<session::SessionProxy>(
      people, session::SessionOptions{.hostname = hostname_,
                                      .message_size = configuration_.process.limits.message_size,
                                      .login_without_tls = tls_ == nullptr,
                                      .apop_without_tls = session.apop_without_tls,
                                      .oauth = session.oauth});
  const migration::CutoverParts moved{*sessions_, *gateway_, *sync_, *sync_};
  cutover_ = std::make_unique<migration::Cutover>(*registry_, moved, events_);
  return {};
}

Result<void> Assembly::open_web() {
  const config::ProcessSettings& process = configuration_.process;
  const webui::WebParts parts{*registry_, *cutover_, *sync_,   *gateway_,        *gateway_, *sync_,
                              *sync_,     *sync_,    *sync_,   *sessions_,       *access_,  events_,
                              *ledger_,   clock_,    offload_, threads_.group(0)};
  webui::WebOptions options{.public_url = web_address(),
                            .host_names = {hostname_},
                            .token_file = process.data + "/api.token",
                            .setup_file = process.data + "/setup.link",
                            .version = TANDEM_VERSION,
                            .setup = client_setup(configuration_, listeners_->bound(), hostname_)};
  auto web = webui::Web::open(parts, std::move(options));
  if (!web) return fail(web.error());
  web_ = std::move(*web);
  return {};
}

net::Task<void> Assembly::serve_mail(net::Protocol protocol, net::StreamPtr stream,
                                     std::shared_ptr<const net::TlsServer> tls,
                                     net::TaskGroup& group) {
  // Without a migration this is simply a mail server.
  if (configuration_.migrations.empty() && server_ != nullptr)
    return server_->serve(std::move(stream), protocol, group);
  if (protocol == net::Protocol::smtp)
    return gateway_->serve(std::move(stream), std::move(tls), group);
  return sessions_->serve(std::move(stream), protocol, std::move(tls), group);
}

net::Task<void> Assembly::serve_relay(net::StreamPtr stream,
                                      std::shared_ptr<const net::TlsServer> tls,
                                      net::TaskGroup& group) {
  return gateway_->serve_relay(std::move(stream), std::move(tls), group);
}

net::Task<void> Assembly::serve_page(net::StreamPtr stream, std::shared_ptr<const net::TlsServer>,
                                     net::TaskGroup& group) {
  return web_->serve(std::move(stream), group);
}

net::Task<void> Assembly::serve_discovery(net::StreamPtr stream,
                                          std::shared_ptr<const net::TlsServer>,
                                          net::TaskGroup& group) {
  return web_->serve_discovery(std::move(stream), group);
}

Service Assembly::mail_service(std::string name, std::vector<config::ListenAddress> at,
                               net::Protocol protocol, bool implicit_tls) {
  std::string alpn = protocol == net::Protocol::imap   ? "imap"
                     : protocol == net::Protocol::pop3 ? "pop3"
                                                       : "smtp";
  const config::TrustSettings& trust = configuration_.process.trust;
  const bool only =
      std::ranges::find(trust.proxy_protocol_only, name) != trust.proxy_protocol_only.end();
  net::ProxyProtocol proxied{.from = trust.proxy_protocol_from, .only = only};
  return {.name = std::move(name),
          .addresses = std::move(at),
          .alpn = std::move(alpn),
          .implicit_tls = implicit_tls,
          .proxy_protocol = std::move(proxied),
          .serve = std::bind_front(&Assembly::serve_mail, this, protocol)};
}

std::vector<Service> Assembly::services() {
  using net::Protocol;
  const config::ListenSettings& listen = configuration_.process.listen;
  std::vector<Service> services;
  services.push_back(mail_service("smtp", listen.smtp, Protocol::smtp, false));
  services.push_back(mail_service("submission", listen.submission, Protocol::submission, false));
  services.push_back(mail_service("submissions", listen.submissions, Protocol::submission, true));
  services.push_back(mail_service("relay", listen.relay, Protocol::smtp, false));
  services.back().serve = std::bind_front(&Assembly::serve_relay, this);
  services.push_back(mail_service("imap", listen.imap, Protocol::imap, false));
  services.push_back(mail_service("imaps", listen.imaps, Protocol::imap, true));
  services.push_back(mail_service("pop3", listen.pop3, Protocol::pop3, false));
  services.push_back(mail_service("pop3s", listen.pop3s, Protocol::pop3, true));
  if (server_ != nullptr)
    services.push_back({.name = "lmtp",
                        .addresses = listen.lmtp,
                        .alpn = "smtp",
                        .serve = std::bind_front(&MailServer::serve_lmtp, server_.get())});
  for (const auto& address : listen.web)
    services.push_back({.name = "web",
                        .addresses = {address},
                        .alpn = "http/1.1",
                        .implicit_tls = !config::is_loopback(address.address),
                        .limit = &page_addresses_,
                        .serve = std::bind_front(&Assembly::serve_page, this)});
  for (const bool tls : {true, false})
    services.push_back({.name = tls ? "https" : "http",
                        .addresses = tls ? listen.https : listen.http,
                        .alpn = "http/1.1",
                        .implicit_tls = tls,
                        .serve = std::bind_front(&Assembly::serve_discovery, this)});
  return services;
}

net::Task<Result<void>> Assembly::start() {
  listeners_ = std::make_unique<Listeners>(threads_, addresses_, tls_);
  for (auto& service : services()) {
    const auto opened = co_await listeners_->open(std::move(service));
    if (!opened) co_return opened;
  }
  // The page's address is known only now: the port may have been the kernel's choice.
  if (auto opened = open_web(); !opened) co_return opened;
  co_await listeners_->start();
  net::TaskGroup& background = threads_.group(0);
  background.spawn(certificates_.watch(background));
  background.spawn(net::give_memory_back(addresses_, offload_, background));
  background.spawn(net::give_memory_back(page_addresses_, offload_, background));
  background.spawn(gateway_->run(background));
  background.spawn(web_->run(background));
  background.spawn(sessions_->run(background));
  std::function<net::Task<void>()> copy = std::bind_front(&Assembly::start_to_copy, this);
  const net::Executor there = threads_.executor(threads_.size() - 1);
  co_await net::run_on<void>(there, std::move(copy));
  co_return Result<void>{};
}

// On its own thread, whose listeners may be accepting by now.
net::Task<void> Assembly::start_to_copy() {
  net::TaskGroup& copying = threads_.here();
  copying.spawn(sync_->run(copying));
  co_return;
}

net::Task<bool> Assembly::stop() {
  return threads_.shut_down(configuration_.process.shutdown_grace);
}

std::uint16_t Assembly::port_of(std::string_view service) const {
  for (const Bound& bound : listeners_->bound())
    if (bound.service == service) return bound.port;
  return 0;
}

std::string Assembly::web_address() const {
  for (const Bound& bound : listeners_->bound()) {
    if (bound.service != "web") continue;
    if (config::is_loopback(bound.address))
      return fmt::format("http://{}:{}", bound.address, bound.port);
    return fmt::format("https://{}:{}", hostname_, bound.port);
  }
  return "http://localhost";
}

std::string Assembly::page_address() const {
  const auto link = web_->setup_link();
  return link ? *link : web_address() + "/";
}

}  // namespace tandem::app
