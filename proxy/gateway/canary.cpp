#include "proxy/gateway/canary.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "lib/base/text.hpp"
#include "lib/mail/address.hpp"
#include "lib/mail/date.hpp"
#include "lib/mail/header.hpp"
#include "lib/net/socket_address.hpp"
#include "lib/net/task_group.hpp"
#include "proxy/gateway/trace_search.hpp"

namespace tandem::gateway {
namespace {

using migration::CanaryOrder;
using migration::CanaryReport;
using migration::CanarySight;
using smtp::Reply;

constexpr Duration between_looks = std::chrono::seconds(1);
constexpr Duration between_sessions = std::chrono::seconds(5);  // some hosts count POP3 log-ins
constexpr Duration soon = std::chrono::milliseconds(50);
constexpr Duration written_within = std::chrono::seconds(5);
constexpr std::size_t most_header = 256 * 1024;
constexpr std::size_t most_fields = 20;
constexpr std::size_t longest_field = 1000;

constexpr std::string_view words =
    "This message was sent by Tandemail to see how this mailbox takes mail that comes through "
    "it.\r\n"
    "You may delete it.\r\n\r\n"
    "このメールは Tandemail "
    "が、経由するメールがこの受信箱でどう扱われるかを確かめるために送りました。\r\n"
    "削除してかまいません。\r\n";

// Keeps the first header that comes.
class KeepHeader final : public net::ImapHandler {
 public:
  std::string header;
  Task<Result<void>> on_body_bytes(std::string_view bytes) override {
    header.append(bytes.substr(0, most_header - header.size()));
    co_return Result<void>{};
  }
  Task<Result<void>> on_message(const imap::response::Fetch& message) override {
    if (header.empty() && !message.bodies.empty())
      header = message.bodies.front().value.bytes.substr(0, most_header);
    co_return Result<void>{};
  }
};

// What a side wrote above our Received field about the sender.
std::vector<std::string> judged_in(const std::string& header, const std::string& trace) {
  std::vector<std::string> judged;
  for (const auto& field : mail::HeaderView(header)) {
    if (iequals(field.name, "Received") && field.value.find(trace) != std::string_view::npos) break;
    if (!iequals(field.name, "Authentication-Results") && !iequals(field.name, "Received-SPF"))
      continue;
    if (judged.size() == most_fields) break;
    const std::string line = fmt::format("{}: {}", field.name, mail::unfold(field.value));
    judged.push_back(line.substr(0, longest_field));
  }
  return judged;
}

// "Ok TRACE": the last word of our 250.
std::string trace_in(const Reply& reply) {
  const std::string text = reply.text();
  return text.starts_with("Ok ") ? text.substr(3, text.find(',') - 3) : "";
}

Result<void> check(const migration::Registry& registry, const CanaryOrder& order) {
  if (registry.routes()->account(order.recipient) == nullptr)
    return fail(ErrorKind::not_found, "There is no such account: " + order.recipient);
  if (!mail::parse_address(order.sender, {.utf8 = false}))
    return fail(ErrorKind::invalid, "The sender is not an address.");
  if (!order.client.empty() && !net::is_ip_address(order.client))
    return fail(ErrorKind::invalid, "The client is an IP address.");
  return {};
}

}  // namespace

std::string Canary::letter(const CanaryOrder& order) const {
  return fmt::format(
      "Date: {}\r\nFrom: {}\r\nTo: {}\r\nSubject: Tandemail test message\r\n"
      "Message-ID: <{}@{}>\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
      "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}",
      mail::format_date({.time = clock_.wall()}), order.sender, order.recipient, new_trace_id(),
      hostname_, words);
}

Task<Result<Reply>> Canary::hand_in(net::SmtpClient& client, const CanaryOrder& order,
                                    std::string letter) const {
  smtp::MailCommand mail{.from = order.sender};
  auto reply = co_await client.mail(std::move(mail));
  if (!reply || !reply->positive()) co_return reply;
  smtp::RcptCommand rcpt{.to = order.recipient};
  reply = co_await client.rcpt(std::move(rcpt));
  if (!reply || !reply->positive()) co_return reply;
  reply = co_await client.data_begin();
  if (!reply || !reply->intermediate()) co_return reply;
  const auto written = co_await client.data_chunk(letter);
  if (!written) co_return fail(written.error());
  const auto replies = co_await client.data_end();
  if (!replies) co_return fail(replies.error());
  co_return replies->front();
}

Task<Result<Reply>> Canary::say(CanaryOrder order) const {
  const auto executor = co_await boost::asio::this_coro::executor;
  auto [ours, theirs] = net::make_memory_pair(executor);
  if (!order.client.empty()) theirs->set_peer(order.client, 0);
  net::TaskGroup group(executor);
  group.spawn(serve_(std::move(theirs)));
  net::SmtpClient client;
  net::SmtpClientOptions options;
  options.protocol.host = hostname_;
  options.protocol.tls = smtp::ClientOptions::Tls::never;
  Result<Reply> reply = co_await client.open(std::move(ours), std::move(options));
  if (reply && reply->positive()) {
    std::string text = letter(order);
    reply = co_await hand_in(client, order, std::move(text));
    // The next command tells that the answer was read: the message is no replay of another.
    (void)co_await client.quit();
  }
  client.close();
  co_await group.join();
  co_return reply;
}

Task<Result<void>> Canary::look_once(net::ImapClient& client, CanarySight& sight,
                                     std::string trace) const {
  const auto folder = co_await mailbox_with_trace(client, trace, clock_.wall());
  if (!folder) co_return fail(folder.error());
  if (!*folder) co_return Result<void>{};
  auto uids = co_await client.search("HEADER Received " + trace);
  if (!uids) co_return fail(uids.error());
  imap::FetchAttributes attributes;
  attributes.uid = true;
  imap::BodyRequest body;
  body.peek = true;
  body.section.text = imap::SectionText::header;
  attributes.bodies.push_back(body);
  sight.folder = **folder;
  if (sight.is_copy) co_return Result<void>{};
  KeepHeader kept;
  const auto fetched = co_await client.fetch(std::move(*uids), std::move(attributes), kept);
  if (!fetched) co_return fetched;
  sight.judged = judged_in(kept.header, trace);
  co_return Result<void>{};
}

Task<void> Canary::look(CanarySight& sight, migration::Account account, std::string trace,
                        Duration patience) const {
  const SteadyTime began = clock_.steady();
  if (access_.is_pop3_only(account, sight.side))
    co_return co_await look_by_pop3(sight, std::move(account), std::move(trace), patience);
  const auto client = co_await access_.open_imap(std::move(account), sight.side);
  if (!client) {
    sight.trouble = client.error();
    co_return;
  }
  while (true) {
    const auto looked = co_await look_once(**client, sight, trace);
    sight.after = clock_.steady() - began;
    if (!looked) sight.trouble = looked.error();
    if (!looked || sight.folder || sight.after >= patience) break;
    if (!co_await net::sleep_for(between_looks)) break;
  }
  (void)co_await (*client)->logout();
}

// A session shows what was there when it began, and the sync may be in the mailbox just now.
Task<void> Canary::look_by_pop3(CanarySight& sight, migration::Account account, std::string trace,
                                Duration patience) const {
  const SteadyTime began = clock_.steady();
  while (true) {
    sight.trouble.reset();
    const auto client = co_await access_.open_mailboxes(account, sight.side);
    Result<void> looked;
    if (client) {
      looked = co_await look_once(**client, sight, trace);
      (void)co_await (*client)->logout();
    } else {
      looked = fail(client.error());
    }
    sight.after = clock_.steady() - began;
    const bool later = !client && migration::is_taken(client.error().server_words);
    if (!looked) sight.trouble = looked.error();
    if ((!looked && !later) || sight.folder || sight.after >= patience) break;
    if (!co_await net::sleep_for(between_sessions)) break;
  }
}

void Canary::find(CanaryReport& report) const {
  for (const auto& one : journal_.recent(10, report.trace_id)) {
    if (one.trace_id != report.trace_id) continue;
    report.fallback = one.fallback;
    report.sights.push_back({.side = one.home_side});
    const bool copied = one.mirror != "none" && one.mirror != "cancelled";
    if (copied) report.sights.push_back({.side = migration::other(one.home_side), .is_copy = true});
  }
}

Task<Result<CanaryReport>> Canary::send(CanaryOrder order) const {
  if (order.sender.empty()) order.sender = "postmaster@" + hostname_;
  const auto possible = check(registry_, order);
  if (!possible) co_return fail(possible.error());
  CanaryReport report{.order = order};
  const auto reply = co_await say(order);
  if (!reply) co_return fail(reply.error());
  report.answer = reply->to_string();
  report.accepted = reply->code == 250;
  if (report.accepted) report.trace_id = trace_in(*reply);
  const auto routes = registry_.routes();
  const migration::Account* account = routes->account(order.recipient);
  // What was passed on without being stored is written down a little later.
  for (Duration waited{0}; report.sights.empty() && waited < written_within; waited += soon) {
    if (report.trace_id.empty()) break;
    find(report);
    if (report.sights.empty() && !co_await net::sleep_for(soon)) break;
  }
  for (auto& sight : report.sights)
    if (account != nullptr) co_await look(sight, *account, report.trace_id, order.patience);
  report.remarks = migration::judge(report);
  co_return report;
}

}  // namespace tandem::gateway
