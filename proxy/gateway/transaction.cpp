#include "proxy/gateway/transaction.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

#include "config/migration_settings.hpp"
#include "lib/base/log.hpp"
#include "lib/base/text.hpp"
#include "lib/mail/header.hpp"
#include "lib/mail/received.hpp"

namespace tandem::gateway {
namespace {

using smtp::make_reply;
using smtp::Reply;

constexpr std::size_t received_limit = 30;       // R14
constexpr std::size_t header_kept = 256 * 1024;  // enough to count Received lines
constexpr std::size_t piece = 64 * 1024;

Reply try_again_moving() {
  return make_reply(451, "4.2.1", "This mailbox is being moved, try again in a minute");
}
Reply home_unreachable() {
  return make_reply(451, "4.4.1", "The mailbox's server cannot be reached, try again later");
}
Reply in_doubt() {
  return make_reply(451, "4.4.2", "The mailbox's server did not answer, try again later");
}

const config::SideSettings& side_settings(const config::MigrationSettings& migration, Side side) {
  return side == Side::old_side ? migration.old_side : migration.new_side;
}

}  // namespace

Transaction::Transaction(Rooms& rooms, smtp::MailCommand mail)
    : rooms_(rooms),
      mail_(std::move(mail)),
      trace_(new_trace_id()),
      at_(rooms.clock.wall()),
      body_(rooms.store.draft()) {}

Transaction::~Transaction() = default;

std::optional<migration::Route> Transaction::route_of(const std::string& recipient) const {
  const auto routes = rooms_.registry.routes();
  if (recipient.find('@') != std::string::npos) return routes->recipient(recipient);
  // "postmaster" without a domain (RFC 5321 4.1.1.3) is that of the first domain we serve.
  if (rooms_.registry.migrations().empty()) return std::nullopt;
  return routes->recipient(recipient + "@" + rooms_.registry.migrations()[0].domains.front());
}

Result<net::Endpoint> Transaction::home_endpoint(const migration::Route& route) const {
  const auto* migration = rooms_.registry.settings(route.migration);
  if (migration == nullptr || !side_settings(*migration, route.home).smtp)
    return fail(ErrorKind::not_found, fmt::format("migration {}: the {} side has no smtp server",
                                                  route.migration, migration::name_of(route.home)));
  return *side_settings(*migration, route.home).smtp;
}

Task<std::optional<Reply>> Transaction::open_home(net::Endpoint endpoint, Origin origin) {
  auto upstream = co_await rooms_.upstreams.take(endpoint, origin);
  if (!upstream) {
    log::warning("W-GATE-2", "{}: {}", endpoint.to_string(), upstream.error().to_string());
    co_return home_unreachable();
  }
  home_.emplace(std::move(*upstream));
  home_name_ = endpoint.to_string();
  smtp::MailCommand mail = mail_;
  const smtp::Capabilities& offered = home_->client().capabilities();
  if (mail.smtputf8 && !offered.smtputf8)
    co_return make_reply(553, "5.6.7", "The mailbox's server takes no internationalised addresses");
  if (!offered.size) mail.size.reset();
  if (!offered.eight_bit_mime) mail.body = smtp::Body::unspecified;
  mail.ret.clear();
  mail.envid.clear();
  mail.auth.clear();
  const auto reply = co_await home_->client().mail(std::move(mail));
  if (!reply) co_return home_unreachable();
  if (!reply->positive()) co_return *reply;
  co_return std::nullopt;
}

Task<Result<Reply>> Transaction::ask_home(const smtp::RcptCommand& command) {
  smtp::RcptCommand plain{.to = command.to};
  return home_->client().rcpt(std::move(plain));
}

Task<Reply> Transaction::rcpt(smtp::RcptCommand command) {
  auto route = route_of(command.to);
  if (!route) co_return make_reply(550, "5.7.1", "Relaying denied: not a domain of ours");
  const auto* migration = rooms_.registry.settings(route->migration);
  if (migration == nullptr || !migration->gateway.enabled)
    co_return make_reply(550, "5.7.1", "Mail for this domain is not taken here");
  if (migration->gateway.mirror == config::Mirror::off) route->mirror.reset();
  if (route->account != 0 && rooms_.fence.is_held(route->account)) co_return try_again_moving();
  const auto endpoint = home_endpoint(*route);
  if (!endpoint) {
    log::error("E-GATE-3", "{}", endpoint.error().to_string());
    co_return make_reply(451, "4.3.5", "No server is configured for this mailbox");
  }
  const bool other_home = home_ && endpoint->to_string() != home_name_;
  const bool lmtp = endpoint->protocol == net::Protocol::lmtp;
  if (other_home || (lmtp && !recipients_.empty()))
    co_return make_reply(452, "4.5.3", "Send to this recipient in a message of its own");
  if (!home_) {
    const auto refusal = co_await open_home(*endpoint, migration::origin_of(route->home));
    if (refusal) {
      co_await abandon();
      co_return *refusal;
    }
  }
  command.to = route->address;
  const auto reply = co_await ask_home(command);
  if (!reply) co_return home_unreachable();
  if (reply->positive()) recipients_.push_back({std::move(command), *route});
  co_return *reply;
}

Result<void> Transaction::content(std::string_view chunk) {
  if (header_.size() < header_kept) header_.append(chunk.substr(0, header_kept - header_.size()));
  return body_.append(chunk);
}

Task<void> Transaction::abandon() {
  if (home_) co_await home_->finish(true);
  home_.reset();
  recipients_.clear();
}

bool Transaction::is_mirrored() const {
  return std::ranges::any_of(recipients_,
                             [](const auto& one) { return one.route.mirror.has_value(); });
}

std::vector<AccountId> Transaction::accounts() const {
  std::vector<AccountId> ids;
  for (const auto& one : recipients_)
    if (one.route.account != 0) ids.push_back(one.route.account);
  return ids;
}

bool Transaction::routes_still_hold() const {
  const auto routes = rooms_.registry.routes();
  return std::ranges::all_of(recipients_, [&](const auto& one) {
    const auto* account = routes->account(one.route.account);
    return account == nullptr ? one.route.account == 0 : account->epoch == one.route.epoch;
  });
}

Task<Reply> Transaction::end(ClientFacts client) {
  if (mail::count_received(mail::HeaderView(header_)) > received_limit) {
    co_await abandon();
    co_return make_reply(554, "5.4.6", "Too many hops: this message seems to go in circles");
  }
  digest_ = body_.digest();
  auto reply = co_await cross(std::move(client));
  // What was not delivered leaves an open transaction at the home side.
  if (home_) co_await home_->finish(!reply.positive());
  home_.reset();
  co_return reply;
}

Task<Reply> Transaction::cross(ClientFacts client) {
  const Crossing crossing(rooms_.fence, accounts(), trace_);
  if (!crossing.entered() || !routes_still_hold()) co_return try_again_moving();
  const auto earlier = co_await recognise_replay();
  if (earlier) co_return *earlier;
  MessageRecord message = message_record(client);
  if (is_mirrored()) co_return co_await deliver_journaled(std::move(message));
  co_return co_await deliver_plain(std::move(message));
}

MessageRecord Transaction::message_record(const ClientFacts& client) const {
  mail::TraceStamp stamp{.helo = client.helo,
                         .client_address = client.address,
                         .by = rooms_.options.hostname,
                         .protocol = client.protocol,
                         .trace_id = trace_,
                         .date = {.time = at_}};
  if (recipients_.size() == 1) stamp.for_recipient = recipients_[0].route.address;
  return {.trace = trace_, .at = at_, .sender = mail_.from, .received = mail::make_received(stamp)};
}

std::vector<RecipientRecord> Transaction::recipient_records() const {
  std::vector<RecipientRecord> rows;
  for (const auto& one : recipients_)
    rows.push_back({.trace = trace_,
                    .recipient = one.route.address,
                    .account = one.route.account,
                    .epoch = one.route.epoch,
                    .home = one.route.home,
                    .home_state = HomeState::sent,
                    .mirror = one.route.mirror,
                    .mirror_state = one.route.mirror ? MirrorState::waiting : MirrorState::none,
                    .replay = replay_of(one)});
  return rows;
}

std::string Transaction::replay_of(const Recipient& recipient) const {
  std::string text = mail_.from;
  text += '\0';
  text += recipient.route.address;
  text += '\0';
  text += digest_;
  return sha256(text);
}

Task<Reply> Transaction::deliver_journaled(MessageRecord message) {
  const std::string received = message.received;
  const auto stored =
      co_await rooms_.journal.begin(std::move(message), recipient_records(), std::move(body_));
  if (!stored) {
    log::error("E-GATE-4", "the journal failed: {}", stored.error().to_string());
    co_return make_reply(451, "4.3.0", "Local trouble, try again later");
  }
  auto reader = rooms_.store.blobs().open(*stored);
  if (!reader) co_return make_reply(451, "4.3.0", "Local trouble, try again later");
  stored_.emplace(std::move(*reader));
  const auto reply = co_await send(received);
  if (!reply && dot_sent_) {
    log::warning("W-GATE-5", "{}: the home side fell silent after the message: {}", trace_,
                 reply.error().to_string());
    rooms_.mirror.notify();  // it settles the doubt
    co_return in_doubt();
  }
  const Reply home = reply ? *reply : home_unreachable();
  const auto recorded =
      co_await rooms_.journal.home_answered(trace_, home.positive(), home.to_string());
  if (!recorded)
    log::error("E-GATE-7", "{}: the home side's answer was not recorded: {}", trace_,
               recorded.error().to_string());
  if (home.positive()) {
    answered_ = trace_;
    rooms_.mirror.notify();
  }
  tell();
  co_return answer(home);
}

Task<Reply> Transaction::deliver_plain(MessageRecord message) {
  const auto reply = co_await send(message.received);
  const Reply home = reply ? *reply : dot_sent_ ? in_doubt() : home_unreachable();
  auto rows = recipient_records();
  for (auto& row : rows) {
    row.home_state = home.positive() ? HomeState::accepted : HomeState::refused;
    row.words = home.to_string();
  }
  rooms_.journal.note(std::move(message), std::move(rows));
  tell();
  co_return answer(home);
}

Task<Result<Reply>> Transaction::send(std::string received) {
  auto& client = home_->client();
  const auto go = co_await client.data_begin();
  if (!go) co_return fail(go.error());
  if (!go->intermediate()) co_return *go;
  co_return co_await send_body(client, std::move(received));
}

Task<Result<Reply>> Transaction::send_body(net::SmtpClient& client, std::string received) {
  auto sent = co_await client.data_chunk(received);
  if (sent) sent = co_await send_pieces(client);
  if (!sent) {
    client.data_abandon();
    co_return fail(sent.error());
  }
  dot_sent_ = true;
  const auto replies = co_await client.data_end();
  if (!replies) co_return fail(replies.error());
  co_return replies->front();
}

Task<Result<void>> Transaction::send_pieces(net::SmtpClient& client) {
  std::uint64_t position = 0;
  const std::uint64_t size = stored_ ? stored_->size() : body_.size();
  while (position < size) {
    if (stored_) {
      const auto next = stored_->next();
      if (!next) co_return fail(next.error());
      position += next->size();
      const auto sent = co_await client.data_chunk(*next);
      if (!sent) co_return sent;
    } else {
      const auto next = body_.read(position, piece);
      if (!next) co_return fail(next.error());
      position += next->size();
      const auto sent = co_await client.data_chunk(*next);
      if (!sent) co_return sent;
    }
  }
  co_return Result<void>{};
}

Reply Transaction::answer(const Reply& home) const {
  if (home.positive()) return make_reply(250, "2.0.0", "Ok " + trace_);
  Reply told = home;
  for (auto& line : told.lines) line = "the mailbox's server said: " + line;
  return told;
}

void Transaction::tell() const {
  rooms_.events.publish({.kind = migration::Event::Kind::delivery,
                         .account = recipients_.front().route.account,
                         .trace_id = trace_});
}

}  // namespace tandem::gateway
