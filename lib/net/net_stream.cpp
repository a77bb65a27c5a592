#include "lib/net/net_stream.hpp"

#include <boost/asio/this_coro.hpp>

#include "lib/net/tls_session.hpp"
#include "lib/net/wait.hpp"

namespace tandem::net {
namespace {

namespace this_coro = boost::asio::this_coro;
using Outcome = Attempt::Outcome;

// After so many operations that did not have to wait, others on the context get their turn.
constexpr int longest_streak = 64;

}  // namespace

NetStream::NetStream(Executor executor, std::unique_ptr<Transport> transport, ConnectionInfo info)
    : transport_(std::move(transport)),
      info_(std::move(info)),
      timer_(executor, [this] { on_timer(); }) {}

NetStream::~NetStream() {
  close();
}

std::optional<Error> NetStream::stopped(const CancellationState& state) const {
  if (closed_) return Error{.kind = ErrorKind::cancelled, .what = "the connection was closed here"};
  if (expired_) {
    return Error{
        .kind = ErrorKind::timed_out, .what = "the connection's time was over", .temporary = true};
  }
  if (state.cancelled() != boost::asio::cancellation_type::none) {
    return Error{.kind = ErrorKind::cancelled, .what = "the task was stopped"};
  }
  return std::nullopt;
}

Attempt NetStream::try_read(std::span<char> into) {
  return tls_ ? tls_->try_read(into) : transport_->try_read(into);
}

Attempt NetStream::try_write(std::string_view bytes) {
  return tls_ ? tls_->try_write(bytes) : transport_->try_write(bytes, false);
}

Task<void> NetStream::wait_for(Outcome outcome) {
  streak_ = 0;
  return outcome == Outcome::want_write ? transport_->wait_writable() : transport_->wait_readable();
}

Error NetStream::failure(const Attempt& attempt) const {
  return Error{.kind = attempt.kind, .what = attempt.what, .temporary = true};
}

Task<Result<std::size_t>> NetStream::read_some(std::span<char> into) {
  const auto state = co_await this_coro::cancellation_state;
  if (++streak_ > longest_streak) {
    streak_ = 0;
    co_await yield_now();
  }
  for (;;) {
    if (auto error = stopped(state)) co_return fail(std::move(*error));
    if (into.empty()) co_return fail(ErrorKind::internal, "a read into no room");
    const Attempt attempt = try_read(into);
    switch (attempt.outcome) {
      case Outcome::done: co_return attempt.count;
      case Outcome::end: co_return std::size_t{0};
      case Outcome::failed: co_return fail(failure(attempt));
      case Outcome::want_read:
      case Outcome::want_write: break;
    }
    co_await wait_for(attempt.outcome);
  }
}

Task<Result<void>> NetStream::write(std::string_view bytes) {
  const auto state = co_await this_coro::cancellation_state;
  if (++streak_ > longest_streak) {
    streak_ = 0;
    co_await yield_now();
  }
  for (;;) {
    if (auto error = stopped(state)) co_return fail(std::move(*error));
    if (send_ended_) co_return fail(ErrorKind::closed, "our direction was already ended");
    if (bytes.empty()) co_return Result<void>();
    const Attempt attempt = try_write(bytes);
    switch (attempt.outcome) {
      case Outcome::done:
        bytes.remove_prefix(attempt.count);
        if (bytes.empty()) co_return Result<void>();  // what has left is never called a failure
        continue;
      case Outcome::end:
      case Outcome::failed: co_return fail(failure(attempt));
      case Outcome::want_read:
      case Outcome::want_write: break;
    }
    co_await wait_for(attempt.outcome);
  }
}

Task<Result<void>> NetStream::wait_readable() {
  const auto state = co_await this_coro::cancellation_state;
  for (;;) {
    if (auto error = stopped(state)) co_return fail(std::move(*error));
    const Outcome outcome = tls_ ? tls_->try_peek() : Outcome::want_read;
    if (outcome != Outcome::want_read && outcome != Outcome::want_write) co_return Result<void>();
    co_await wait_for(outcome);
    // Under TLS a readable socket may carry no more than a session ticket: look again.
    if (auto error = stopped(state)) co_return fail(std::move(*error));
    if (!tls_) co_return Result<void>();
  }
}

bool NetStream::has_input() {
  if (closed_) return false;
  return transport_->has_input() || (tls_ && tls_->try_peek() == Outcome::done);
}

void NetStream::expires_after(Duration after) {
  deadline_ = timer_.now() + after;
  expired_ = after <= Duration::zero();
  if (expired_) {
    // At once: were the timer to ring first, a second such call in between would take back what it
    // said, and whoever it woke would go on.
    timer_.disarm();
    transport_->interrupt();
    return;
  }
  // Most deadlines are moved on long before they pass: a timer armed for earlier stays, and looks
  // at the deadline when it rings.
  if (!timer_.armed() || timer_.due() > deadline_) timer_.arm(deadline_);
}

void NetStream::expires_never() {
  deadline_ = SteadyTime::max();
  expired_ = false;
  timer_.disarm();
}

void NetStream::on_timer() {
  if (timer_.now() < deadline_) {
    timer_.arm(deadline_);
    return;
  }
  expired_ = true;
  transport_->interrupt();
}

Task<Result<void>> NetStream::shutdown_send() {
  const auto state = co_await this_coro::cancellation_state;
  while (!send_ended_) {
    if (auto error = stopped(state)) co_return fail(std::move(*error));
    const Attempt attempt = tls_ ? tls_->try_shutdown() : Attempt();
    if (attempt.outcome == Outcome::want_write || attempt.outcome == Outcome::want_read) {
      co_await wait_for(attempt.outcome);
      continue;
    }
    send_ended_ = true;
    transport_->shutdown_send();
    if (attempt.outcome == Outcome::failed) co_return fail(failure(attempt));
  }
  co_return Result<void>();
}

void NetStream::close() {
  if (std::exchange(closed_, true)) return;
  timer_.disarm();
  if (tls_ && !send_ended_) (void)tls_->try_shutdown();  // close_notify, if it can go at once
  transport_->close();
}

void NetStream::set_peer(std::string address, std::uint16_t port) {
  info_.peer_address = std::move(address);
  info_.peer_port = port;
}

Task<Result<void>> NetStream::start_tls(std::shared_ptr<const TlsServer> settings) {
  if (tls_) co_return fail(ErrorKind::internal, "TLS was already started");
  tls_ = std::make_unique<TlsSession>(*transport_, std::move(settings));
  co_return co_await handshake();
}

Task<Result<void>> NetStream::start_tls(std::shared_ptr<const TlsClient> settings) {
  if (tls_) co_return fail(ErrorKind::internal, "TLS was already started");
  tls_ = std::make_unique<TlsSession>(*transport_, std::move(settings));
  co_return co_await handshake();
}

// Whatever ends the handshake ends the connection: there is no way back to the clear (T-05).
Task<Result<void>> NetStream::handshake() {
  const auto state = co_await this_coro::cancellation_state;
  for (;;) {
    if (auto error = stopped(state)) {
      close();
      co_return fail(std::move(*error));
    }
    const Attempt attempt = tls_->try_handshake();
    if (attempt.outcome == Outcome::done) break;
    if (attempt.outcome == Outcome::failed) {
      close();
      co_return fail(failure(attempt));
    }
    co_await wait_for(attempt.outcome);
  }
  tls_->describe(info_);
  co_return Result<void>();
}

}  // namespace tandem::net
