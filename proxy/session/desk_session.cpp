#include "proxy/session/desk_session.hpp"

#include <utility>

#include "lib/net/drain.hpp"
#include "lib/net/smtp_server_driver.hpp"

namespace tandem::session {

DeskSession::DeskSession(net::Stream& client, Roster::Place place, net::Executor executor)
    : client_(client),
      place_(std::move(place)),
      guest_(place_.guest().shared_from_this()),
      stop_(std::move(executor)) {
  guest_->attach(this);
}

DeskSession::~DeskSession() {
  guest_->attach(nullptr);
}

Task<void> DeskSession::run(std::unique_ptr<smtp::ServerMachine> conversation,
                            std::unique_ptr<net::SmtpPolicy> policy, net::TaskGroup& group) {
  const net::TaskGroup::StopHandle stop = group.on_stop([this] { kick(); });
  if (guest_->kicked()) kick();
  net::SmtpServerOptions options;
  options.group = &stop_;
  co_await net::go_on_with_smtp(client_, *conversation, std::move(options), *policy);
  policy.reset();  // and with it the session at the person's server
  place_.leave();
  co_await net::say_goodbye(client_);
}

}  // namespace tandem::session
