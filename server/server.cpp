#include "server/server.hpp"

#include "server/accounts/account_book.hpp"
#include "server/imap/login.hpp"
#include "server/imap/session.hpp"
#include "server/pop3/serve.hpp"
#include "server/smtp/serve.hpp"

namespace tandem::server {
namespace {

net::Task<void> serve_imap(net::StreamPtr stream, Accounts& accounts, Mailboxes& mailboxes,
                           ServerSettings settings, Trust trust,
                           std::shared_ptr<const net::TlsServer> tls, net::TaskGroup& group) {
  auto handle = group.on_stop([&stream] { stream->close(); });
  auto login = co_await log_in(*stream, accounts, settings.hostname, trust, std::move(tls));
  handle.reset();
  if (login && !group.stopping()) {
    ImapSession session(*stream, accounts, mailboxes, std::move(settings), std::move(*login));
    co_await session.run(group);
  }
  stream->close();
}

// Not a protocol of this room.
net::Task<void> refuse(net::StreamPtr stream) {
  stream->close();
  co_return;
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
  return {Mailboxes::schema(), AccountBook::schema()};
}

net::Task<void> Server::serve(net::StreamPtr stream, net::Protocol protocol, Trust trust,
                              net::TaskGroup& group) {
  const auto tls_for = [this](std::string_view alpn) {
    return tls_ == nullptr ? nullptr : tls_->for_protocol(std::string(alpn));
  };
  ProtocolContext context{accounts_, *mailboxes_, settings_, trust, nullptr};
  switch (protocol) {
    case net::Protocol::imap:
      return serve_imap(std::move(stream), accounts_, *mailboxes_, settings_, trust,
                        tls_for("imap"), group);
    case net::Protocol::pop3:
      context.tls = tls_for("pop3");
      return serve_pop3(std::move(stream), std::move(context), maildrops_, group);
    case net::Protocol::submission:
      context.tls = tls_for("smtp");
      return serve_submission(std::move(stream), std::move(context), group);
    case net::Protocol::smtp:
    case net::Protocol::lmtp:
      context.tls = tls_for("smtp");
      return serve_smtp_in(std::move(stream), std::move(context), protocol == net::Protocol::lmtp,
                           group);
    case net::Protocol::http: break;
  }
  return refuse(std::move(stream));
}

net::InProcessServer Server::in_process(std::function<net::TaskGroup&()> group_of_thread) {
  return [this, group_of_thread = std::move(group_of_thread)](net::StreamPtr stream,
                                                              net::Protocol protocol) {
    net::TaskGroup& group = group_of_thread();
    group.spawn(serve(std::move(stream), protocol, Trust::in_process, group));
  };
}

}  // namespace tandem::server
