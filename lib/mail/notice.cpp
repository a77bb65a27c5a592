#include "lib/mail/notice.hpp"

#include <algorithm>
#include <array>

#include "lib/base/text.hpp"
#include "lib/mail/charset.hpp"
#include "lib/mail/encoded_word.hpp"
#include "lib/mail/mbox.hpp"
#include "lib/mail/notice_parts.hpp"

namespace tandem::mail {
namespace {

constexpr std::array<std::string_view, 4> kind_names = {"report", "bounce", "complaint",
                                                        "auto_reply"};
static_assert(kind_names.size() == std::size_t(NoticeKind::auto_reply) + 1);

// The first part of that type outside of returned messages.
const Part* find_type(const Part& part, std::string_view type, std::string_view subtype) {
  if (part.type == type && part.subtype == subtype) return &part;
  if (!part.is_multipart()) return nullptr;
  for (const auto& child : part.children)
    if (const auto* const found = find_type(child, type, subtype)) return found;
  return nullptr;
}

const Part* find_status(const Part& root) {
  const auto* const found = find_type(root, "message", "delivery-status");
  return found ? found : find_type(root, "message", "global-delivery-status");
}

std::vector<std::string> addresses_of(const HeaderView& header, std::string_view name) {
  std::vector<std::string> all;
  for (const auto* const field : header.all(name))
    for (const auto address : addresses_in(field->value)) all.emplace_back(address);
  return all;
}

bool contains(std::string_view text, std::initializer_list<std::string_view> words) {
  const auto low = lower(text);
  return std::ranges::any_of(
      words, [&](std::string_view word) { return low.find(word) != std::string::npos; });
}

// Who writes bounces, as far as it can be seen.
bool is_from_system(const HeaderView& header) {
  const auto from = header.text("From");
  return header.find("X-Failed-Recipients") ||
         contains(from,
                  {"mailer-daemon", "postmaster", "mail delivery", "mail-daemon", "mailerdaemon"});
}

bool is_automatic(const HeaderView& header) {
  const auto subject = decode_header_text(header.text("Subject"));
  return istarts_with(header.text("Auto-Submitted"), "auto-replied") ||
         header.find("X-Autoreply") || header.find("X-Autorespond") ||
         header.find("X-Auto-Response-Suppress") ||
         contains(header.text("Precedence"), {"auto_reply", "auto-reply"}) ||
         contains(subject, {"out of office", "auto-reply", "auto reply", "autoreply", "auto:",
                            "automatic reply", "vacation", "自動応答", "自動返信", "不在"});
}

void read_complaint(Notice& notice, std::string_view message, const Part& part) {
  notice.kind = NoticeKind::complaint;
  const auto text = decode_body(message, part, max_notice_text);
  const HeaderView fields(text);
  for (const auto& address : addresses_of(fields, "Original-Rcpt-To"))
    if (notice.recipients.size() < max_notice_recipients)
      notice.recipients.push_back({.report = {.final_recipient = address}});
  notice.reporting_mta = fields.text("Reporting-MTA");
}

// What the text says of each recipient of the report.
void add_details(Notice& notice) {
  std::vector<std::string> failed;
  for (const auto& each : notice.recipients) failed.push_back(each.report.final_recipient);
  for (auto& found : recipients_in_text(notice.text, failed, {}))
    for (auto& each : notice.recipients)
      if (iequals(each.report.final_recipient, found.report.final_recipient))
        each.detail = found.detail;
}

void take_report(Notice& notice, DeliveryReport report) {
  notice.kind = NoticeKind::report;
  notice.reporting_mta = std::move(report.reporting_mta);
  for (auto& each : report.recipients) notice.recipients.push_back({.report = std::move(each)});
  add_details(notice);
}

// A report, if there is a part for it or its fields stand in the text (as where it was forwarded).
bool read_report(Notice& notice, std::string_view message, const Part& root) {
  const auto* const part = find_status(root);
  auto report = part ? read_delivery_status(decode_body(message, *part, max_notice_text))
                     : read_delivery_status(notice.text);
  if (report.recipients.empty()) return false;
  take_report(notice, std::move(report));
  return true;
}

void read_bounce(Notice& notice, const HeaderView& header) {
  const auto failed = addresses_of(header, "X-Failed-Recipients");
  auto others = addresses_of(header, "To");
  for (const std::string_view name : {"From", "Reply-To", "Sender", "Return-Path"})
    std::ranges::move(addresses_of(header, name), std::back_inserter(others));
  notice.recipients = recipients_in_text(notice.text, failed, others);
}

// A bounce that somebody forwarded, or that a gateway wrapped in a notice of its own.
std::string_view wrapped_report(std::string_view message, const Part& part) {
  if (part.is_message()) {
    const auto& root = part.children.front();
    const bool report = root.type == "multipart" && root.subtype == "report";
    return report ? message.substr(part.body_begin, part.body_size()) : std::string_view();
  }
  for (const auto& child : part.children)
    if (const auto found = wrapped_report(message, child); !found.empty()) return found;
  return {};
}

Notice read_own(std::string_view message, const Part& root) {
  Notice notice;
  const HeaderView header(message);
  notice.text = notice_text(message, root);
  // A multipart that is broken: its bytes as they are.
  if (trim(notice.text).empty())
    notice.text =
        without_original(guess_to_utf8(message.substr(header.block_size(), max_notice_text)));
  if (const auto* const complaint = find_type(root, "message", "feedback-report")) {
    read_complaint(notice, message, *complaint);
  } else if (istarts_with(header.text("Subject"), "complaint about message from ")) {
    notice.kind = NoticeKind::complaint;  // as Outlook.com's, which has no such part
  } else if (!read_report(notice, message, root)) {
    if (is_automatic(header) && !is_from_system(header))
      notice.kind = NoticeKind::auto_reply;
    else
      read_bounce(notice, header);
  }
  return notice;
}

}  // namespace

std::string_view name_of(NoticeKind kind) {
  return kind_names.at(std::size_t(kind));
}

bool looks_like_message(std::string_view text) {
  const HeaderView header(text, {.bytes = 64 * 1024, .fields = 500});
  const auto named =
      std::ranges::count_if(header, [](const HeaderField& field) { return !field.name.empty(); });
  return named >= 2 && (header.find("From") || header.find("Subject") || header.find("Received") ||
                        header.find("Content-Type"));
}

Notice read_notice(std::string_view message) {
  const auto root = parse_message(message);
  auto notice = read_own(message, root);
  if (notice.recipients.empty()) {
    auto wrapped = wrapped_report(message, root);
    if (wrapped.empty()) wrapped = message_behind_from_line(message);
    if (!wrapped.empty()) notice = read_own(wrapped, parse_message(wrapped));
  }
  if (notice.recipients.empty())
    notice.recipients.push_back({.detail = notice.text.substr(0, max_notice_detail)});
  return notice;
}

}  // namespace tandem::mail
