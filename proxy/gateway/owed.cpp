#include "proxy/gateway/owed.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "config/migration_settings.hpp"
#include "lib/base/log.hpp"
#include "lib/delivery/exchangers.hpp"
#include "lib/delivery/retry_schedule.hpp"
#include "proxy/gateway/sender_proof.hpp"
#include "proxy/gateway/unknown.hpp"

namespace tandem::gateway {
namespace {

using delivery::Told;

constexpr std::size_t look_ahead = 200;  // rows read from the journal at a time
constexpr std::size_t messages_at_once = 8;
constexpr Duration look_again = std::chrono::seconds(1);    // for what falls due
constexpr Duration alarm_after = std::chrono::minutes(15);  // then somebody should look

Told told_of(const delivery::Handover::Refusal& refusal) {
  return {refusal.reached ? Told::Kind::refused : Told::Kind::unsent, refusal.reply};
}

Told not_sent(std::string_view enhanced, std::string_view why) {
  return {Told::Kind::unsent, smtp::make_reply(451, enhanced, why)};
}

std::string_view domain_of(std::string_view address) {
  return address.substr(std::min(address.rfind('@'), address.size() - 1) + 1);
}

smtp::MailCommand mail_of(const MessageRecord& message) {
  smtp::MailCommand mail{.from = message.sender,
                         .smtputf8 = message.smtputf8,
                         .require_tls = message.require_tls,
                         .ret = message.ret,
                         .envid = message.envid};
  if (message.eight_bit) mail.body = smtp::Body::eight_bit_mime;
  return mail;
}

// RFC 3461 4.1: of a failure, unless he said of what.
bool wants_report(const Outcome& outcome) {
  return outcome.notify.empty() || outcome.notify.find("FAILURE") != std::string::npos;
}

bool wants_delay_report(const Outcome& outcome) {
  return outcome.notify.empty() || outcome.notify.find("DELAY") != std::string::npos;
}

void quarantine(const MessageRecord& message, Outcome& outcome, std::string_view why) {
  outcome.state = HomeState::quarantined;
  log::error("E-OWED-6", "{} for {} is quarantined, nobody can be told ({}): {}", message.trace,
             outcome.recipient, why, outcome.words);
}

// Whose message it is, as it was known when it came. Nothing: not known, or ours.
std::optional<smtp::ClientIdentity> client_of(const MessageRecord& message) {
  auto client = smtp::parse_xclient(message.client);
  if (!client || client->address.empty()) return std::nullopt;
  return std::move(*client);
}

}  // namespace

WallTime Owed::first_attempt(WallTime now) const {
  return now + delivery::retry_delay(0);
}

Task<void> Owed::run(net::TaskGroup& group) {
  const auto woken = group.on_stop([this] { news_.notify(); });
  while (!group.stopping()) {
    co_await rooms_.doubts.settle_all();
    rooms_.mirror.notify();  // what was found has a mirror to be made
    co_await work_off(group);
    if (group.stopping()) break;
    co_await news_.wait_for(look_again);
  }
}

Task<void> Owed::work_off(net::TaskGroup& group) {
  auto due = rooms_.journal.owed_due(rooms_.clock.wall(), look_ahead);
  if (!due) {
    log::error("E-OWED-1", "the journal cannot be read: {}", due.error().to_string());
    co_return;
  }
  std::map<std::string, Batch> by_message;
  for (auto& owed : *due) by_message[owed.message.trace].push_back(std::move(owed));
  for (auto& [trace, batch] : by_message) {
    if (busy_.size() >= messages_at_once) break;
    if (busy_.insert(trace).second) group.spawn(attempt_all(std::move(batch)));
  }
}

Task<void> Owed::attempt_all(Batch batch) {
  const std::string trace = batch.front().message.trace;
  for (auto& owed : batch) co_await attempt(std::move(owed));
  busy_.erase(trace);
}

config::GatewaySettings Owed::settings_of(const Pending& owed) const {
  const auto route = gateway_route(rooms_.registry, owed.recipient.recipient);
  const auto* migration = route ? rooms_.registry.settings(route->migration) : nullptr;
  return migration != nullptr ? migration->gateway : config::GatewaySettings{};
}

bool Owed::is_over(const Pending& owed) const {
  return rooms_.clock.wall() - owed.message.at > settings_of(owed).give_up_after;
}

// A mailbox of the account list that is not there yet may still be made (R5).
bool Owed::is_final(const Pending& owed, const Told& told) const {
  if (told.kind != Told::Kind::refused || !told.reply.permanent()) return false;
  const auto route = gateway_route(rooms_.registry, owed.recipient.recipient);
  if (!route || route->account == 0 || !is_unknown(told.reply)) return true;
  return is_last_word(rooms_.registry, route->migration, route->account);
}

Task<void> Owed::attempt(Pending owed) {
  // Nobody but the sender can log in where it would be sent on; only a part of a message that came
  // again gets here (R11).
  if (owed.recipient.instead == Instead::outside) {
    Told unconfirmed{
        Told::Kind::refused,
        smtp::make_reply(554, "5.4.0",
                         "The server for mail to other domains did not confirm that it "
                         "has this message. If it has not arrived, send it again")};
    co_return co_await ended(std::move(owed), std::move(unconfirmed));
  }
  const auto named = gateway_route(rooms_.registry, owed.recipient.recipient);
  std::vector<AccountId> accounts;
  if (named && named->account != 0) accounts.push_back(named->account);
  const Crossing crossing(rooms_.fence, {std::move(accounts), owed.message.trace, {}});
  if (!crossing.entered()) co_return;  // being moved: the next round finds the new home
  auto route = gateway_route(rooms_.registry, owed.recipient.recipient);
  if (route) co_return co_await attempt_home(std::move(owed), std::move(*route));
  // R14: our own domains are never looked up by MX.
  const bool ours = rooms_.registry.routes()->serves_domain(domain_of(owed.recipient.recipient));
  if (!ours && !owed.message.report_on.empty()) co_return co_await attempt_outside(std::move(owed));
  Told nowhere = not_sent("4.3.5", "The gateway does not take mail for this domain any more");
  co_await ended(std::move(owed), std::move(nowhere));
}

Task<void> Owed::attempt_home(Pending owed, migration::Route route) {
  const Instead instead = owed.recipient.instead;
  if (instead != Instead::no && route.home != owed.recipient.home) {
    route = turned_round(std::move(route));
    if (instead == Instead::unknown_at_home) route.mirror.reset();
  }
  owed.recipient.account = route.account;
  owed.recipient.epoch = route.epoch;
  owed.recipient.home = route.home;
  owed.recipient.mirror = route.mirror;
  auto endpoint = home_endpoint(rooms_.registry, route);
  if (!endpoint) {
    Told nowhere = not_sent("4.3.5", endpoint.error().what);
    co_return co_await ended(std::move(owed), std::move(nowhere));
  }
  std::optional<smtp::ClientIdentity> client;
  if (migration::is_told_clients(rooms_.registry, route.migration, route.home))
    client = client_of(owed.message);
  co_await attempt_at(std::move(*endpoint), std::move(owed), true, std::move(client));
}

Task<void> Owed::attempt_outside(Pending owed) {
  std::vector<net::Endpoint> hosts;
  if (rooms_.options.smarthost) {
    hosts.push_back(*rooms_.options.smarthost);
  } else {
    std::string domain(domain_of(owed.recipient.recipient));
    auto found = co_await delivery::exchangers_of(connector_.resolver(), std::move(domain));
    if (!found) {
      Told nowhere = not_sent("4.4.3", found.error().to_string());
      const bool final = found.error().kind == ErrorKind::refused;
      if (final)
        nowhere = {Told::Kind::refused, smtp::make_reply(556, "5.1.10", found.error().what)};
      co_return co_await ended(std::move(owed), std::move(nowhere));
    }
    hosts = std::move(*found);
  }
  for (std::size_t i = 0; i < hosts.size(); ++i) {
    const bool last = i + 1 == hosts.size();
    const bool recorded = co_await attempt_at(hosts[i], owed, last);
    if (recorded) co_return;
  }
}

Task<bool> Owed::attempt_at(net::Endpoint endpoint, Pending owed, bool last,
                            std::optional<smtp::ClientIdentity> client) {
  smtp::MailCommand mail = mail_of(owed.message);
  const Origin origin = migration::origin_of(owed.recipient.home);
  smtp::RcptCommand recipient{owed.recipient.recipient, owed.recipient.notify,
                              owed.recipient.orcpt};
  auto server =
      co_await delivery::Handover::open(rooms_.upstreams, std::move(endpoint), origin,
                                        std::move(mail), std::move(recipient), std::move(client));
  if (!server) {
    if (!server.error().reached && !last) co_return false;
    Told told = told_of(server.error());
    co_await ended(std::move(owed), std::move(told));
    co_return true;
  }
  if (!server->first().positive()) {
    Told told{Told::Kind::refused, server->first()};
    co_await server->finish();
    co_await ended(std::move(owed), std::move(told));
    co_return true;
  }
  co_await send(std::move(*server), std::move(owed));
  co_return true;
}

Task<void> Owed::send(delivery::Handover server, Pending owed) {
  auto reader = rooms_.store.blobs().open(owed.message.blob);
  if (!reader) {
    log::error("E-OWED-2", "{}: its bytes cannot be read: {}", owed.message.trace,
               reader.error().to_string());
    co_await server.finish();
    Told unreadable = not_sent("4.3.0", "The message cannot be read from our own disk");
    co_return co_await ended(std::move(owed), std::move(unreadable));
  }
  const auto sending = co_await rooms_.journal.owed_sending(owed.recipient, rooms_.clock.wall());
  if (!sending) {
    log::info("I-OWED-3", "{}: {}", owed.message.trace, sending.error().to_string());
    co_return co_await server.finish();
  }
  delivery::BodySource body(std::move(*reader));
  auto told = co_await server.deliver(owed.message.received, std::move(body));
  co_await server.finish();
  co_await ended(std::move(owed), std::move(told.front()));
}

Task<void> Owed::ended(Pending owed, Told told) {
  if (told.kind == Told::Kind::silent) co_return;  // owed_sent: a doubt from now on
  const WallTime now = rooms_.clock.wall();
  std::vector<Outcome> outcomes;
  outcomes.push_back({.recipient = owed.recipient.recipient,
                      .state = HomeState::owed,
                      .words = told.reply.to_string(),
                      .due = now + delivery::retry_delay(owed.recipient.attempts + 1),
                      .notify = owed.recipient.notify,
                      .orcpt = owed.recipient.orcpt});
  Outcome& outcome = outcomes.front();
  if (told.kind == Told::Kind::accepted) outcome.state = HomeState::accepted;
  if (is_final(owed, told) || (outcome.state == HomeState::owed && is_over(owed)))
    outcome.state = HomeState::returned;
  if (outcome.state == HomeState::owed && now - owed.message.at > alarm_after)
    log::error(
        "E-OWED-4", "{} is owed to {} for {} min: {}", owed.message.trace, owed.recipient.recipient,
        std::chrono::floor<std::chrono::minutes>(now - owed.message.at).count(), outcome.words);
  auto reports = report(owed.message, outcomes);
  std::optional<ReportMail> one;
  if (!reports.empty()) one.emplace(std::move(reports.front()));
  if (outcome.state == HomeState::owed) one = report_delay(owed, outcome);
  const auto recorded =
      co_await rooms_.journal.owed_ended(owed.recipient, std::move(outcome), std::move(one));
  if (!recorded)
    log::warning("W-OWED-5", "{}: {}", owed.message.trace, recorded.error().to_string());
  rooms_.mirror.notify();
  rooms_.events.publish({.kind = migration::Event::Kind::delivery,
                         .account = owed.recipient.account,
                         .trace_id = owed.message.trace});
}

Result<ReportMail> Owed::write_report(const MessageRecord& message,
                                      const std::vector<Outcome>& outcomes) const {
  if (fails_spf_and_dkim(message.received, rooms_.options.hostname, message.sender))
    return fail(ErrorKind::invalid, "the sender fails SPF and DKIM");
  return reporter_.make(message, outcomes);
}

// Once. There is none on what can have none (a null sender, a report of ours).
std::optional<ReportMail> Owed::report_delay(const Pending& owed, Outcome outcome) const {
  const config::GatewaySettings settings = settings_of(owed);
  const Duration late = rooms_.clock.wall() - owed.message.at;
  if (owed.recipient.delay_told || late < settings.tell_delay_after) return std::nullopt;
  if (owed.message.sender.empty() || !wants_delay_report(outcome)) return std::nullopt;
  outcome.until = owed.message.at + settings.give_up_after;
  auto made = write_report(owed.message, {std::move(outcome)});
  if (!made) return std::nullopt;
  return std::move(*made);
}

std::vector<ReportMail> Owed::report(const MessageRecord& message,
                                     std::vector<Outcome>& outcomes) const {
  std::vector<Outcome> failed;
  for (auto& outcome : outcomes) {
    if (outcome.state != HomeState::returned) continue;
    if (wants_report(outcome))
      failed.push_back(outcome);
    else
      quarantine(message, outcome, "the sender wants no report: NOTIFY=" + outcome.notify);
  }
  std::vector<ReportMail> reports;
  if (failed.empty()) return reports;
  auto made = write_report(message, failed);
  if (made) {
    reports.push_back(std::move(*made));
    return reports;
  }
  for (auto& outcome : outcomes)
    if (outcome.state == HomeState::returned) quarantine(message, outcome, made.error().what);
  return reports;
}

}  // namespace tandem::gateway
