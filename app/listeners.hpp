// Listeners: every listening address of the configuration, on every io thread (SO_REUSEPORT), each
// connection handed to the room that serves its protocol.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/threads.hpp"
#include "config/process_settings.hpp"
#include "lib/net/address_limit.hpp"
#include "lib/net/listener.hpp"
#include "lib/net/tls.hpp"

namespace tandem::app {

// A protocol as it is offered: under which key, with TLS from the first byte or not, by whom.
struct Service {
  std::string name;  // "smtp", "imaps", … as in [listen]
  std::vector<config::ListenAddress> addresses;
  std::string alpn;  // "imap", "pop3", "smtp", "http/1.1"
  bool implicit_tls = false;
  std::optional<net::ProxyProtocol> proxy_protocol;  // for the mail ports
  net::AddressLimit* limit = nullptr;                // of its own; null: that of all others
  // `tls`: for STARTTLS; null where it is not offered or TLS is on already.
  std::function<net::Task<void>(net::StreamPtr, std::shared_ptr<const net::TlsServer> tls,
                                net::TaskGroup&)>
      serve;
};

struct Bound {
  std::string service;
  std::string address;
  std::uint16_t port = 0;
};

class Listeners {
 public:
  Listeners(Threads& threads, net::AddressLimit& limit, std::shared_ptr<const net::TlsServer> tls)
      : threads_(threads), limit_(limit), tls_(std::move(tls)) {}

  // Binds all addresses of the service on all threads. Error: which one cannot be bound, and why.
  net::Task<Result<void>> open(Service service);
  // Begins to accept on everything opened.
  net::Task<void> start();
  [[nodiscard]] const std::vector<Bound>& bound() const { return bound_; }

 private:
  struct One;
  net::Task<Result<void>> open_address(std::shared_ptr<Service> service,
                                       config::ListenAddress address);
  net::Task<void> start_on(std::size_t thread);
  net::Task<void> serve_one(std::shared_ptr<Service> service, net::StreamPtr stream);

  Threads& threads_;
  net::AddressLimit& limit_;
  std::shared_ptr<const net::TlsServer> tls_;
  struct Opened {
    std::size_t thread = 0;
    std::shared_ptr<Service> service;
    std::unique_ptr<net::Listener> listener;
  };
  std::vector<Opened> opened_;
  std::vector<Bound> bound_;
};

}  // namespace tandem::app
