#include "proxy/session/tunnel.hpp"

#include <boost/asio/this_coro.hpp>

#include "proxy/session/lent_buffer.hpp"

namespace tandem::session {
namespace {

// How long the backend may still talk after the client has ended its direction.
constexpr Duration farewell_limit = std::chrono::seconds(60);
// How long the client has to take our goodbye.
constexpr Duration goodbye_limit = std::chrono::seconds(2);

}  // namespace

Tunnel::Tunnel(net::Stream& client, net::Stream& backend, std::unique_ptr<Tracker> tracker,
               Roster::Place place, Duration idle_limit)
    : client_(client),
      backend_(backend),
      tracker_(std::move(tracker)),
      place_(std::move(place)),
      guest_(place_.guest().shared_from_this()),
      idle_limit_(idle_limit) {
  guest_->attach(this);
}

Tunnel::~Tunnel() {
  guest_->attach(nullptr);
}

Task<void> Tunnel::run(std::string to_backend, std::string to_client, net::TaskGroup& group) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const net::TaskGroup::StopHandle stop = group.on_stop([this] { kick(); });
  if (guest_->kicked()) kicked_ = true;
  client_.expires_after(idle_limit_);
  backend_.expires_never();
  net::TaskGroup other(executor);
  other.spawn(up(std::move(to_backend)));
  co_await down(std::move(to_client));
  co_await other.join();
  client_.close();
  backend_.close();
}

void Tunnel::kick() {
  kicked_ = true;
  nudge();
}

void Tunnel::cut() {
  finished_ = true;
  client_.close();
  backend_.close();
}

// down() says the goodbye, so that nothing of the backend's is torn apart. Idle: no bytes are on
// their way to the backend, and from here on none are sent; so its deadline ends a wait only.
void Tunnel::nudge() {
  if (!waiting_down_ || finished_ || !may_leave()) return;
  leaving_ = true;
  backend_.expires_after(Duration(0));
}

Task<void> Tunnel::to_backend(std::string_view bytes) {
  if (bytes.empty() || finished_ || leaving_ || backend_broken_) co_return;
  tracker_->from_client(bytes);
  guest_->set_idle(tracker_->idle());
  const auto written = co_await backend_.write(bytes);
  if (!written) {
    // What the backend said before it broke is still to be read: down() ends the session.
    backend_broken_ = true;
    if (!finished_) backend_.expires_after(goodbye_limit);
  }
  nudge();
}

Task<bool> Tunnel::pass_up() {
  const auto ready = co_await client_.wait_readable();
  if (!ready) co_return false;
  LentBuffer buffer;
  const std::span<char> room = buffer.room();
  const auto count = co_await client_.read_some(room);
  if (!count) co_return false;
  client_ended_ = *count == 0;
  if (client_ended_) co_return true;
  if (!finished_) client_.expires_after(idle_limit_);
  const std::string_view bytes(room.data(), *count);
  co_await to_backend(bytes);
  co_return true;
}

Task<void> Tunnel::up(std::string ahead) {
  co_await to_backend(ahead);
  std::string().swap(ahead);
  bool going = true;
  while (going && !client_ended_) going = co_await pass_up();
  if (client_ended_ && leaving_) co_return;  // down() is about to say goodbye
  if (!going || finished_) co_return cut();
  const auto ended = co_await backend_.shutdown_send();
  if (!ended) co_return cut();
  if (!finished_) backend_.expires_after(farewell_limit);
}

Task<bool> Tunnel::to_client(std::string_view bytes) {
  if (bytes.empty()) co_return true;
  tracker_->from_backend(bytes);
  guest_->set_idle(tracker_->idle());
  if (finished_) co_return false;
  client_.expires_after(idle_limit_);
  const auto written = co_await client_.write(bytes);
  co_return written.has_value();
}

Task<bool> Tunnel::pass_down() {
  waiting_down_ = true;
  const auto ready = co_await backend_.wait_readable();
  waiting_down_ = false;
  const bool nudged = kicked_ && !client_ended_ && !backend_broken_;
  if (nudged) backend_.expires_never();
  if (!ready) co_return nudged&& ready.error().kind == ErrorKind::timed_out;
  LentBuffer buffer;
  const std::span<char> room = buffer.room();
  const auto count = co_await backend_.read_some(room);
  if (!count || *count == 0) co_return false;
  if (client_ended_) backend_.expires_after(farewell_limit);
  const std::string_view bytes(room.data(), *count);
  co_return co_await to_client(bytes);
}

Task<void> Tunnel::down(std::string ahead) {
  guest_->set_idle(tracker_->idle());
  bool going = co_await to_client(ahead);
  std::string().swap(ahead);
  while (going && !may_leave()) going = co_await pass_down();
  co_await finish();
}

// The orderly end of the client's connection: as lib/net/drain.hpp, but up() does the reading.
Task<void> Tunnel::finish() {
  backend_.close();
  place_.leave();
  if (finished_) co_return;
  finished_ = true;
  client_.expires_after(goodbye_limit);
  if (may_leave()) {
    const std::string words = tracker_->goodbye();
    const auto said = co_await client_.write(words);
    if (!said) co_return client_.close();
  }
  const auto ended = co_await client_.shutdown_send();
  if (!ended || client_ended_) client_.close();
}

}  // namespace tandem::session
