#include "lib/delivery/upstream_pool.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "lib/base/log.hpp"

namespace tandem::delivery {
namespace {

using net::TlsMode;
using ClientTls = smtp::ClientOptions::Tls;

ClientTls client_tls(TlsMode mode) {
  switch (mode) {
    case TlsMode::implicit:
    case TlsMode::never: return ClientTls::never;
    case TlsMode::starttls: return ClientTls::required;
    case TlsMode::opportunistic: return ClientTls::opportunistic;
  }
  return ClientTls::required;
}

bool may_start_tls(TlsMode mode) {
  return mode == TlsMode::starttls || mode == TlsMode::opportunistic;
}

}  // namespace

Upstream::Upstream(UpstreamOwner& owner, net::Endpoint endpoint,
                   std::unique_ptr<net::SmtpClient> client, Age age, Place place)
    : owner_(&owner),
      endpoint_(std::move(endpoint)),
      client_(std::move(client)),
      age_(age),
      place_(std::move(place)) {}

Task<void> Upstream::finish(bool needs_reset) {
  co_await return_client(needs_reset);
  place_.permit.release();
}

void Upstream::let_go() {
  client_->close();
  place_.permit.release();
}

Task<void> Upstream::return_client(bool needs_reset) {
  if (!client_->usable()) co_return;
  if (client_->spent()) co_return co_await client_->quit();
  if (needs_reset) {
    const auto reply = co_await client_->rset();
    if (!reply || !reply->positive()) co_return;
  }
  const net::Executor executor = co_await boost::asio::this_coro::executor;
  owner_->give_back(endpoint_, std::move(client_), executor);
}

UpstreamPool::UpstreamPool(const net::Connector& connector, UpstreamOptions options)
    : connector_(connector), options_(std::move(options)) {}
UpstreamPool::~UpstreamPool() = default;

UpstreamPool::Key UpstreamPool::key_of(const net::Endpoint& endpoint, bool forwarded) {
  return {std::this_thread::get_id(), endpoint.to_string() + (forwarded ? " for clients" : "")};
}

std::unique_ptr<net::SmtpClient> UpstreamPool::take_idle(const Key& key) {
  std::vector<Idle> closed;  // let go after the lock is gone
  const std::lock_guard lock(mutex_);
  const auto found = idle_.find(key);
  if (found == idle_.end()) return nullptr;
  while (!found->second.empty()) {
    Idle idle = std::move(found->second.back());
    found->second.pop_back();
    if (idle.client->usable()) return std::move(idle.client);
    closed.push_back(std::move(idle));
  }
  return nullptr;
}

void UpstreamPool::give_back(const net::Endpoint& endpoint, std::unique_ptr<net::SmtpClient> client,
                             const net::Executor& executor) {
  const Key key = key_of(endpoint, client->forwarded());
  auto end = std::make_unique<net::Timer>(executor, [one = client.get()] { one->close(); });
  end->arm_after(options_.idle_limit);
  std::vector<Idle> closed;
  const std::lock_guard lock(mutex_);
  auto& idle = idle_[key];
  // The one that was given back last is taken first: those at the front grow old.
  while (!idle.empty() && !idle.front().client->usable()) {
    closed.push_back(std::move(idle.front()));
    idle.erase(idle.begin());
  }
  idle.push_back({std::move(client), std::move(end)});
}

std::size_t UpstreamPool::per_thread() const {
  return std::max<std::size_t>(1,
                               options_.per_endpoint / std::max<std::size_t>(1, options_.threads));
}

std::shared_ptr<net::Semaphore> UpstreamPool::places_at(const net::Endpoint& endpoint) {
  const std::lock_guard lock(mutex_);
  auto& places = places_[{std::this_thread::get_id(), endpoint.to_string()}];
  if (!places) places = std::make_shared<net::Semaphore>(per_thread());
  return places;
}

Task<Result<Place>> UpstreamPool::place_at(net::Endpoint endpoint, Origin origin) {
  if (!endpoint.in_process.empty()) co_return Place();  // no server counts those
  Place place{.of = places_at(endpoint), .permit = {}};
  place.permit = co_await place.of->acquire_within(options_.connect_limit);
  if (place.permit) co_return std::move(place);
  Error error{.kind = ErrorKind::timed_out, .what = "all connections to this server are in use"};
  error.origin = origin;
  co_return fail(std::move(error));
}

// Lent ones and idle ones together are no more than the limit.
void UpstreamPool::make_room(const net::Endpoint& endpoint) {
  if (!endpoint.in_process.empty()) return;
  const std::size_t lent = per_thread() - places_at(endpoint)->available();
  std::vector<Idle> closed;
  const std::lock_guard lock(mutex_);
  auto& own = idle_[key_of(endpoint, false)];
  auto& forwarded = idle_[key_of(endpoint, true)];
  while (own.size() + forwarded.size() + lent > per_thread() && own.size() + forwarded.size() > 0) {
    auto& more = own.size() > forwarded.size() ? own : forwarded;
    closed.push_back(std::move(more.front()));
    more.erase(more.begin());
  }
}

void UpstreamPool::close_idle() {
  const std::lock_guard lock(mutex_);
  std::erase_if(idle_,
                [](const auto& entry) { return entry.first.first == std::this_thread::get_id(); });
}

bool UpstreamPool::may_forward(const net::Endpoint& endpoint) const {
  const std::lock_guard lock(mutex_);
  return !untold_.contains(endpoint.to_string());
}

// Said once, until it is told again: mail goes on as our own, and its SPF check fails.
void UpstreamPool::note_told(const net::Endpoint& endpoint, bool told) {
  const std::lock_guard lock(mutex_);
  if (told)
    untold_.erase(endpoint.to_string());
  else if (untold_.insert(endpoint.to_string()).second)
    log::warning("W-HAND-3", "{} is not told of clients: it offers us neither XCLIENT nor XFORWARD",
                 endpoint.to_string());
}

Task<Result<Upstream>> UpstreamPool::take(net::Endpoint endpoint, Origin origin,
                                          std::optional<smtp::ClientIdentity> client) {
  auto place = co_await place_at(endpoint, origin);
  if (!place) co_return fail(place.error());
  if (client && client->address.empty()) client.reset();
  const bool forwarded = client && may_forward(endpoint);
  std::optional<smtp::ClientIdentity> whom;
  if (forwarded) whom = client;
  const Key key = key_of(endpoint, forwarded);
  auto idle = take_idle(key);
  if (idle && !whom) {
    Upstream upstream(*this, endpoint, std::move(idle), Upstream::Age::unchecked,
                      std::move(*place));
    co_return std::move(upstream);
  }
  if (idle) {
    const auto told = co_await idle->forward(std::move(*whom));
    if (told && told->positive()) {
      Upstream upstream(*this, endpoint, std::move(idle), Upstream::Age::checked,
                        std::move(*place));
      co_return std::move(upstream);
    }
    idle->close();
  }
  co_return co_await open_at(std::move(*place), std::move(endpoint), origin, std::move(client));
}

Task<Result<Upstream>> UpstreamPool::open_new(net::Endpoint endpoint, Origin origin,
                                              std::optional<smtp::ClientIdentity> client) {
  auto place = co_await place_at(endpoint, origin);
  if (!place) co_return fail(place.error());
  co_return co_await open_at(std::move(*place), std::move(endpoint), origin, std::move(client));
}

Result<void> UpstreamPool::show_login(const net::Endpoint& endpoint,
                                      smtp::ClientOptions& protocol) const {
  if (!options_.login || options_.login->at != endpoint) return {};
  const auto password = options_.login->password();
  if (!password) return fail(password.error());
  // A loopback address: nobody can listen.
  protocol.secret_without_tls = endpoint.tls == TlsMode::never;
  protocol.credentials.emplace();
  protocol.credentials->user = options_.login->user;
  protocol.credentials->password = std::string(password->reveal());
  protocol.credentials->host = endpoint.host;
  protocol.credentials->port = endpoint.port;
  return {};
}

Task<Result<Upstream>> UpstreamPool::open_at(Place place, net::Endpoint endpoint, Origin origin,
                                             std::optional<smtp::ClientIdentity> whom) {
  make_room(endpoint);
  auto stream = co_await connector_.connect(endpoint, options_.connect_limit);
  if (!stream) {
    Error error = stream.error();
    error.origin = origin;
    co_return fail(std::move(error));
  }
  net::SmtpClientOptions options;
  options.protocol.host = options_.host;
  options.protocol.lmtp = endpoint.protocol == net::Protocol::lmtp;
  options.protocol.tls = client_tls(endpoint.tls);
  options.protocol.origin = origin;
  const bool asked = whom.has_value();
  options.protocol.client = std::move(whom);
  options.protocol.waits.greeting = options_.connect_limit;
  options.protocol.waits.command = options_.connect_limit;
  options.protocol.waits.data_end = options_.dot_limit;
  if (may_start_tls(endpoint.tls)) {
    const auto tls = connector_.tls_for(endpoint);
    if (!tls) co_return fail(tls.error());
    options.tls = *tls;
  }
  const auto shown = show_login(endpoint, options.protocol);
  if (!shown) co_return fail(shown.error());
  auto client = std::make_unique<net::SmtpClient>();
  const auto opened = co_await client->open(std::move(*stream), std::move(options));
  if (!opened) co_return fail(opened.error());
  remember(endpoint, client->capabilities());
  if (asked) note_told(endpoint, client->forwarded());
  Upstream upstream(*this, std::move(endpoint), std::move(client), Upstream::Age::checked,
                    std::move(place));
  co_return std::move(upstream);
}

void UpstreamPool::remember(const net::Endpoint& endpoint, const smtp::Capabilities& capabilities) {
  const std::lock_guard lock(mutex_);
  known_[endpoint.to_string()] = capabilities;
}

std::optional<smtp::Capabilities> UpstreamPool::known(const net::Endpoint& endpoint) const {
  const std::lock_guard lock(mutex_);
  const auto found = known_.find(endpoint.to_string());
  if (found == known_.end()) return std::nullopt;
  return found->second;
}

}  // namespace tandem::delivery
