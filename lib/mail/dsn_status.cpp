// The part of a report that machines read: RFC 3464 2, addresses as in RFC 6533 3.
#include <fmt/core.h>

#include "lib/base/text.hpp"
#include "lib/mail/dsn_parts.hpp"

namespace tandem::mail {
namespace {

class Fields {
 public:
  explicit Fields(bool utf8) : utf8_(utf8) {}

  // A value that is empty makes no field.
  void add(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    text_ += fmt::format("{}: {}\r\n", name, utf8_ ? std::string(value) : ascii(value));
  }
  void add(std::string_view name, std::string_view type, std::string_view value) {
    if (!value.empty()) add(name, fmt::format("{}; {}", type, value));
  }
  void add(std::string_view name, const std::optional<MailDate>& date) {
    if (date) add(name, format_date(*date));
  }
  void add_address(std::string_view name, std::string_view address) {
    if (is_ascii(address))
      add(name, "rfc822", address);
    else
      add(name, "utf-8", utf8_ ? std::string(address) : utf8_address_xtext(address));
  }
  void end_group() { text_ += "\r\n"; }
  [[nodiscard]] std::string take() { return std::move(text_); }

 private:
  // A server's words beyond ASCII in a report of seven bits.
  static std::string ascii(std::string_view text) {
    return is_ascii(text) ? std::string(text) : utf8_address_text(text);
  }
  static std::string utf8_address_text(std::string_view text) {
    std::string out;
    for (const auto word : split(text, ' '))
      out += (out.empty() ? "" : " ") +
             (is_ascii(word) ? std::string(word) : utf8_address_xtext(word));
    return out;
  }

  bool utf8_;
  std::string text_;
};

// ORCPT: "type;address". Of "utf-8" the address is written like every other.
void add_original(Fields& fields, std::string_view orcpt) {
  const auto semicolon = orcpt.find(';');
  if (semicolon == std::string_view::npos) return;
  const auto type = trim(orcpt.substr(0, semicolon));
  const auto address = one_line(orcpt.substr(semicolon + 1));
  if (iequals(type, "rfc822") || iequals(type, "utf-8"))
    fields.add_address("Original-Recipient", undo_utf8_address(address));
  else
    fields.add("Original-Recipient", one_line(type, 60), address);
}

void add_recipient(Fields& fields, const RecipientReport& report) {
  add_original(fields, report.original_recipient);
  fields.add_address("Final-Recipient", one_line(report.final_recipient));
  fields.add("Action", name_of(report.action));
  fields.add("Status", one_line(report.status, 20));
  fields.add("Remote-MTA", "dns", one_line(report.remote_mta, 255));
  fields.add("Diagnostic-Code", one_line(report.diagnostic_type, 60),
             one_line(report.diagnostic, 900));
  fields.add("Last-Attempt-Date", report.last_attempt);
  if (report.action == ReportAction::delayed)
    fields.add("Will-Retry-Until", report.will_retry_until);
}

}  // namespace

std::string dsn_status(const Dsn& dsn, bool utf8) {
  Fields fields(utf8);
  fields.add("Original-Envelope-Id", one_line(dsn.envelope_id, 100));
  fields.add("Reporting-MTA", "dns", one_line(dsn.reporting_mta, 255));
  fields.add("Arrival-Date", dsn.arrival);
  for (const auto& recipient : dsn.recipients) {
    fields.end_group();
    add_recipient(fields, recipient.report);
  }
  return fields.take();
}

}  // namespace tandem::mail
