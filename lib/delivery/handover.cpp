#include "lib/delivery/handover.hpp"

#include <utility>

#include "lib/base/log.hpp"

namespace tandem::delivery {
namespace {

using smtp::make_reply;
using smtp::Reply;

Reply no_answer() {
  return make_reply(451, "4.4.2", "The mailbox's server did not answer, try again later");
}

// An answer for whoever asked: 421 ends the server's session, not ours; what is no answer at all is
// trouble of the server's.
Reply sensible(Reply reply) {
  if (reply.code == 421) reply.code = 451;
  if (reply.positive() || reply.code >= 400) return reply;
  return make_reply(451, "4.3.0", "The mailbox's server answered out of turn, try again later");
}

Reply as_refusal(const Reply& reply) {
  if (!reply.positive()) return sensible(reply);
  return make_reply(451, "4.3.0", "The mailbox's server answered out of turn, try again later");
}

// What the server has not announced is not said to it. REQUIRETLS: see is_protected().
smtp::MailCommand reduced(smtp::MailCommand mail, const smtp::Capabilities& offered) {
  if (!offered.size) mail.size.reset();
  if (!offered.eight_bit_mime) mail.body = smtp::Body::unspecified;
  if (!offered.dsn) mail.ret.clear();
  if (!offered.dsn) mail.envid.clear();
  mail.require_tls = mail.require_tls && offered.require_tls;
  mail.auth.clear();
  return mail;
}

smtp::RcptCommand reduced(smtp::RcptCommand recipient, const smtp::Capabilities& offered) {
  if (offered.dsn) return recipient;
  return {.to = std::move(recipient.to)};
}

}  // namespace

Handover::Refusal Handover::unreachable() {
  return {make_reply(451, "4.4.1", "The mailbox's server cannot be reached, try again later"),
          false};
}

Handover::Handover(Upstream upstream)
    : upstream_(std::move(upstream)),
      server_(upstream_.endpoint().to_string()),
      lmtp_(upstream_.endpoint().protocol == net::Protocol::lmtp) {}

Task<std::expected<Handover, Handover::Refusal>> Handover::open(
    UpstreamPool& pool, net::Endpoint endpoint, Origin origin, smtp::MailCommand mail,
    smtp::RcptCommand first, std::optional<smtp::ClientIdentity> whom) {
  auto upstream = co_await pool.take(endpoint, origin, whom);
  while (upstream) {
    Handover handover(std::move(*upstream));
    auto started = co_await handover.start(mail, first);
    if (started) co_return std::move(handover);
    if (!handover.closed_meanwhile_) co_return std::unexpected(std::move(started.error()));
    handover.upstream_.let_go();
    upstream = co_await pool.open_new(endpoint, origin, whom);
  }
  log::warning("W-HAND-1", "{}: {}", endpoint.to_string(), upstream.error().to_string());
  co_return std::unexpected(unreachable());
}

Task<std::expected<Handover, Handover::Refusal>> Handover::begin(Upstream upstream,
                                                                 smtp::MailCommand mail) {
  Handover handover(std::move(upstream));
  auto started = co_await handover.start(std::move(mail), std::nullopt);
  if (!started) co_return std::unexpected(std::move(started.error()));
  co_return std::move(handover);
}

Task<std::expected<void, Handover::Refusal>> Handover::start(
    smtp::MailCommand mail, std::optional<smtp::RcptCommand> first) {
  net::SmtpClient& client = upstream_.client();
  if (mail.smtputf8 && !client.capabilities().smtputf8) {
    co_await finish();
    Refusal refusal{
        make_reply(553, "5.6.7", "The mailbox's server takes no internationalised addresses")};
    co_return std::unexpected(std::move(refusal));
  }
  if (mail.require_tls && !is_protected()) {
    co_await finish();
    Refusal refusal{make_reply(550, "5.7.30", "The mailbox's server does not support REQUIRETLS")};
    co_return std::unexpected(std::move(refusal));
  }
  mail = reduced(std::move(mail), client.capabilities());
  std::vector<smtp::RcptCommand> recipients;
  if (first) recipients.push_back(reduced(std::move(*first), client.capabilities()));
  const auto replies = co_await client.envelope(std::move(mail), recipients, false);
  closed_meanwhile_ = upstream_.age() == Upstream::Age::unchecked &&
                      (!replies || replies->empty() || replies->front().code == 421);
  if (!replies || replies->empty()) co_return std::unexpected(unreachable());
  if (!replies->front().positive()) {
    co_await finish();
    Refusal refusal{sensible(replies->front())};
    co_return std::unexpected(std::move(refusal));
  }
  if (!first) co_return std::expected<void, Refusal>();
  if (replies->size() < 2) co_return std::unexpected(unreachable());
  if (replies->back().positive()) ++accepted_;
  first_ = sensible(replies->back());
  co_return std::expected<void, Refusal>();
}

// RFC 8689 4.2.1: over TLS with a certificate that was checked, to a server that promises as much.
// What is handed over inside this process is on no network.
bool Handover::is_protected() {
  const net::Endpoint& endpoint = upstream_.endpoint();
  if (!endpoint.in_process.empty()) return true;
  net::SmtpClient& client = upstream_.client();
  return client.stream().info().tls && endpoint.is_verified() && client.capabilities().require_tls;
}

Task<std::expected<Reply, Handover::Refusal>> Handover::ask(smtp::RcptCommand recipient) {
  net::SmtpClient& client = upstream_.client();
  if (!client.usable()) co_return std::unexpected(unreachable());
  recipient = reduced(std::move(recipient), client.capabilities());
  const auto reply = co_await client.rcpt(std::move(recipient));
  if (!reply) co_return std::unexpected(unreachable());
  if (reply->positive()) ++accepted_;
  co_return sensible(*reply);
}

std::vector<Told> Handover::all(Told::Kind kind, const Reply& reply) const {
  return {accepted_, Told{kind, reply}};
}

Task<void> Handover::expect_content() {
  if (accepted_ > 0 && upstream_.client().usable()) co_await upstream_.client().data_ahead();
}

Task<std::vector<Told>> Handover::deliver(std::string head, BodySource body) {
  net::SmtpClient& client = upstream_.client();
  if (!client.usable()) co_return all(Told::Kind::unsent, unreachable().reply);
  const auto go = co_await client.data_begin();
  if (!go) co_return all(Told::Kind::unsent, unreachable().reply);
  if (go->positive()) client.close();  // it says it has what was not sent
  // It lost patience with a slow sender, before or after its 354; a dot would come too late.
  const bool over = go->code == 421 || (go->intermediate() && client.spoke_unasked());
  if (over) client.close();
  if (over) co_return all(Told::Kind::unsent, unreachable().reply);
  if (!go->intermediate()) co_return all(Told::Kind::refused, as_refusal(*go));
  const auto sent = co_await send(std::move(head), std::move(body));
  if (!sent) co_return all(Told::Kind::unsent, unreachable().reply);
  const auto replies = co_await client.data_end();
  if (replies) {
    over_ = true;
    co_return told_by(*replies);
  }
  if (!client.dot_left()) co_return all(Told::Kind::unsent, unreachable().reply);
  log::warning("W-HAND-2", "{} fell silent after a message: {}", server_,
               replies.error().to_string());
  co_return told_by(client.early_replies());
}

// LMTP answers for each recipient (RFC 2033 4.2), SMTP for all at once. Whom no answer came for may
// have it.
std::vector<Told> Handover::told_by(const std::vector<Reply>& replies) const {
  std::vector<Told> told;
  for (std::size_t i = 0; i < accepted_; ++i) {
    const std::size_t at = lmtp_ ? i : 0;
    if (at >= replies.size())
      told.push_back({Told::Kind::silent, no_answer()});
    else if (replies[at].positive())
      told.push_back({Told::Kind::accepted, replies[at]});
    else
      told.push_back({Told::Kind::refused, as_refusal(replies[at])});
  }
  return told;
}

// Without its dot a message ends with the connection (RFC 5321 has no other way).
Task<Result<void>> Handover::send(std::string head, BodySource body) {
  net::SmtpClient& client = upstream_.client();
  auto sent = co_await client.data_chunk(head);
  for (std::uint64_t left = body.size(); sent && left > 0;) {
    const auto piece = body.next();
    if (!piece || piece->empty()) {
      client.data_abandon();
      co_return fail(ErrorKind::storage, "the message's bytes cannot be read");
    }
    left -= piece->size();
    sent = co_await client.data_chunk(*piece);
  }
  if (!sent) client.data_abandon();
  co_return sent;
}

Task<void> Handover::finish() {
  if (upstream_.client().said_data()) co_return upstream_.let_go();
  co_await upstream_.finish(!over_);
}

}  // namespace tandem::delivery
