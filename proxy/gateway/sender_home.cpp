#include "proxy/gateway/sender_home.hpp"

#include <utility>

namespace tandem::gateway {

Task<Outbound::Begun> SenderHome::begin(smtp::MailCommand mail) {
  if (!person_.client || !person_.client->usable())
    co_return std::unexpected(delivery::Handover::unreachable());
  delivery::Upstream session(*this, person_.endpoint, std::move(person_.client));
  co_return co_await delivery::Handover::begin(std::move(session), std::move(mail));
}

Task<void> SenderHome::quit() {
  if (person_.client) co_await person_.client->quit();
}

void SenderHome::give_back(const net::Endpoint&, std::unique_ptr<net::SmtpClient> client,
                           const net::Executor&) {
  person_.client = std::move(client);
}

}  // namespace tandem::gateway
