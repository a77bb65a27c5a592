#include "proxy/gateway/gateway.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "config/migration_settings.hpp"
#include "config/secret_file.hpp"
#include "proxy/gateway/relay_front.hpp"

namespace tandem::gateway {
namespace {

std::optional<delivery::UpstreamLogin> login_at_smarthost(const GatewayOptions& options) {
  if (!options.smarthost || options.smarthost_user.empty()) return std::nullopt;
  return delivery::UpstreamLogin{
      *options.smarthost, options.smarthost_user,
      [file = options.smarthost_password_file] { return config::read_secret_line(file); }};
}

}  // namespace

Gateway::Gateway(net::Executor executor, GatewayParts parts, GatewayOptions options)
    : options_(std::move(options)),
      registry_(parts.registry),
      clock_(parts.clock),
      connector_(parts.connector),
      access_(parts.access),
      relay_rate_(parts.clock),
      upstreams_(parts.connector, {.host = options_.hostname,
                                   .per_endpoint = options_.connections_per_server,
                                   .threads = options_.threads,
                                   .login = login_at_smarthost(options_)}),
      journal_(parts.store),
      doubts_(journal_, parts.registry, parts.access, fence_, parts.events, parts.clock),
      mirror_(executor, journal_, parts.store, parts.registry, parts.access, parts.locks,
              parts.events, parts.clock, upstreams_, options_.mirror),
      filter_(parts.connector, parts.clock, options_.filter),
      neighbours_(parts.registry, parts.connector.resolver()),
      catch_alls_(upstreams_, parts.clock),
      rooms_{parts.store,
             parts.registry,
             parts.events,
             parts.clock,
             upstreams_,
             journal_,
             fence_,
             doubts_,
             mirror_,
             owed_,
             catch_alls_,
             filter_,
             parts.connector.resolver(),
             neighbours_,
             options_},
      owed_(std::move(executor), rooms_, parts.connector,
            Reporter(parts.store, parts.registry, parts.clock, options_.hostname)),
      canary_(parts.registry, parts.access, journal_, parts.clock, options_.hostname,
              [this](net::StreamPtr stream) { return serve_canary(std::move(stream)); }) {}

Gateway::~Gateway() = default;

// R16: no more than every home server that was spoken to offers.
smtp::ServerOptions Gateway::announced() const {
  smtp::ServerOptions options;
  options.host = options_.hostname;
  options.body.size = options_.message_size;
  options.framing = options_.framing;
  options.dsn = options.smtputf8 = options.require_tls_extension = options.limits = true;
  for (const auto& migration : registry_.migrations()) {
    for (const auto* side : {&migration.old_side, &migration.new_side}) {
      if (!side->smtp) continue;
      const auto known = upstreams_.known(*side->smtp);
      if (!known) {  // nobody has said that it can be carried
        options.dsn = options.smtputf8 = options.require_tls_extension = false;
        continue;
      }
      const bool here = !side->smtp->in_process.empty();  // on no network
      options.require_tls_extension = options.require_tls_extension && (here || known->require_tls);
      if (known->rcpt_max)
        options.max_recipients = std::min<std::uint64_t>(options.max_recipients, *known->rcpt_max);
      options.dsn = options.dsn && known->dsn;
      options.smtputf8 = options.smtputf8 && known->smtputf8;
      options.eight_bit_mime = options.eight_bit_mime && known->eight_bit_mime;
      if (known->size.value_or(0) > 0)
        options.body.size = std::min(options.body.size, *known->size);
    }
  }
  return options;
}

// T-13. Whoever is on this machine or is a side of ours has nothing to prove.
bool Gateway::is_stranger(const net::ConnectionInfo& client) const {
  const std::string& address = client.peer_address;
  return !address.empty() && !net::is_loopback(address) && !neighbours_.knows(address) &&
         !options_.xclient_from.contains(address);
}

Task<void> Gateway::serve(net::StreamPtr stream, std::shared_ptr<const net::TlsServer> tls,
                          net::TaskGroup& group) {
  Front front(rooms_, *stream);
  net::SmtpServerOptions options;
  options.protocol = announced();
  options.protocol.tls_active = stream->info().tls;
  options.protocol.xclient = options_.xclient_from.contains(stream->info().peer_address);
  options.tls = std::move(tls);
  if (is_stranger(stream->info())) {
    options.greet_pause = options_.greet_pause;
    options.error_pause = net::pause_for_strangers;
  }
  options.group = &group;
  co_await net::serve_smtp(*stream, std::move(options), front);
}

Task<void> Gateway::serve_relay(net::StreamPtr stream, std::shared_ptr<const net::TlsServer> tls,
                                net::TaskGroup& group) {
  RelayFront front(rooms_, *stream, {connector_, access_}, relay_rate_);
  net::SmtpServerOptions options;
  options.protocol = announced();
  // Nobody has asked the server for mail to other domains.
  options.protocol.dsn = options.protocol.require_tls_extension = false;
  options.protocol.tls_active = stream->info().tls;
  options.tls = std::move(tls);
  options.group = &group;
  co_await net::serve_smtp(*stream, std::move(options), front);
}

std::unique_ptr<net::SmtpPolicy> Gateway::receive(migration::Submitter submitter,
                                                  net::Stream& person) {
  return std::make_unique<Front>(rooms_, person, std::move(submitter));
}

Task<void> Gateway::run(net::TaskGroup& group) {
  group.spawn(neighbours_.run(group));
  group.spawn(owed_.run(group));
  return mirror_.run(group);
}

Task<bool> Gateway::hold_and_drain(AccountId account, Duration limit) {
  fence_.hold(account);
  return fence_.drained(account, limit);
}

Task<void> Gateway::release(AccountId account) {
  fence_.release(account);
  co_return;
}

std::uint64_t Gateway::pending_mirrors(AccountId account) const {
  return journal_.pending_mirrors(account);
}

std::vector<migration::Delivery> Gateway::recent(std::size_t limit,
                                                 const std::string& search) const {
  return journal_.recent(limit, search);
}

migration::DeliveryCounts Gateway::counts(const std::string& migration) const {
  auto counts = journal_.counts(migration);
  counts.not_judged = filter_.missed_now();
  return counts;
}

std::vector<migration::QueueItem> Gateway::queue(std::size_t limit) const {
  return journal_.queue(limit);
}

Task<Result<std::uint64_t>> Gateway::retry(std::string trace_id, std::string recipient) {
  const auto count =
      co_await journal_.retry(std::move(trace_id), std::move(recipient), clock_.wall());
  owed_.notify();
  mirror_.notify();
  co_return count;
}

Task<Result<std::uint64_t>> Gateway::drop(std::string trace_id, std::string recipient,
                                          std::string reason) {
  return journal_.drop(std::move(trace_id), std::move(recipient), std::move(reason));
}

Task<void> Gateway::serve_canary(net::StreamPtr stream) {
  net::TaskGroup group(co_await boost::asio::this_coro::executor);
  co_await serve(std::move(stream), nullptr, group);
  co_await group.join();
}

Task<Result<migration::CanaryReport>> Gateway::send_canary(migration::CanaryOrder order) {
  return canary_.send(std::move(order));
}

}  // namespace tandem::gateway
