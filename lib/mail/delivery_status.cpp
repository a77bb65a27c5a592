// The part of a bounce that machines write (RFC 3464 2), read tolerantly: the fields of the message
// and of each recipient.
#include <algorithm>

#include "lib/base/text.hpp"
#include "lib/mail/notice_parts.hpp"

namespace tandem::mail {
namespace {

// "rfc822; taro@a.jp": RFC 3464 2.1.2. A value without a type has an empty one.
struct Typed {
  std::string type;  // lower case
  std::string value;
};

Typed typed(std::string_view value) {
  const auto semicolon = value.find(';');
  const auto type = trim(value.substr(0, semicolon));
  const bool has_type = semicolon != std::string_view::npos && type.size() <= 40 &&
                        type.find_first_of(" @<:") == std::string_view::npos;
  if (!has_type) return {"", std::string(trim(value))};
  return {lower(type), std::string(trim(value.substr(semicolon + 1)))};
}

// RFC 3464 allows comments behind most values: "5.1.1 (unknown)".
std::string first_word(std::string_view value) {
  value = trim(value);
  return std::string(value.substr(0, value.find_first_of(" \t(")));
}

std::string comment_of(std::string_view value) {
  const auto begin = value.find('(');
  const auto end = value.rfind(')');
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return "";
  return std::string(value.substr(begin + 1, end - begin - 1));
}

std::string address_of(std::string_view value) {
  auto [type, address] = typed(value);
  if (type == "utf-8") address = undo_utf8_address(address);
  const auto found = addresses_in(address);
  return std::string(found.empty() ? std::string_view(address) : found.front());
}

// The fields about one recipient.
class Group {
 public:
  [[nodiscard]] bool has(std::string_view name) const {
    return std::ranges::any_of(fields_,
                               [&](const HeaderField& field) { return iequals(field.name, name); });
  }
  [[nodiscard]] std::string text(std::string_view name) const {
    for (const auto& field : fields_)
      if (iequals(field.name, name)) return unfold(field.value);
    return "";
  }
  [[nodiscard]] bool is_recipient() const {
    return has("Final-Recipient") || has("Original-Recipient") || (has("Status") && has("Action"));
  }
  void add(const HeaderField& field) { fields_.push_back(field); }

 private:
  std::vector<HeaderField> fields_;
};

RecipientReport recipient(const Group& group) {
  RecipientReport report;
  report.original_recipient = group.text("Original-Recipient");
  report.final_recipient = address_of(group.text("Final-Recipient"));
  if (report.final_recipient.empty())
    report.final_recipient = address_of(report.original_recipient);
  const auto action = parse_report_action(first_word(group.text("Action")));
  report.status = first_word(group.text("Status"));
  if (action)
    report.action = *action;
  else if (report.status.starts_with('4'))
    report.action = ReportAction::delayed;
  report.remote_mta = first_word(typed(group.text("Remote-MTA")).value);
  const auto diagnostic = typed(group.text("Diagnostic-Code"));
  report.diagnostic = diagnostic.value;
  if (!diagnostic.type.empty()) report.diagnostic_type = diagnostic.type;
  if (report.diagnostic.empty()) report.diagnostic = comment_of(group.text("Status"));
  report.last_attempt = parse_date(group.text("Last-Attempt-Date"));
  report.will_retry_until = parse_date(group.text("Will-Retry-Until"));
  return report;
}

void add_group(DeliveryReport& report, const Group& group) {
  if (const auto mta = group.text("Reporting-MTA"); !mta.empty() && report.reporting_mta.empty()) {
    report.reporting_mta = first_word(typed(mta).value);
    report.envelope_id = group.text("Original-Envelope-Id");
    report.arrival = parse_date(group.text("Arrival-Date"));
  }
  if (group.is_recipient() && report.recipients.size() < max_notice_recipients)
    report.recipients.push_back(recipient(group));
}

// Some write no empty line between two recipients: the field that comes again begins the next.
void add_block(DeliveryReport& report, const HeaderView& block) {
  Group group;
  for (const auto& field : block) {
    const bool names =
        iequals(field.name, "Final-Recipient") || iequals(field.name, "Original-Recipient");
    if (names && group.has(field.name)) {
      add_group(report, group);
      group = Group();
    }
    group.add(field);
  }
  add_group(report, group);
}

}  // namespace

DeliveryReport read_delivery_status(std::string_view text) {
  DeliveryReport report;
  while (!text.empty()) {
    const HeaderView block(text);
    add_block(report, block);
    text.remove_prefix(std::max<std::size_t>(block.block_size(), 1));
  }
  return report;
}

}  // namespace tandem::mail
