#include "lib/net/connector.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <mutex>

#include <boost/asio/this_coro.hpp>

#include "lib/net/socket_stream.hpp"
#include "lib/net/task_group.hpp"
#include "lib/net/timer.hpp"
#include "lib/net/tls.hpp"

namespace tandem::net {
namespace {

constexpr std::size_t most_cached = 1000;

bool is_six(const std::string& address) {
  return address.find(':') != std::string::npos;
}

// Which of an endpoint's addresses of ours the next connection comes from.
class Turns {
 public:
  // Each server sees them in turn, whatever others are connected to in between. Behind the one
  // whose turn it is stand the others, for when it has no port left.
  std::vector<std::string> sources_towards(const SocketAddress& to, const Endpoint& endpoint) {
    std::vector<std::string> fitting;
    for (const std::string& source : endpoint.sources)
      if (is_six(source) == is_six(to.address)) fitting.push_back(source);
    if (fitting.empty()) fitting.emplace_back();
    if (fitting.size() == 1) return fitting;
    const std::scoped_lock lock(mutex_);
    if (turns_.size() >= most_cached) turns_.clear();
    const std::size_t first = turns_[to.to_string()]++ % fitting.size();
    std::ranges::rotate(fitting, fitting.begin() + static_cast<std::ptrdiff_t>(first));
    return fitting;
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::size_t> turns_;  // by the address connected to
};

}  // namespace

struct Connector::State {
  explicit State(ConnectorOptions chosen)
      : options(std::move(chosen)), resolver(options.resolver) {}

  ConnectorOptions options;
  Resolver resolver;
  std::map<std::string, InProcessServer> in_process;
  Turns turns;
  std::mutex mutex;  // for what follows
  std::map<std::string, std::shared_ptr<const TlsClient>> tls;
};

namespace {

// Registered names (RFC 7301 registry); SMTP has none.
std::string alpn_of(Protocol protocol) {
  switch (protocol) {
    case Protocol::imap: return "imap";
    case Protocol::pop3: return "pop3";
    case Protocol::http: return "http/1.1";
    default: return "";
  }
}

std::string cache_key(const Endpoint& endpoint) {
  const bool opportunistic = endpoint.tls == TlsMode::opportunistic;
  return fmt::format("{}\n{}\n{}\n{}\n{}", endpoint.host, alpn_of(endpoint.protocol), endpoint.pin,
                     endpoint.ca_file, opportunistic);
}

std::unexpected<Error> out_of_time(const Endpoint& endpoint) {
  return fail(Error{.kind = ErrorKind::timed_out,
                    .what = fmt::format("no connection to {} in time", endpoint.to_string()),
                    .temporary = true});
}

Error at(const Endpoint& endpoint, Error error) {
  error.what = fmt::format("{}: {}", endpoint.to_string(), error.what);
  return error;
}

// Time that is left of a limit.
class Budget {
 public:
  Budget(const Clock& clock, Duration limit) : clock_(clock), end_(clock.steady() + limit) {}
  [[nodiscard]] Duration left() const { return std::max(Duration(0), end_ - clock_.steady()); }

 private:
  const Clock& clock_;
  SteadyTime end_;
};

// What one attempt needs of a Connector.
struct Attempting {
  Turns* turns;
  Duration limit;  // for each address
};

// The addresses one after the other; a silent one does not use up the time of the next.
Task<Result<StreamPtr>> try_addresses(std::vector<std::string> addresses, Endpoint endpoint,
                                      Attempting attempting, Budget budget) {
  Result<StreamPtr> result = out_of_time(endpoint);
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    const SocketAddress to{addresses[i], endpoint.port};
    if (endpoint.tls == TlsMode::never && !is_loopback(to.address)) {
      co_return fail(ErrorKind::refused,
                     fmt::format("{} would be in the clear over a network", to.to_string()));
    }
    const bool last = i + 1 == addresses.size();
    const Duration limit = last ? budget.left() : std::min(budget.left(), attempting.limit);
    if (limit <= Duration(0)) co_return result;
    auto sources = attempting.turns->sources_towards(to, endpoint);
    result = co_await connect_from(to, std::move(sources), limit);
    if (result || result.error().kind == ErrorKind::cancelled) co_return result;
  }
  co_return result;
}

Task<void> keep_addresses(const Resolver* resolver, std::string host,
                          Result<std::vector<std::string>>* found) {
  *found = co_await resolver->addresses(std::move(host));
}

}  // namespace

Connector::Connector(ConnectorOptions options)
    : state_(std::make_unique<State>(std::move(options))) {}
Connector::~Connector() = default;

void Connector::register_in_process(std::string name, InProcessServer server) {
  state_->in_process[std::move(name)] = std::move(server);
}

const Resolver& Connector::resolver() const {
  return state_->resolver;
}

Task<Result<StreamPtr>> Connector::connect(Endpoint endpoint, Duration limit) const {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto task = co_await boost::asio::this_coro::cancellation_state;
  if (!endpoint.in_process.empty()) {
    const auto found = state_->in_process.find(endpoint.in_process);
    if (found == state_->in_process.end()) {
      co_return fail(ErrorKind::unreachable, "no server of that name here: " + endpoint.in_process);
    }
    auto [ours, theirs] = make_memory_pair(executor);
    found->second(std::move(theirs), endpoint.protocol);
    co_return std::move(ours);
  }
  std::shared_ptr<const TlsClient> tls;
  if (endpoint.tls == TlsMode::implicit) {
    auto settings = tls_for(endpoint);
    if (!settings) co_return fail(at(endpoint, std::move(settings.error())));
    tls = std::move(*settings);
  }
  const Budget budget(clock_of(executor), limit);
  Result<std::vector<std::string>> addresses = out_of_time(endpoint);
  TaskGroup look_up(executor);
  look_up.spawn(keep_addresses(&state_->resolver, endpoint.host, &addresses));
  const bool in_time = co_await look_up.shut_down(budget.left());
  if (!addresses && !in_time && task.cancelled() == boost::asio::cancellation_type::none) {
    co_return out_of_time(endpoint);
  }
  if (!addresses) co_return fail(at(endpoint, addresses.error()));
  const Attempting attempting{&state_->turns, state_->options.attempt_limit};
  auto stream = co_await try_addresses(*addresses, endpoint, attempting, budget);
  if (!stream) co_return fail(at(endpoint, std::move(stream.error())));
  if (!tls) co_return stream;
  (*stream)->expires_after(budget.left());
  const auto started = co_await (*stream)->start_tls(tls);
  if (!started) co_return fail(at(endpoint, started.error()));
  (*stream)->expires_never();
  co_return stream;
}

Result<std::shared_ptr<const TlsClient>> Connector::tls_for(const Endpoint& endpoint) const {
  const std::string key = cache_key(endpoint);
  const std::scoped_lock lock(state_->mutex);
  if (const auto found = state_->tls.find(key); found != state_->tls.end()) return found->second;
  TlsClientOptions options;
  options.server_name = endpoint.host;
  options.ca_file = endpoint.ca_file;
  options.pin = endpoint.pin;
  options.alpn = alpn_of(endpoint.protocol);
  options.verify = endpoint.tls != TlsMode::opportunistic || !endpoint.ca_file.empty();
  auto made = TlsClient::create(std::move(options));
  if (!made) return fail(std::move(made.error()));
  if (state_->tls.size() >= most_cached) state_->tls.clear();
  state_->tls.emplace(key, *made);
  return *made;
}

}  // namespace tandem::net
