// Writes delivery status notifications of several kinds into a folder, for test_reports.py: what we
// write must be read by others as we mean it.
#include <filesystem>
#include <fmt/core.h>
#include <fstream>

#include "lib/mail/dsn.hpp"

using namespace tandem;

namespace {

constexpr std::string_view original =
    "Message-ID: <original@sender.example>\r\nSubject: hello\r\n\r\nThe body.\r\n";
constexpr std::string_view original_8bit =
    "Message-ID: <original@sender.example>\r\nSubject: \xE3\x81\x82\r\n\r\n\xE3\x81\x84\r\n";

mail::Dsn basic() {
  mail::Dsn dsn{.to = "sender@sender.example",
                .reporting_mta = "gate.example.jp",
                .message_id = "report@gate.example.jp",
                .date = {WallTime(std::chrono::hours(496'000)), 540},
                .envelope_id = "QQ314159",
                .original = original};
  dsn.recipients.push_back({.report = {.original_recipient = "rfc822;Taro@example.jp",
                                       .final_recipient = "taro@example.jp",
                                       .status = "5.1.1",
                                       .remote_mta = "mx.example.jp",
                                       .diagnostic = "550 5.1.1 User unknown"},
                            .cause = {"No such address.", "宛先が存在しません。"},
                            .next_step = {"Check it.", "確認してください。"}});
  return dsn;
}

void write(const std::filesystem::path& folder, std::string_view name, const mail::Dsn& dsn) {
  const auto written = mail::write_dsn(dsn);
  if (!written) {
    fmt::print(stderr, "{}: {}\n", name, written.error().to_string());
    std::exit(1);
  }
  std::ofstream(folder / name, std::ios::binary) << written->bytes;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  const std::filesystem::path folder = argv[1];
  auto dsn = basic();
  write(folder, "headers", dsn);
  dsn.return_full = true;
  write(folder, "full", dsn);
  dsn.original = original_8bit;
  write(folder, "eight_bit", dsn);

  dsn = basic();
  dsn.recipients.push_back(dsn.recipients[0]);
  dsn.recipients[1].report.action = mail::ReportAction::delayed;
  dsn.recipients[1].report.final_recipient = "hanako@example.jp";
  dsn.recipients[1].report.will_retry_until = dsn.date;
  write(folder, "two", dsn);

  dsn = basic();
  dsn.recipients[0].report.final_recipient = "太郎@例え.jp";
  write(folder, "utf8_in_seven_bits", dsn);
  dsn.smtputf8 = true;
  dsn.to = "花子@例え.jp";
  write(folder, "utf8", dsn);
  return 0;
}
