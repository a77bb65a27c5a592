// POP3 before log-in: USER/PASS, APOP and AUTH (RFC 1939 4 and 7, RFC 5034).
#include "lib/base/text.hpp"
#include "lib/net/pop3_server_driver.hpp"
#include "proxy/session/front.hpp"
#include "proxy/session/gate.hpp"

namespace tandem::session {
namespace {

class Pop3Policy final : public net::Pop3LoginPolicy {
 public:
  explicit Pop3Policy(Gate& gate) : gate_(gate) {}
  Task<sasl::Answer> on_login(pop3::LoginRequest request) override {
    return gate_.answer(std::move(request.credential));
  }
  Task<Result<std::string>> on_logged_in(std::string) override {
    admitted_ = gate_.take();
    if (admitted_) co_return std::string("Logged in");
    co_return fail(Error{.kind = ErrorKind::timed_out, .what = "being moved", .temporary = true});
  }
  [[nodiscard]] std::optional<Admitted> take() { return std::move(admitted_); }

 private:
  Gate& gate_;
  std::optional<Admitted> admitted_;
};

// RFC 1939 7: never the same twice.
std::string apop_banner(const std::string& hostname) {
  return "<" + hex_encode(random_bytes(16)) + "@" + hostname + ">";
}

}  // namespace

Task<std::optional<Joined>> pop3_front(net::Stream& client, Door door) {
  Gate gate(door.admission, client, net::Protocol::pop3);
  Pop3Policy policy(gate);
  net::Pop3LoginOptions options;
  options.protocol.host = door.options.hostname;
  options.protocol.greeting = door.options.hostname + " ready";
  options.protocol.login_without_tls = may_log_in_without_tls(client, door.options);
  options.protocol.auth_mechanisms = door.admission.mechanisms();
  options.protocol.confirm_scram = true;
  options.protocol.apop_without_tls = door.options.apop_without_tls;
  if (door.admission.offers_apop())
    options.protocol.apop_banner = apop_banner(door.options.hostname);
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
