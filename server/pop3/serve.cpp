#include "server/pop3/serve.hpp"

#include <chrono>
#include <fmt/core.h>

#include "lib/base/text.hpp"
#include "server/accounts/sasl_login.hpp"
#include "server/pop3/maildrop.hpp"

namespace tandem::server {
namespace {

class LoginPolicy : public net::Pop3LoginPolicy {
 public:
  LoginPolicy(const ProtocolContext& context, const net::Stream& stream, MaildropLocks& locks)
      : context_(context), stream_(stream), locks_(locks), login_(context.accounts) {}

  net::Task<sasl::Answer> on_login(pop3::LoginRequest request) override {
    return login_.answer(std::move(request.credential), stream_.info().peer_address);
  }
  net::Task<Result<std::string>> on_logged_in(std::string) override {
    const auto account = login_.succeeded();
    if (!account) co_return fail(ErrorKind::internal, "nobody is logged in");
    auto lock = locks_.take(*account);
    if (!lock) co_return fail(ErrorKind::conflict, "another session has the maildrop");
    auto opened = Maildrop::open(context_.mailboxes, *account, std::move(*lock));
    if (!opened) {
      opened.error().temporary = true;
      co_return fail(std::move(opened.error()));
    }
    drop_.emplace(std::move(*opened));
    co_return std::string("Logged in");
  }

  [[nodiscard]] std::optional<Maildrop>& drop() { return drop_; }

 private:
  const ProtocolContext& context_;
  const net::Stream& stream_;
  MaildropLocks& locks_;
  SaslLogin login_;
  std::optional<Maildrop> drop_;
};

// RFC 1939 7: never the same twice.
std::string apop_banner(const ProtocolContext& context) {
  const auto now = context.mailboxes.clock().wall().time_since_epoch().count();
  return fmt::format("<{}.{}@{}>", hex_encode(random_bytes(12)), now, context.settings.hostname);
}

net::Pop3LoginOptions login_options(const ProtocolContext& context,
                                    const net::ConnectionInfo& info) {
  net::Pop3LoginOptions options;
  options.protocol.host = context.settings.hostname;
  options.protocol.greeting = context.settings.hostname + " POP3 ready";
  options.protocol.login_without_tls = password_in_clear(context, info);
  options.protocol.auth_mechanisms = mechanisms(context.accounts);
  if (context.accounts.passwords_kept() != Accounts::Kept::nobody)
    options.protocol.apop_banner = apop_banner(context);
  options.protocol.extra_capabilities = {"UIDL", "TOP", "UTF8", "EXPIRE NEVER"};
  options.tls = context.tls;
  return options;
}

}  // namespace

net::Task<void> serve_pop3(net::StreamPtr stream, ProtocolContext context, MaildropLocks& locks,
                           net::TaskGroup& group) {
  LoginPolicy policy(context, *stream, locks);
  net::Pop3LoginOptions options = login_options(context, stream->info());
  options.group = &group;
  auto login = co_await net::serve_pop3_login(*stream, std::move(options), policy);
  if (!login || !policy.drop()) co_return;
  pop3::MailboxOptions protocol;
  protocol.capabilities.emplace_back("UTF8");
  auto entries = policy.drop()->entries();
  co_await net::serve_pop3_mailbox(*stream, std::move(login->rest), std::move(entries),
                                   *policy.drop(), std::move(protocol), &group);
}

}  // namespace tandem::server
