#include "server/smtp/incoming.hpp"

#include <algorithm>

#include "lib/base/text.hpp"
#include "lib/mail/address.hpp"
#include "server/smtp/serve.hpp"

namespace tandem::server {
namespace {

using smtp::make_reply;
using smtp::Reply;

bool is_ours(const ServerSettings& settings, std::string_view address) {
  if (iequals(address, "postmaster")) return true;  // RFC 5321 4.1.1.3
  const auto parsed = mail::parse_address(address);
  if (!parsed) return false;
  const std::string domain = mail::canonical_domain(parsed->domain);
  return std::ranges::any_of(settings.domains, [&](const std::string& ours) {
    return mail::canonical_domain(ours) == domain;
  });
}

}  // namespace

net::Task<Reply> Incoming::on_helo(smtp::HeloCommand command) {
  helo_ = std::move(command);
  co_return make_reply(250, "", "at your service");
}

void Incoming::begin(const smtp::MailCommand& command, bool authenticated) {
  TransmissionTraits traits;
  traits.lmtp = lmtp_;
  traits.extended = helo_.extended;
  traits.utf8 = command.smtputf8;
  traits.tls = stream_.info().tls;
  traits.authenticated = authenticated;
  Transaction::Peer peer{helo_.name, stream_.info().peer_address, transmission_type(traits)};
  transaction_.emplace(context_, std::move(peer), command);
}

net::Task<Reply> Incoming::on_mail(smtp::MailCommand command) {
  begin(command, false);
  co_return make_reply(250, "2.1.0", "Sender ok");
}

net::Task<Reply> Incoming::on_rcpt(smtp::RcptCommand command) {
  if (!is_ours(context_.settings, command.to))
    co_return make_reply(550, "5.7.1", "This server takes no mail for that domain");
  co_return transaction_->add_recipient(command.to);
}

net::Task<Reply> Incoming::on_data_start() {
  co_return transaction_->begin_content(origin());
}

net::Task<Result<void>> Incoming::on_chunk(std::string_view chunk) {
  co_return transaction_->append(chunk);
}

net::Task<std::vector<Reply>> Incoming::on_end() {
  const std::size_t recipients = transaction_->recipients();
  const Reply reply = co_await transaction_->deliver();
  transaction_.reset();
  co_return std::vector<Reply>(lmtp_ ? recipients : 1, reply);
}

net::Task<void> Incoming::on_abort() {
  transaction_.reset();
  co_return;
}

smtp::ServerOptions smtp_options(const ServerSettings& settings) {
  smtp::ServerOptions options;
  options.host = settings.hostname;
  options.body.size = settings.message_size;
  options.framing = settings.framing;
  options.dsn = false;                   // nobody here sends the reports it asks for (RFC 3461)
  options.require_tls_extension = true;  // nobody here sends it on
  options.limits = true;
  return options;
}

net::Task<void> serve_smtp_in(net::StreamPtr stream, ProtocolContext context, bool lmtp,
                              net::TaskGroup& group) {
  net::SmtpServerOptions options;
  options.protocol = smtp_options(context.settings);
  options.protocol.lmtp = lmtp;
  options.tls = context.tls;
  options.group = &group;
  // T-13; a client in this process, or on this machine, has nothing to prove.
  const bool stranger = context.trust == Trust::network && !is_loopback(stream->info());
  if (stranger && !lmtp) {
    options.greet_pause = context.settings.greet_pause;
    options.error_pause = net::pause_for_strangers;
  }
  Incoming policy(context, *stream, lmtp);
  co_await net::serve_smtp(*stream, std::move(options), policy);
}

}  // namespace tandem::server
