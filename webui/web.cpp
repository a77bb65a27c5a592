#include "webui/web.hpp"

#include <map>
#include <mutex>
#include <utility>

#include "lib/base/log.hpp"
#include "lib/net/http/server.hpp"
#include "lib/net/socket_address.hpp"
#include "lib/net/sync.hpp"
#include "lib/net/task_group.hpp"
#include "lib/store/schema.hpp"
#include "webui/connection.hpp"
#include "webui/context.hpp"
#include "webui/discovery.hpp"
#include "webui/progress_watch.hpp"

namespace tandem::webui {
namespace {

// An import of ten thousand accounts in base64 fits.
constexpr std::size_t body_limit = std::size_t{2} << 20;
constexpr std::size_t discovery_body_limit = 16 * 1024;
constexpr std::size_t header_limit = 16 * 1024;

// How many connections there are, in all and per address.
class Connections {
 public:
  bool enter(const std::string& address, const WebOptions& options) {
    const std::lock_guard lock(mutex_);
    if (all_ >= options.connections || by_address_[address] >= options.connections_per_address)
      return false;
    ++all_;
    ++by_address_[address];
    return true;
  }
  void leave(const std::string& address) {
    const std::lock_guard lock(mutex_);
    --all_;
    const auto found = by_address_.find(address);
    if (found != by_address_.end() && --found->second == 0) by_address_.erase(found);
  }

 private:
  std::mutex mutex_;
  std::size_t all_ = 0;
  std::map<std::string, std::size_t> by_address_;
};

class Entry {
 public:
  Entry(Connections& connections, std::string address, const WebOptions& options)
      : connections_(connections),
        address_(std::move(address)),
        good_(connections_.enter(address_, options)) {}
  ~Entry() {
    if (good_) connections_.leave(address_);
  }
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  explicit operator bool() const { return good_; }

 private:
  Connections& connections_;
  std::string address_;
  bool good_;
};

}  // namespace

struct Web::State {
  State(WebParts parts, WebOptions options) : context(parts, std::move(options)) {}
  Context context;
  Connections connections, strangers;
};

store::Schema Web::schema() {
  return Users::schema();
}

Web::Web(std::unique_ptr<State> state) : state_(std::move(state)) {}
Web::~Web() = default;

Result<std::unique_ptr<Web>> Web::open(WebParts parts, WebOptions options) {
  auto state = std::make_unique<State>(parts, std::move(options));
  Context& context = state->context;
  if (auto read = context.users.read(); !read) return fail(read.error());
  auto token = open_token(context.options.token_file);
  if (!token) return fail(token.error());
  context.token = std::move(*token);
  const auto linked = context.setup.open(context.options.setup_file, context.options.public_url,
                                         context.users.empty());
  if (!linked) return fail(linked.error());
  return std::unique_ptr<Web>(new Web(std::move(state)));
}

Result<std::string> Web::setup_link() const {
  return state_->context.setup.link();
}

Result<void> Web::set_public_url(std::string url) {
  Context& context = state_->context;
  context.options.public_url = std::move(url);
  return context.setup.open(context.options.setup_file, context.options.public_url,
                            context.users.empty());
}

Task<void> Web::serve(net::StreamPtr stream, net::TaskGroup& group) {
  const net::ConnectionInfo& info = stream->info();
  if (!info.tls && !net::is_loopback(info.peer_address)) {
    log::warning("W-WEB-1", "{} asked for the page without TLS and was refused", info.peer_address);
    co_return;
  }
  const Entry entry(state_->connections, info.peer_address, state_->context.options);
  if (!entry) {
    log::warning("W-WEB-2", "{} has too many connections to the page", info.peer_address);
    co_return;
  }
  Connection connection(state_->context, *stream, group);
  net::HttpOptions options;
  options.header_limit = header_limit;
  options.body_limit = body_limit;
  if (!group.stopping()) co_await net::serve_http(*stream, options, connection);
  stream->close();
}

Task<void> Web::serve_discovery(net::StreamPtr stream, net::TaskGroup& group) {
  const std::string peer = stream->info().peer_address;
  const Entry entry(state_->strangers, peer, state_->context.options);
  if (!entry) {
    log::debug("D-WEB-3", "{} has too many connections", peer);
    co_return;
  }
  DiscoveryConnection connection(state_->context.options.setup, *stream, group);
  net::HttpOptions options;
  options.header_limit = header_limit;
  options.body_limit = discovery_body_limit;
  options.idle_limit = std::chrono::seconds(15);
  if (!group.stopping()) co_await net::serve_http(*stream, options, connection);
  stream->close();
}

Task<void> Web::run(net::TaskGroup& group) {
  ProgressWatch watch;
  net::Notifier stop;
  const auto handle = group.on_stop([&stop] { stop.notify(); });
  while (!group.stopping()) {
    watch.look(state_->context);
    (void)co_await stop.wait_for(ProgressWatch::interval);
  }
}

}  // namespace tandem::webui
