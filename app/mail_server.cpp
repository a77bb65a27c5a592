#include "app/mail_server.hpp"

#include <utility>

namespace tandem::app {

Result<std::unique_ptr<MailServer>> MailServer::open(Threads& threads, MailServerSettings settings,
                                                     const config::SecretBox& secrets,
                                                     const Clock& clock, net::Offload& offload,
                                                     std::shared_ptr<const net::TlsServer> tls) {
  std::unique_ptr<MailServer> made(new MailServer(threads));
  auto store = store::Store::open(settings.directory, server::Server::schemas());
  if (!store) return fail(store.error());
  made->store_ = std::move(*store);
  made->accounts_ = std::make_unique<server::AccountBook>(
      *made->store_, offload, clock, server::AccountSettings{.domains = settings.domains},
      &secrets);
  auto opened = server::Server::open(*made->store_, *made->accounts_,
                                     {.hostname = settings.hostname,
                                      .domains = settings.domains,
                                      .message_size = settings.message_size,
                                      .framing = framing_of(settings.smtp),
                                      .greet_pause = settings.smtp.greet_pause},
                                     clock, std::move(tls));
  if (!opened) return fail(opened.error());
  made->server_ = std::move(*opened);
  return made;
}

net::Task<void> MailServer::serve(net::StreamPtr stream, net::Protocol protocol,
                                  net::TaskGroup& group) {
  return server_->serve(std::move(stream), protocol, server::Trust::network, group);
}

net::Task<void> MailServer::serve_lmtp(net::StreamPtr stream, std::shared_ptr<const net::TlsServer>,
                                       net::TaskGroup& group) {
  return serve(std::move(stream), net::Protocol::lmtp, group);
}

net::InProcessServer MailServer::in_process() {
  return server_->in_process(std::bind_front(&Threads::here, &threads_));
}

}  // namespace tandem::app
