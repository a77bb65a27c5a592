#include "server/server.hpp"

#include "server/imap/login.hpp"
#include "server/imap/session.hpp"

namespace tandem::server {
namespace {

net::Task<void> serve_imap(net::StreamPtr stream, Accounts& accounts, Mailboxes& mailboxes,
                           ServerSettings settings, Trust trust,
                           std::shared_ptr<const net::TlsServer> tls, net::TaskGroup& group) {
  auto handle = group.on_stop([&stream] { stream->close(); });
  auto login = co_await log_in(*stream, accounts, settings.hostname, trust, std::move(tls));
  handle.reset();
  if (login && !group.stopping()) {
    ImapSession session(*stream, mailboxes, std::move(settings), std::move(*login));
    co_await session.run(group);
  }
  stream->close();
}

}  // namespace

Server::Server(std::unique_ptr<Mailboxes> mailboxes, Accounts& accounts, ServerSettings settings,
               std::shared_ptr<const net::TlsServer> tls)
    : mailboxes_(std::move(mailboxes)),
      accounts_(accounts),
      settings_(std::move(settings)),
      tls_(std::move(tls)) {}

Result<std::unique_ptr<Server>> Server::open(store::Store& store, Accounts& accounts,
                                             ServerSettings settings, const Clock& clock,
                                             std::shared_ptr<const net::TlsServer> tls) {
  auto mailboxes = Mailboxes::open(store, clock);
  if (!mailboxes) return fail(std::move(mailboxes.error()));
  return std::unique_ptr<Server>(
      new Server(std::move(*mailboxes), accounts, std::move(settings), std::move(tls)));
}

std::vector<store::Schema> Server::schemas() {
  return {Mailboxes::schema()};
}

net::Task<void> Server::serve(net::StreamPtr stream, net::Protocol protocol, Trust trust,
                              net::TaskGroup& group) {
  std::shared_ptr<const net::TlsServer> tls = tls_;
  if (protocol == net::Protocol::imap) {
    if (tls != nullptr) tls = tls->for_protocol("imap");
    co_await serve_imap(std::move(stream), accounts_, *mailboxes_, settings_, trust, std::move(tls),
                        group);
    co_return;
  }
  stream->close();
}

net::InProcessServer Server::in_process(std::function<net::TaskGroup&()> group_of_thread) {
  return [this, group_of_thread = std::move(group_of_thread)](net::StreamPtr stream,
                                                              net::Protocol protocol) {
    net::TaskGroup& group = group_of_thread();
    group.spawn(serve(std::move(stream), protocol, Trust::in_process, group));
  };
}

}  // namespace tandem::server
