// Submission: what people's clients ask.
#include "server/accounts/sasl_login.hpp"
#include "server/smtp/incoming.hpp"
#include "server/smtp/serve.hpp"

namespace tandem::server {
namespace {

using smtp::make_reply;
using smtp::Reply;

class Submission : public Incoming {
 public:
  Submission(const ProtocolContext& context, const net::Stream& stream)
      : Incoming(context, stream, false), login_(context.accounts) {}

  net::Task<sasl::Answer> on_auth(sasl::Request request) override {
    return login_.answer(std::move(request), stream_.info().peer_address);
  }
  net::Task<Reply> on_authenticated(std::string) override {
    account_ = login_.succeeded();
    if (!account_) co_return make_reply(454, "4.7.0", "Log-in is not possible now");
    co_return make_reply(235, "2.7.0", "Authentication succeeded");
  }
  net::Task<Reply> on_mail(smtp::MailCommand command) override {
    // The null sender is everybody's: receipts have it (RFC 8098 3).
    if (!command.from.empty()) {
      const auto owner = context_.accounts.lookup(command.from);
      if (!owner) co_return make_reply(451, "4.3.0", "The address cannot be looked up now");
      if (*owner != account_)
        co_return make_reply(553, "5.7.1", "This address is not yours to send from");
    }
    begin(command, true);
    co_return make_reply(250, "2.1.0", "Sender ok");
  }
  net::Task<Reply> on_rcpt(smtp::RcptCommand command) override {
    const auto reply = co_await Incoming::on_rcpt(std::move(command));
    if (reply.code == 550 && reply.enhanced == "5.7.1")
      co_return make_reply(550, "5.7.1",
                           "This server delivers to its own mailboxes only; it cannot send mail to "
                           "other servers");
    co_return reply;
  }

 protected:
  [[nodiscard]] Transaction::Origin origin() const override { return Transaction::Origin::client; }

 private:
  SaslLogin login_;
  std::optional<AccountId> account_;
};

}  // namespace

net::Task<void> serve_submission(net::StreamPtr stream, ProtocolContext context,
                                 net::TaskGroup& group) {
  net::SmtpServerOptions options;
  options.protocol = smtp_options(context.settings);
  options.protocol.require_auth = true;
  options.protocol.auth_mechanisms = mechanisms(context.accounts);
  options.protocol.auth_without_tls = password_in_clear(context, stream->info());
  options.tls = context.tls;
  options.group = &group;
  Submission policy(context, *stream);
  co_await net::serve_smtp(*stream, std::move(options), policy);
}

}  // namespace tandem::server
