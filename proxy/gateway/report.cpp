#include "proxy/gateway/report.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/text.hpp"
#include "lib/delivery/diagnosis/diagnosis.hpp"
#include "lib/mail/dsn.hpp"
#include "lib/mail/received.hpp"
#include "lib/protocol/smtp/xtext.hpp"
#include "proxy/gateway/rooms.hpp"

namespace tandem::gateway {
namespace {

// "550 5.1.1 No such user" has 5.1.1; a temporary refusal that lasted until the end is 5.4.7
// (RFC 3463 3.5, delivery time expired).
std::string status_of(std::string_view words, bool is_late) {
  const auto parts = split(words, ' ');
  const std::string start = is_late ? "4." : "5.";
  const bool fits = words.starts_with(start.front());
  if (!fits) return start + "4.7";
  const bool has_enhanced = parts.size() > 1 && parts[1].size() >= 5 && parts[1].starts_with(start);
  return has_enhanced ? std::string(parts[1]) : start + "0.0";
}

// What a sender gave as xtext, fit for a field of the report (T-21); else empty.
std::string plain_text(const std::string& xtext) {
  const auto text = smtp::decode_xtext(xtext);
  const auto control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (!text || std::ranges::any_of(*text, control)) return "";
  return *text;
}

mail::DsnRecipient recipient_of(const Outcome& outcome, WallTime now) {
  const bool is_late = outcome.until.has_value();
  mail::DsnRecipient one;
  one.report.original_recipient = plain_text(outcome.orcpt);
  one.report.final_recipient = outcome.recipient;
  one.report.action = is_late ? mail::ReportAction::delayed : mail::ReportAction::failed;
  one.report.status = status_of(outcome.words, is_late);
  one.report.diagnostic = outcome.words;
  if (is_late) one.report.will_retry_until = mail::MailDate{.time = *outcome.until};
  one.report.last_attempt = mail::MailDate{.time = now};
  const auto meaning = delivery::diagnose(delivery::read_server_words(outcome.words));
  one.cause = meaning.cause;
  one.next_step = meaning.next_step;
  return one;
}

}  // namespace

Result<ReportMail> Reporter::make(const MessageRecord& message,
                                  const std::vector<Outcome>& outcomes) const {
  const WallTime now = clock_.wall();
  const std::string trace = new_trace_id();
  mail::Dsn dsn{.to = message.sender,
                .reporting_mta = hostname_,
                .message_id = trace + "@" + hostname_,
                .date = {.time = now},
                .envelope_id = plain_text(message.envid),
                .arrival = mail::MailDate{.time = message.at},
                .original_size = message.blob.size,
                // RFC 8689 5: what was not to be sent without TLS is not sent back.
                .return_full = message.ret == "FULL" && !message.require_tls,
                .smtputf8 = message.smtputf8};
  for (const auto& one : outcomes) dsn.recipients.push_back(recipient_of(one, now));
  const std::uint64_t most =
      dsn.return_full ? mail::max_returned_message : mail::max_returned_header;
  const auto original = store_.blobs().read(message.blob, 0, most);
  if (original) dsn.original = *original;
  const auto written = mail::write_dsn(dsn);
  if (!written) return fail(written.error());

  const mail::TraceStamp stamp{.helo = hostname_,
                               .client_address = "127.0.0.1",
                               .by = hostname_,
                               .protocol = "ESMTP",
                               .trace_id = trace,
                               .for_recipient = message.sender,
                               .date = {.time = now}};
  const auto route = gateway_route(registry_, message.sender);
  ReportMail report{.message = {.trace = trace,
                                .at = now,
                                .received = mail::make_received(stamp),
                                .smtputf8 = written->smtputf8,
                                .eight_bit = written->eight_bit,
                                .require_tls = message.require_tls,
                                .report_on = message.trace,
                                .message_id = "<" + dsn.message_id + ">",
                                .size = written->bytes.size()},
                    .recipient = {.trace = trace,
                                  .recipient = message.sender,
                                  .account = route ? route->account : 0,
                                  .home_state = HomeState::owed,
                                  .due = now,
                                  .notify = "NEVER"},
                    .bytes = store_.draft()};
  if (auto taken = report.bytes.append(written->bytes); !taken) return fail(taken.error());
  return report;
}

}  // namespace tandem::gateway
