#include "app/listeners.hpp"

#include <fmt/core.h>
#include <utility>

namespace tandem::app {
namespace {

bool is_privileged(std::uint16_t port) {
  return port != 0 && port < 1024;
}

std::unexpected<Error> cannot_listen(const Service& service, const config::ListenAddress& address,
                                     Error error) {
  error.what = fmt::format("cannot listen on {}:{} for {}: {}", address.address, address.port,
                           service.name, error.what);
  error.next_step = is_privileged(address.port)
                        ? "Ports below 1024 need the capability CAP_NET_BIND_SERVICE (the packaged "
                          "service has it); or another program has the port: 'ss -ltnp' names it."
                        : "'ss -ltnp' names the program that has the port.";
  return fail(std::move(error));
}

}  // namespace

net::Task<Result<void>> Listeners::open(Service service) {
  const auto shared = std::make_shared<Service>(std::move(service));
  for (const auto& address : shared->addresses) {
    const auto opened = co_await open_address(shared, address);
    if (!opened) co_return opened;
  }
  co_return Result<void>{};
}

net::Task<Result<void>> Listeners::open_address(std::shared_ptr<Service> service,
                                                config::ListenAddress address) {
  net::ListenerOptions options;
  options.reuse_port = true;
  if (service->implicit_tls) options.implicit_tls = tls_->for_protocol(service->alpn);
  options.proxy_protocol = service->proxy_protocol;
  options.limit = service->limit == nullptr ? &limit_ : service->limit;
  std::uint16_t port = address.port;
  for (std::size_t i = 0; i < threads_.size(); ++i) {
    auto listener = net::Listener::open(threads_.executor(i), address.address, port, options);
    if (!listener) co_return cannot_listen(*service, address, listener.error());
    port = (*listener)->port();
    opened_.push_back({i, service, std::move(*listener)});
  }
  bound_.push_back({service->name, address.address, port});
  co_return Result<void>{};
}

net::Task<void> Listeners::start() {
  std::function<net::Task<void>(std::size_t)> work = std::bind_front(&Listeners::start_on, this);
  co_await threads_.on_each(std::move(work));
}

net::Task<void> Listeners::start_on(std::size_t thread) {
  net::TaskGroup& group = threads_.group(thread);
  for (Opened& one : opened_) {
    if (one.thread != thread) continue;
    net::Listener::Handler handler = std::bind_front(&Listeners::serve_one, this, one.service);
    group.spawn(one.listener->serve(group, std::move(handler)));
  }
  co_return;
}

net::Task<void> Listeners::serve_one(std::shared_ptr<Service> service, net::StreamPtr stream) {
  std::shared_ptr<const net::TlsServer> starttls;
  if (!service->implicit_tls && tls_ != nullptr) starttls = tls_->for_protocol(service->alpn);
  co_await service->serve(std::move(stream), std::move(starttls), threads_.here());
}

}  // namespace tandem::app
