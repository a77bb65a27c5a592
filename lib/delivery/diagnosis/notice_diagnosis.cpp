#include "lib/delivery/diagnosis/notice_diagnosis.hpp"

#include "lib/base/text.hpp"

namespace tandem::delivery {
namespace {

std::string domain_of(std::string_view address) {
  const auto at = address.rfind('@');
  return at == std::string_view::npos ? std::string() : std::string(address.substr(at + 1));
}

// "5.0.0" is what a mail system writes that knows nothing better.
bool says_nothing(std::string_view status) {
  return status.empty() || status.ends_with(".0.0");
}

ServerWords words_of(const mail::Notice& notice, const mail::NoticeRecipient& recipient) {
  const auto& report = recipient.report;
  const bool has_diagnostic = !report.diagnostic.empty();
  auto said = read_server_words(has_diagnostic ? report.diagnostic : recipient.detail);
  if (says_nothing(said.status) && !report.status.empty()) said.status = report.status;
  said.host = report.remote_mta.empty() ? domain_of(report.final_recipient) : report.remote_mta;
  said.stage = read_stage(recipient.detail.empty() ? notice.text : recipient.detail);
  if (has_diagnostic) said.context = recipient.detail;
  // Among several recipients the rest of the text speaks of the others.
  if (notice.recipients.size() == 1 || recipient.detail.empty()) said.context += "\n" + notice.text;
  if (!has_diagnostic && trim(said.text).empty()) said.text = notice.text;
  return said;
}

bool is_success(mail::ReportAction action) {
  return action == mail::ReportAction::delivered || action == mail::ReportAction::relayed ||
         action == mail::ReportAction::expanded;
}

Diagnosis diagnosis_for(const mail::Notice& notice, const mail::NoticeRecipient& recipient,
                        const ServerWords& said) {
  if (notice.kind == mail::NoticeKind::complaint) return diagnosis_of(ErrorClass::complaint);
  if (notice.kind == mail::NoticeKind::auto_reply) return diagnosis_of(ErrorClass::auto_reply);
  if (is_success(recipient.report.action)) return diagnosis_of(ErrorClass::delivered);
  auto diagnosis = diagnose(said);
  // What a program of the recipient's said when it failed (RFC 3464 2.3.6, Postfix's "x-unix").
  if (recipient.report.diagnostic_type == "x-unix" &&
      diagnosis.error_class != ErrorClass::mailbox_full)
    diagnosis = diagnosis_of(ErrorClass::delivery_program);
  if (recipient.report.action == mail::ReportAction::delayed) diagnosis.temporary = true;
  return diagnosis;
}

}  // namespace

std::vector<RecipientDiagnosis> diagnose_notice(const mail::Notice& notice) {
  std::vector<RecipientDiagnosis> all;
  for (const auto& recipient : notice.recipients) {
    const auto said = words_of(notice, recipient);
    all.push_back({.recipient = recipient.report.final_recipient,
                   .said = std::string(trim(said.text)),
                   .diagnosis = diagnosis_for(notice, recipient, said)});
  }
  return all;
}

}  // namespace tandem::delivery
