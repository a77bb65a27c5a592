// NetStream: the Stream over any Transport, in the clear or under TLS. Private to lib/net; the rest
// of the program sees Stream.
#pragma once

#include <memory>
#include <optional>

#include <boost/asio/cancellation_state.hpp>

#include "lib/net/stream.hpp"
#include "lib/net/timer.hpp"
#include "lib/net/transport.hpp"

namespace tandem::net {

class TlsSession;

class NetStream final : public Stream {
 public:
  NetStream(Executor executor, std::unique_ptr<Transport> transport, ConnectionInfo info);
  ~NetStream() override;

  Task<Result<std::size_t>> read_some(std::span<char> into) override;
  Task<Result<void>> write(std::string_view bytes) override;
  Task<Result<void>> wait_readable() override;
  [[nodiscard]] bool has_input() override;
  Task<Result<void>> start_tls(std::shared_ptr<const TlsServer> settings) override;
  Task<Result<void>> start_tls(std::shared_ptr<const TlsClient> settings) override;
  void expires_after(Duration after) override;
  void expires_never() override;
  Task<Result<void>> shutdown_send() override;
  void close() override;
  [[nodiscard]] bool is_open() const override { return !closed_; }
  [[nodiscard]] const ConnectionInfo& info() const override { return info_; }
  void set_peer(std::string address, std::uint16_t port) override;

 private:
  using CancellationState = boost::asio::cancellation_state;

  // Why no operation may start or go on; nothing: it may.
  [[nodiscard]] std::optional<Error> stopped(const CancellationState& state) const;
  [[nodiscard]] Attempt try_read(std::span<char> into);
  [[nodiscard]] Attempt try_write(std::string_view bytes);
  [[nodiscard]] Task<void> wait_for(Attempt::Outcome outcome);
  [[nodiscard]] Error failure(const Attempt& attempt) const;
  [[nodiscard]] Task<Result<void>> handshake();
  void on_timer();

  std::unique_ptr<Transport> transport_;
  std::unique_ptr<TlsSession> tls_;
  ConnectionInfo info_;
  Timer timer_;
  SteadyTime deadline_ = SteadyTime::max();
  int streak_ = 0;  // operations that did not have to wait, one after the other
  bool closed_ = false;
  bool expired_ = false;
  bool send_ended_ = false;
};

}  // namespace tandem::net
