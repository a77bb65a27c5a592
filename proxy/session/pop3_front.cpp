// POP3 before log-in: USER/PASS and AUTH PLAIN, LOGIN (RFC 1939 4, RFC 5034).
#include "lib/net/pop3_server_driver.hpp"
#include "proxy/session/front.hpp"

namespace tandem::session {
namespace {

class Pop3Policy final : public net::Pop3LoginPolicy {
 public:
  Pop3Policy(const net::Stream& client, Admission& admission)
      : client_(client), admission_(admission) {}

  Task<sasl::Answer> on_login(pop3::LoginRequest request) override;
  [[nodiscard]] std::optional<Admitted> take() { return std::move(admitted_); }

 private:
  const net::Stream& client_;
  Admission& admission_;
  std::optional<Admitted> admitted_;
};

Task<sasl::Answer> Pop3Policy::on_login(pop3::LoginRequest request) {
  sasl::Request& asked = request.credential;
  Attempt attempt{.protocol = net::Protocol::pop3,
                  .mechanism = asked.mechanism,
                  .user = asked.user,
                  .identity = asked.identity,
                  .password = Secret(std::move(asked.secret)),
                  .client = {}};
  auto admitted = co_await admission_.admit(std::move(attempt), client_.info());
  if (admitted) {
    admitted_ = std::move(*admitted);
    co_return sasl::Answer::accept();
  }
  if (admitted.error().kind == ErrorKind::authentication) co_return sasl::Answer::refuse();
  co_return sasl::Answer::temporary();
}

}  // namespace

Task<std::optional<Joined>> pop3_front(net::Stream& client, Door door) {
  Pop3Policy policy(client, door.admission);
  net::Pop3LoginOptions options;
  options.protocol.host = door.options.hostname;
  options.protocol.greeting = door.options.hostname + " ready";
  options.protocol.login_without_tls = may_log_in_without_tls(client, door.options);
  options.protocol.auth_mechanisms = {"PLAIN", "LOGIN"};
  options.protocol.extra_capabilities = {"TOP", "UIDL"};
  options.protocol.max_errors = static_cast<int>(door.options.login_tries);
  options.tls = door.tls;
  options.login_limit = door.options.login_limit;
  options.group = &door.group;
  auto login = co_await net::serve_pop3_login(client, std::move(options), policy);
  auto admitted = policy.take();
  if (!login || !admitted) co_return std::nullopt;
  co_return Joined{std::move(*admitted), std::move(login->rest)};
}

}  // namespace tandem::session
