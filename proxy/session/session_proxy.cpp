#include "proxy/session/session_proxy.hpp"

#include <optional>

#include <boost/asio/this_coro.hpp>

#include "lib/net/socket_address.hpp"
#include "lib/store/schema.hpp"
#include "proxy/session/admission.hpp"
#include "proxy/session/desk_session.hpp"
#include "proxy/session/front.hpp"
#include "proxy/session/pop3_drop.hpp"
#include "proxy/session/tunnel.hpp"

namespace tandem::session {

using migration::AccountId;

struct SessionProxy::Parts {
  Parts(const SessionParts& given, SessionOptions chosen)
      : options(std::move(chosen)),
        admission(given, options),
        pop3_ids(given, options),
        desk(given.desk),
        addresses(given.addresses) {}

  const SessionOptions options;
  Admission admission;
  Pop3Ids pop3_ids;
  migration::SubmissionDesk* const desk;
  net::AddressLimit* const addresses;
};

bool may_log_in_without_tls(const net::Stream& client, const SessionOptions& options) {
  const std::string& peer = client.info().peer_address;  // empty: within this process
  return options.login_without_tls && (peer.empty() || net::is_loopback(peer));
}

namespace {

Task<std::optional<Joined>> run_front(net::Stream& client, net::Protocol protocol, Door door) {
  switch (protocol) {
    case net::Protocol::imap: co_return co_await imap_front(client, std::move(door));
    case net::Protocol::pop3: co_return co_await pop3_front(client, std::move(door));
    default: co_return co_await submission_front(client, std::move(door));
  }
}

}  // namespace

SessionProxy::SessionProxy(const SessionParts& parts, SessionOptions options)
    : parts_(std::make_unique<Parts>(parts, std::move(options))) {}

SessionProxy::~SessionProxy() = default;

store::Schema SessionProxy::schema() {
  store::Schema schema = Pop3Ids::schema();
  schema.steps.push_back(Census::schema_step());
  return schema;
}

Task<void> SessionProxy::serve(net::StreamPtr stream, net::Protocol protocol,
                               std::shared_ptr<const net::TlsServer> tls, net::TaskGroup& group) {
  const SessionOptions& options = parts_->options;
  Door door{parts_->admission, options, std::move(tls), group, parts_->pop3_ids};
  auto joined = co_await run_front(*stream, protocol, std::move(door));
  if (!joined) co_return stream->close();
  std::optional<net::AddressLimit::LoggedIn> known;
  if (parts_->addresses != nullptr)
    known.emplace(parts_->addresses->logged_in(stream->info().peer_address));
  if (joined->conversation) {
    const auto executor = co_await boost::asio::this_coro::executor;
    auto policy = parts_->desk->receive(std::move(*joined->admitted.submitter), *stream);
    DeskSession session(*stream, std::move(joined->admitted.place), executor);
    co_return co_await session.run(std::move(joined->conversation), std::move(policy), group);
  }
  Backend& backend = joined->admitted.backend;
  if (joined->shown) {
    Pop3Drop drop(*stream, std::move(*backend.pop3), std::move(*joined->shown),
                  std::move(joined->admitted.place));
    co_return co_await drop.run(std::move(joined->to_backend), group);
  }
  Tunnel tunnel(*stream, *backend.stream, make_tracker(protocol, options.hostname),
                std::move(joined->admitted.place), options.idle_limit);
  co_await tunnel.run(std::move(joined->to_backend), std::move(backend.rest), group);
}

Task<void> SessionProxy::hold(AccountId account, Duration limit) {
  parts_->admission.roster().hold(account, limit);
  co_return;
}

Task<std::size_t> SessionProxy::drain(AccountId account, Duration limit) {
  co_return co_await parts_->admission.roster().drain(account, limit, parts_->options.kick_pace);
}

Task<void> SessionProxy::release(AccountId account) {
  parts_->admission.roster().release(account);
  co_return;
}

std::size_t SessionProxy::open_sessions() const {
  return parts_->admission.roster().size();
}

std::vector<migration::ClientSeen> SessionProxy::clients() const {
  return parts_->admission.census().all();
}

Task<void> SessionProxy::run(net::TaskGroup& group) {
  return parts_->admission.census().run(group);
}

}  // namespace tandem::session
