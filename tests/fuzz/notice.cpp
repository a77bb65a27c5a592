// A bounce of anybody's making: who is spoken of, what it means. And the words of a server in a
// report that we write: whatever they are, the report is clean and reads back with its recipients.
#include <string>

#include "lib/base/text.hpp"
#include "lib/delivery/diagnosis/notice_diagnosis.hpp"
#include "lib/mail/dsn.hpp"
#include "lib/mail/mbox.hpp"
#include "tests/fuzz/target.hpp"

using namespace tandem;

namespace {

void explain(std::string_view message) {
  const auto notice = mail::read_notice(message);
  fuzz::require(!notice.recipients.empty(), "there is somebody to speak of");
  for (const auto& each : delivery::diagnose_notice(notice)) {
    fuzz::require(!each.diagnosis.cause.en.empty() && !each.diagnosis.cause.ja.empty(),
                  "there is a cause in both languages");
    fuzz::require(!each.diagnosis.next_step.en.empty(), "there is a next step");
  }
}

void write(std::string_view words, bool smtputf8) {
  const std::string text(words);
  mail::Dsn dsn{.to = "sender@example.com",
                .reporting_mta = text,
                .message_id = text,
                .envelope_id = text,
                .smtputf8 = smtputf8};
  dsn.recipients.push_back({.report = {.original_recipient = text,
                                       .final_recipient = "a@example.jp",
                                       .status = text,
                                       .remote_mta = text,
                                       .diagnostic = text},
                            .cause = {text, text}});
  dsn.recipients.push_back({.report = {.final_recipient = "b@example.jp"}});
  const auto written = mail::write_dsn(dsn);
  fuzz::require(written.has_value(), "a report is written");
  fuzz::require(fuzz::is_clean(written->bytes), "a report is clean");
  fuzz::require(is_utf8(written->bytes), "a report is UTF-8");
  const auto notice = mail::read_notice(written->bytes);
  fuzz::require(notice.kind == mail::NoticeKind::report, "a report reads back as one");
  fuzz::require(notice.recipients.size() == 2, "a report reads back with its recipients");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  explain(input);
  for (const auto message : mail::split_mbox(input)) explain(message);
  (void)delivery::diagnose(delivery::read_server_words(input));
  write(input, size % 2 == 0);
  return 0;
}
