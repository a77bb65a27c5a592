// POP3 before log-in: USER/PASS, APOP and AUTH (RFC 1939 4 and 7, RFC 5034).
#include "lib/base/text.hpp"
#include "lib/net/pop3_server_driver.hpp"
#include "proxy/session/front.hpp"
#include "proxy/session/gate.hpp"

namespace tandem::session {
namespace {

class Pop3Policy final : public net::Pop3LoginPolicy {
 public:
  Pop3Policy(Gate& gate, Pop3Ids& ids) : gate_(gate), ids_(ids) {}
  Task<sasl::Answer> on_login(pop3::LoginRequest request) override {
    return gate_.answer(std::move(request.credential));
  }
  Task<Result<std::string>> on_logged_in(std::string user) override;
  [[nodiscard]] std::optional<Joined> take() { return std::move(joined_); }

 private:
  Gate& gate_;
  Pop3Ids& ids_;
  std::optional<Joined> joined_;
};

std::unexpected<Error> not_now() {
  return fail(
      Error{.kind = ErrorKind::timed_out, .what = "the mailbox is not ready", .temporary = true});
}

Task<Result<std::string>> Pop3Policy::on_logged_in(std::string) {
  auto admitted = gate_.take();
  if (!admitted) co_return not_now();
  Joined joined{std::move(*admitted), {}};
  Backend& backend = joined.admitted.backend;
  const migration::AccountId account = joined.admitted.place.guest().account();
  if (ids_.needed(account)) {
    auto shown = co_await ids_.list(account, *backend.pop3);
    if (!shown || joined.admitted.place.guest().kicked()) co_return not_now();
    joined.shown = std::move(*shown);
  } else {
    backend.stream = backend.pop3->release(backend.rest);
  }
  joined_ = std::move(joined);
  co_return std::string("Logged in");
}

// RFC 1939 7: never the same twice.
std::string apop_banner(const std::string& hostname) {
  return "<" + hex_encode(random_bytes(16)) + "@" + hostname + ">";
}

}  // namespace

Task<std::optional<Joined>> pop3_front(net::Stream& client, Door door) {
  Gate gate(door.admission, client, net::Protocol::pop3);
  Pop3Policy policy(gate, door.pop3_ids);
  net::Pop3LoginOptions options;
  options.protocol.host = door.options.hostname;
  options.protocol.greeting = door.options.hostname + " ready";
  options.protocol.login_without_tls = may_log_in_without_tls(client, door.options);
  options.protocol.auth_mechanisms = door.admission.mechanisms();
  options.protocol.confirm_scram = true;
  options.protocol.apop_without_tls = door.options.apop_without_tls;
  if (door.admission.offers_apop())
    options.protocol.apop_banner = apop_banner(door.options.hostname);
  options.protocol.utf8 = false;  // the backend is logged in to when it could be told
  options.protocol.extra_capabilities = {"TOP", "UIDL"};
  options.protocol.max_errors = static_cast<int>(door.options.login_tries);
  options.tls = door.tls;
  options.login_limit = door.options.login_limit;
  options.group = &door.group;
  auto login = co_await net::serve_pop3_login(client, std::move(options), policy);
  auto joined = policy.take();
  if (!login || !joined) co_return std::nullopt;
  joined->to_backend = std::move(login->rest);
  co_return joined;
}

}  // namespace tandem::session
