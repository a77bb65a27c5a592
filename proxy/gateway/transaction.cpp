#include "proxy/gateway/transaction.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/log.hpp"
#include "lib/base/text.hpp"
#include "lib/mail/header.hpp"
#include "lib/mail/received.hpp"

namespace tandem::gateway {
namespace {

using smtp::make_reply;
using smtp::Reply;

constexpr std::size_t received_limit = 30;       // R14
constexpr std::size_t longest_message_id = 998;  // of a line; for the list of deliveries
constexpr std::size_t header_kept = 256 * 1024;  // enough to count Received lines

// R14: too many hops, or a recipient for whom it has passed us twice already.
bool goes_in_circles(const Rooms& rooms, const std::string& bytes,
                     const std::vector<std::string>& recipients) {
  const mail::HeaderView header(bytes);
  if (mail::count_received(header) > received_limit) return true;
  const std::vector<std::string> us = {rooms.options.hostname};
  const auto traces = mail::trace_ids(header, us);
  return std::ranges::any_of(recipients, [&](const std::string& one) {
    return std::ranges::count_if(traces, [&](const std::string& trace) {
             return rooms.journal.passed(trace, one);
           }) >= 2;
  });
}

}  // namespace

Transaction::Transaction(Rooms& rooms, smtp::MailCommand mail, ClientFacts client,
                         Outbound* outbound)
    : rooms_(rooms),
      mail_(std::move(mail)),
      client_(std::move(client)),
      outbound_(outbound),
      trace_(new_trace_id()),
      at_(rooms.clock.wall()),
      body_(rooms.store.draft()) {}

Transaction::~Transaction() = default;

Task<void> Transaction::expect_content() {
  // What is then not delivered costs a connection: milters refuse much of what comes, and that of a
  // person who is logged in is the only one there is.
  if (legs_.size() == 1 && !rooms_.filter.is_on() && outbound_ == nullptr)
    co_await legs_.front()->server->expect_content();
}

Result<void> Transaction::content(std::string_view chunk) {
  if (header_.size() < header_kept) header_.append(chunk.substr(0, header_kept - header_.size()));
  return body_.append(chunk);
}

Task<void> Transaction::abandon() {
  for (auto& leg : legs_)
    if (leg->server) co_await leg->server->finish();
  legs_.clear();
  spooled_.clear();
}

std::vector<const Transaction::Recipient*> Transaction::recipients() const {
  std::vector<const Recipient*> all;
  for (const auto& leg : legs_)
    for (const auto& one : leg->recipients) all.push_back(&one);
  for (const auto& one : spooled_) all.push_back(&one);
  return all;
}

bool Transaction::is_mirrored() const {
  return std::ranges::any_of(recipients(),
                             [](const Recipient* one) { return one->mirror.has_value(); });
}

// More than one answer after the dot, or some recipients have it from an earlier transaction, or
// wait for their home: then some may become ours.
bool Transaction::may_end_mixed() const {
  if (delivered_before_ || !spooled_.empty()) return true;
  std::size_t answers = 0;
  for (const auto& leg : legs_) {
    if (leg->recipients.empty()) continue;
    answers += leg->server && leg->server->lmtp() ? leg->recipients.size() : 1;
  }
  return answers > 1;
}

std::vector<AccountId> Transaction::accounts() const {
  std::vector<AccountId> ids;
  for (const Recipient* one : recipients())
    if (one->account != 0) ids.push_back(one->account);
  return ids;
}

bool Transaction::routes_still_hold() const {
  const auto routes = rooms_.registry.routes();
  return std::ranges::all_of(recipients(), [&](const Recipient* one) {
    const auto* account = routes->account(one->account);
    return account == nullptr ? one->account == 0 : account->epoch == one->epoch;
  });
}

Task<Reply> Transaction::end() {
  std::vector<std::string> addresses;
  for (const Recipient* one : recipients()) addresses.push_back(one->address);
  if (goes_in_circles(rooms_, header_, addresses)) {
    co_await abandon();
    co_return make_reply(554, "5.4.6", "Too many hops: this message seems to go in circles");
  }
  digest_ = body_.digest();
  auto reply = co_await cross();
  // What was not delivered leaves an open transaction at its server.
  co_await abandon();
  if (!reply.positive()) promises_.clear();
  co_return reply;
}

Task<Reply> Transaction::cross() {
  const Crossing crossing(rooms_.fence, {accounts(), trace_, replays()});
  if (crossing.way() == Fence::Way::same_message) co_return still_on_its_way();
  if (!crossing.entered() || !routes_still_hold()) co_return being_moved();
  const auto earlier = co_await recognise_replay();
  if (earlier) co_return *earlier;
  MessageRecord message = message_record();
  const auto refused = co_await examine(message);
  if (refused) co_return *refused;
  if (!held_.empty()) co_return co_await hold(std::move(message));
  if (is_mirrored() || may_end_mixed()) co_return co_await deliver_stored(std::move(message));
  co_return co_await deliver_passing(std::move(message));
}

MessageRecord Transaction::message_record() const {
  mail::TraceStamp stamp{.helo = client_.identity.helo,
                         .client_address = client_.identity.address,
                         .client_name = client_.identity.name,
                         .by = rooms_.options.hostname,
                         .protocol = client_.protocol,
                         .trace_id = trace_,
                         .date = {.time = at_}};
  const auto all = recipients();
  if (all.size() == 1) stamp.for_recipient = all[0]->address;
  const mail::HeaderView header(header_);
  std::string told;  // kept for what is delivered later
  if (outbound_ == nullptr && any_side_knows_client(rooms_.registry))
    told = smtp::to_text(client_.identity);
  return {.trace = trace_,
          .at = at_,
          .sender = mail_.from,
          .received = mail::make_received(stamp),
          .smtputf8 = mail_.smtputf8,
          .eight_bit = mail_.body == smtp::Body::eight_bit_mime,
          .require_tls = mail_.require_tls,
          .message_id = header.text("Message-ID").substr(0, longest_message_id),
          .size = body_.size(),
          .ret = mail_.ret,
          .envid = mail_.envid,
          .client = std::move(told)};
}

std::vector<RecipientRecord> Transaction::recipient_records() const {
  std::vector<RecipientRecord> rows;
  for (const Recipient* one : recipients())
    rows.push_back({.trace = trace_,
                    .recipient = one->address,
                    .account = one->account,
                    .epoch = one->epoch,
                    .home = one->home,
                    .home_state = HomeState::sent,
                    .mirror = one->mirror,
                    .mirror_state = one->mirror ? MirrorState::waiting : MirrorState::none,
                    .replay = replay_of(*one),
                    .at = at_,
                    .tried = at_,
                    .instead = one->instead,
                    .notify = one->notify,
                    .orcpt = one->orcpt});
  return rows;
}

std::vector<std::string> Transaction::replays() const {
  std::vector<std::string> all;
  for (const Recipient* one : recipients()) all.push_back(replay_of(*one));
  return all;
}

std::string Transaction::replay_of(const Recipient& recipient) const {
  std::string text = mail_.from;
  text += '\0';
  text += recipient.address;
  text += '\0';
  text += digest_;
  return sha256(text);
}

void Transaction::tell() const {
  const auto all = recipients();
  rooms_.events.publish({.kind = migration::Event::Kind::delivery,
                         .account = all.empty() ? 0 : all.front()->account,
                         .trace_id = trace_});
}

}  // namespace tandem::gateway
