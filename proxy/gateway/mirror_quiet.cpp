// Copies as mail (`mirror = quiet`, R7): for a side whose mailboxes nobody can append to. They have
// the null sender, which keeps absence notes and bounces away (RFC 3834 2, RFC 5321 4.5.5); a
// forward that the person has set up on that side cannot be told to keep quiet.
//
// SMTP does not say when a message is in its mailbox, and only there a look finds it (R10). So the
// journal knows before the dot that a copy went out and may go out again only after `in_doubt`; and
// where the mailbox can be looked into, the account's lock is held until the copy is there, so that
// the sync does not make another.
#include <utility>

#include "config/migration_settings.hpp"
#include "lib/base/log.hpp"
#include "lib/delivery/handover.hpp"
#include "lib/net/task_group.hpp"
#include "proxy/gateway/mirror.hpp"
#include "proxy/gateway/trace_search.hpp"

namespace tandem::gateway {
namespace {

using namespace std::chrono_literals;
using delivery::Told;

constexpr int most_looks = 30;  // for a copy that was accepted
constexpr Duration between_looks = 500ms;

smtp::MailCommand quiet_mail(const MessageRecord& message) {
  smtp::MailCommand mail{
      .from = "", .smtputf8 = message.smtputf8, .require_tls = message.require_tls};
  if (message.eight_bit) mail.body = smtp::Body::eight_bit_mime;
  return mail;
}

Task<Result<bool>> look(net::ImapClient& client, const Pending& copy) {
  return account_has_trace(client, copy.message.trace, copy.message.at);
}

Task<void> wait_until_there(net::ImapClient& client, Pending copy) {
  for (int looks = 0; looks < most_looks; ++looks) {
    const auto there = co_await look(client, copy);
    if (!there || *there) co_return;
    co_await net::sleep_for(between_looks);
  }
  log::warning("W-MIR-4", "{}: accepted for {}, not in the mailbox yet", copy.message.trace,
               copy.recipient.recipient);
}

}  // namespace

// What goes to the side where the reader is (R14) is always appended: by mail it would come back.
bool Mirror::goes_by_mail(const migration::Account& account, Side side) const {
  const auto* migration = registry_.settings(account.migration);
  return migration != nullptr && migration->gateway.mirror == config::Mirror::quiet &&
         migration::home_of(account.phase) != side;
}

Task<Result<void>> Mirror::mail_all(migration::Account account, Side side, Batch& batch) {
  std::unique_ptr<net::ImapClient> eyes;
  if (access_.endpoint(account, side, net::Protocol::imap)) {
    auto client = co_await access_.open_imap(account, side);
    if (!client) co_return fail(client.error());
    eyes = std::move(*client);
  }
  while (!batch.empty()) {
    const auto guard = co_await locks_.lock(account.id);
    auto done = co_await mail_one(account, side, batch.front(), eyes.get());
    done = co_await leave(batch, std::move(done));
    if (!done) co_return done;
  }
  if (eyes) co_await eyes->logout();
  co_return Result<void>{};
}

// A copy that was made, or that the server would not have, leaves the batch; other errors concern
// all of it.
Task<Result<void>> Mirror::leave(Batch& batch, Result<void> done) {
  if (!done && done.error().kind != ErrorKind::refused) co_return done;
  if (!done) {
    Batch refused(batch.begin(), batch.begin() + 1);
    co_await put_off(std::move(refused), done.error());
  }
  batch.erase(batch.begin());
  co_return Result<void>{};
}

Task<Result<void>> Mirror::mail_one(migration::Account account, Side side, Pending copy,
                                    net::ImapClient* eyes) {
  bool there = false;
  if (eyes != nullptr) {
    const auto found = co_await look(*eyes, copy);
    if (!found) co_return fail(found.error());
    there = *found;
  }
  if (!there) {
    const auto told = co_await hand_in(account, side, copy);
    if (!told) co_return fail(told.error());
    if (*told == Told::Kind::silent) co_return Result<void>{};  // the journal has it as a debt
    if (eyes != nullptr) co_await wait_until_there(*eyes, copy);
  }
  std::vector<RecipientRecord> made{copy.recipient};
  const auto recorded = co_await journal_.mirrors_made(std::move(made));
  if (recorded) tell(copy.recipient);
  co_return recorded;
}

Task<Result<Told::Kind>> Mirror::hand_in(migration::Account account, Side side, Pending copy) {
  const auto endpoint = access_.endpoint(account, side, net::Protocol::smtp);
  if (!endpoint) co_return fail(endpoint.error());
  auto body = store_.blobs().open(copy.message.blob);
  if (!body) co_return fail(body.error());
  smtp::MailCommand mail = quiet_mail(copy.message);
  smtp::RcptCommand recipient{.to = copy.recipient.recipient, .notify = "NEVER"};  // R7
  auto server = co_await delivery::Handover::open(upstreams_, *endpoint, migration::origin_of(side),
                                                  std::move(mail), std::move(recipient));
  if (!server) {
    const auto kind = server.error().reached ? ErrorKind::refused : ErrorKind::unreachable;
    co_return fail(kind, server.error().reply.to_string());
  }
  if (!server->first().positive()) {
    const std::string words = server->first().to_string();
    co_await server->finish();
    co_return fail(ErrorKind::refused, words);
  }
  const WallTime doubt_ends = clock_.wall() + doubt_of(account);
  const auto noted =
      co_await journal_.mirror_failed(copy.recipient, "sent, not answered yet", doubt_ends);
  if (!noted) {
    co_await server->finish();
    co_return fail(noted.error());
  }
  delivery::BodySource source(std::move(*body));
  const auto told = co_await server->deliver(copy.message.received, std::move(source));
  co_await server->finish();
  const Told& one = told.front();
  if (one.kind == Told::Kind::refused || one.kind == Told::Kind::unsent)
    co_return fail(ErrorKind::refused, one.reply.to_string());
  co_return one.kind;
}

Duration Mirror::doubt_of(const migration::Account& account) const {
  const auto* migration = registry_.settings(account.migration);
  return migration != nullptr ? migration->gateway.in_doubt : config::GatewaySettings{}.in_doubt;
}

}  // namespace tandem::gateway
