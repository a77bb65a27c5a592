// What every transaction and every worker of the gateway works with; owned by the Gateway.
#pragma once

#include <cstdint>
#include <string>

#include "lib/delivery/upstream_pool.hpp"
#include "lib/net/address_set.hpp"
#include "lib/protocol/smtp/dot_reader.hpp"
#include "lib/store/store.hpp"
#include "migration/routes.hpp"
#include "proxy/gateway/doubts.hpp"
#include "proxy/gateway/fence.hpp"
#include "proxy/gateway/filter.hpp"
#include "proxy/gateway/journal.hpp"
#include "proxy/gateway/mirror.hpp"
#include "proxy/gateway/neighbours.hpp"

namespace tandem::gateway {

class Owed;
class CatchAlls;

struct GatewayOptions {
  std::string hostname;
  std::uint64_t message_size = 100ULL << 20;
  Duration replay_memory = std::chrono::hours(24);
  MirrorOptions mirror;
  smtp::FramingPolicy framing = smtp::FramingPolicy::normalise;
  Duration greet_pause{0};  // for strangers: see Neighbours
  // Where reports to senders out in the world are handed in; nothing: their own mail exchangers.
  std::optional<net::Endpoint> smarthost;
  std::string smarthost_user;  // empty: no log-in there
  std::string smarthost_password_file;
  FilterOptions filter;
  net::AddressSet xclient_from;  // mail servers that may say for whom they speak
  std::size_t connections_per_server = 40;
  std::size_t threads = 1;  // on which connections come in
};

struct Rooms {
  store::Store& store;
  const migration::Registry& registry;
  const migration::EventBus& events;
  const Clock& clock;
  delivery::UpstreamPool& upstreams;
  Journal& journal;
  Fence& fence;
  Doubts& doubts;
  Mirror& mirror;
  Owed& owed;
  CatchAlls& catch_alls;
  Filter& filter;
  const net::Resolver& resolver;
  const Neighbours& neighbours;
  const GatewayOptions& options;
};

// Where mail for this recipient is handed in; not_found: the side has no such server.
[[nodiscard]] Result<net::Endpoint> home_endpoint(const migration::Registry& registry,
                                                  const migration::Route& route);
// What several steps of a transaction may have to answer.
[[nodiscard]] smtp::Reply local_trouble();  // 451 4.3.0
[[nodiscard]] smtp::Reply being_moved();    // 451 4.2.1 (R15)
// Whether any side of any migration is told who the client is.
[[nodiscard]] bool any_side_knows_client(const migration::Registry& registry);
// The route of an envelope recipient of ours, mirror switched off where the settings say so;
// nothing: the gateway does not take mail for it. "postmaster" alone (RFC 5321 4.1.1.3) is that of
// the first domain we serve.
[[nodiscard]] std::optional<migration::Route> gateway_route(const migration::Registry& registry,
                                                            const std::string& recipient);
// R14, T-35: for a message that the home side itself sent us: the other side takes it in its stead,
// and the home side, where the reader is, gets the copy whatever the settings say of mirrors (the
// sync brings home only what did not pass us).
[[nodiscard]] migration::Route turned_round(migration::Route route);

}  // namespace tandem::gateway
