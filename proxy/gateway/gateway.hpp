// Gateway: the door of this room. Takes SMTP sessions, makes mirror copies, and implements what a
// cut-over, the page and the session proxy want of it.
//
// serve() on the connection's io thread; run() on the executor given; the rest on any thread.
#pragma once

#include <memory>

#include "migration/cutover_parts.hpp"
#include "migration/submission_desk.hpp"
#include "migration/views.hpp"
#include "proxy/gateway/canary.hpp"
#include "proxy/gateway/front.hpp"
#include "proxy/gateway/owed.hpp"
#include "proxy/gateway/relay_rate.hpp"
#include "proxy/gateway/unknown.hpp"

namespace tandem::gateway {

struct GatewayParts {
  store::Store& store;
  const migration::Registry& registry;
  const migration::SideAccess& access;
  migration::AccountLocks& locks;
  const migration::EventBus& events;
  const net::Connector& connector;
  const Clock& clock;
};

class Gateway : public migration::TransactionFence,
                public migration::DeliveryView,
                public migration::CanarySender,
                public migration::SubmissionDesk {
 public:
  [[nodiscard]] static store::Schema schema() { return Journal::schema(); }

  Gateway(net::Executor executor, GatewayParts parts, GatewayOptions options);
  ~Gateway() override;

  // One session until its end. `tls`: for STARTTLS; null: not offered. `group`: its request_stop
  // ends the session between transactions.
  Task<void> serve(net::StreamPtr stream, std::shared_ptr<const net::TlsServer> tls,
                   net::TaskGroup& group);
  // The same at the port for machines that may relay.
  Task<void> serve_relay(net::StreamPtr stream, std::shared_ptr<const net::TlsServer> tls,
                         net::TaskGroup& group);
  // Mirror copies, what is owed and doubts, until the group stops.
  Task<void> run(net::TaskGroup& group);

  [[nodiscard]] std::unique_ptr<net::SmtpPolicy> receive(migration::Submitter submitter,
                                                         net::Stream& person) override;

  Task<bool> hold_and_drain(AccountId account, Duration limit) override;
  Task<void> release(AccountId account) override;
  std::uint64_t pending_mirrors(AccountId account) const override;
  std::vector<migration::Delivery> recent(std::size_t limit,
                                          const std::string& search) const override;
  migration::DeliveryCounts counts(const std::string& migration) const override;
  std::vector<migration::QueueItem> queue(std::size_t limit) const override;
  Task<Result<std::uint64_t>> retry(std::string trace_id, std::string recipient) override;
  Task<Result<std::uint64_t>> drop(std::string trace_id, std::string recipient,
                                   std::string reason) override;
  Task<Result<migration::CanaryReport>> send_canary(migration::CanaryOrder order) override;

 private:
  // A canary's end, by a client on this machine.
  Task<void> serve_canary(net::StreamPtr stream);
  [[nodiscard]] smtp::ServerOptions announced() const;
  [[nodiscard]] bool is_stranger(const net::ConnectionInfo& client) const;

  GatewayOptions options_;
  const migration::Registry& registry_;
  const Clock& clock_;
  const net::Connector& connector_;
  const migration::SideAccess& access_;
  RelayRate relay_rate_;
  delivery::UpstreamPool upstreams_;
  Journal journal_;
  Fence fence_;
  Doubts doubts_;
  Mirror mirror_;
  Filter filter_;
  Neighbours neighbours_;
  CatchAlls catch_alls_;
  Rooms rooms_;
  Owed owed_;
  Canary canary_;
};

}  // namespace tandem::gateway
