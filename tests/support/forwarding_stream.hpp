// A Stream that is another one; tests derive from it to break, count or change what passes.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "lib/net/stream.hpp"

namespace tandem::test {

class ForwardingStream : public net::Stream {
 public:
  explicit ForwardingStream(net::StreamPtr inner) : inner_(std::move(inner)) {}

  net::Task<Result<std::size_t>> read_some(std::span<char> into) override {
    return inner_->read_some(into);
  }
  net::Task<Result<void>> write(std::string_view bytes) override { return inner_->write(bytes); }
  net::Task<Result<void>> wait_readable() override { return inner_->wait_readable(); }
  [[nodiscard]] bool has_input() override { return inner_->has_input(); }
  net::Task<Result<void>> start_tls(std::shared_ptr<const net::TlsServer> with) override {
    return inner_->start_tls(std::move(with));
  }
  net::Task<Result<void>> start_tls(std::shared_ptr<const net::TlsClient> with) override {
    return inner_->start_tls(std::move(with));
  }
  void expires_after(Duration after) override { inner_->expires_after(after); }
  void expires_never() override { inner_->expires_never(); }
  net::Task<Result<void>> shutdown_send() override { return inner_->shutdown_send(); }
  void close() override { inner_->close(); }
  [[nodiscard]] bool is_open() const override { return inner_->is_open(); }
  [[nodiscard]] const net::ConnectionInfo& info() const override { return inner_->info(); }
  void set_peer(std::string address, std::uint16_t port) override {
    inner_->set_peer(std::move(address), port);
  }

 protected:
  net::StreamPtr inner_;
};

}  // namespace tandem::test
