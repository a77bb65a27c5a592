#include "app/demo/letters.hpp"

#include <array>
#include <fmt/core.h>

#include "lib/base/text.hpp"
#include "lib/mail/date.hpp"
#include "lib/mail/encoded_word.hpp"

namespace tandem::app::demo {
namespace {

struct Text {
  std::string_view subject;
  std::string_view body;
};

constexpr std::array<Text, 6> japanese = {{
    {"【ご確認】来週の定例会議について",
     "お世話になっております。\r\n来週の定例会議は火曜日の十時からとなりました。\r\n"
     "資料は前日までにお送りいたします。\r\nよろしくお願いいたします。\r\n"},
    {"お見積書の送付",
     "平素より大変お世話になっております。\r\nご依頼のお見積書をお送りいたします。\r\n"
     "ご不明な点がございましたらお知らせください。\r\n"},
    {"Re: 請求書の件",
     "ご連絡ありがとうございます。\r\n請求書を拝受いたしました。\r\n"
     "月末までにお振込みいたします。\r\n"},
    {"サーバー移行のお知らせ",
     "今週末にメールサーバーの移行を行います。\r\n設定の変更は必要ありません。\r\n"},
    {"歓迎会のご案内", "新しい仲間の歓迎会を開きます。\r\n参加できる方はご返信ください。\r\n"},
    {"出荷のご連絡",
     "ご注文の品を本日出荷いたしました。\r\n到着まで今しばらくお待ちください。\r\n"},
}};

constexpr std::array<Text, 6> english = {{
    {"Minutes of Monday's meeting",
     "Hello,\r\n\r\nplease find the minutes below. The next meeting is on Tuesday at ten.\r\n\r\n"
     "- budget: approved\r\n- move of the mail: in two weeks\r\n\r\nBest regards\r\n"},
    {"Your order has been shipped", "Your order left our warehouse today.\r\n"},
    {"Re: question about the invoice",
     "Thank you for asking. The amount is right; the date was a slip.\r\n.\r\n"
     ".. and the line above is a lone dot, as some people sign.\r\n"},
    {"Travel plan for Osaka", "Train at 9:03, back at 18:30. Tickets are at the desk.\r\n"},
    {"Weekly report", "Everything is on time. Details next week.\r\n"},
    {"Lunch?", "The soba place at twelve?\r\n"},
}};

std::string plain_part(const Text& text) {
  return fmt::format(
      "Content-Type: text/plain; charset=UTF-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{}",
      text.body);
}

// A made-up attachment whose size grows with the number: 3 to 60 KB.
std::string attachment(std::uint64_t number) {
  std::string content;
  for (std::uint64_t line = 0; line < 40 + number % 17 * 45; ++line)
    content += base64_encode(sha256(fmt::format("{}/{}", number, line))) + "\r\n";
  return content;
}

std::string mixed_part(const Text& text, std::uint64_t number) {
  const std::string boundary = fmt::format("=_aozora_{}", number);
  return fmt::format(
      "Content-Type: multipart/mixed; boundary=\"{0}\"\r\n\r\n--{0}\r\n{1}--{0}\r\n"
      "Content-Type: application/octet-stream; name=\"data-{2}.bin\"\r\n"
      "Content-Transfer-Encoding: base64\r\n"
      "Content-Disposition: attachment; filename=\"data-{2}.bin\"\r\n\r\n{3}--{0}--\r\n",
      boundary, plain_part(text), number, attachment(number));
}

}  // namespace

Letter make_letter(std::uint64_t number, const Person& to, WallTime date) {
  const bool in_japanese = number % 5 < 3;
  const Text& text =
      in_japanese ? japanese[number / 5 % japanese.size()] : english[number / 5 % english.size()];
  const Person& colleague = people[number * 7 % people.size()];
  const std::string sender = fmt::format("{}@partner.example", colleague.local);
  Letter letter{.number = number, .sender = sender};
  letter.bytes = fmt::format(
      "Date: {}\r\nFrom: {} <{}>\r\nTo: {} <{}@{}>\r\nSubject: {}\r\n"
      "Message-ID: <letter-{}@partner.example>\r\nMIME-Version: 1.0\r\n",
      mail::format_date({.time = date, .zone_minutes = 540}),
      mail::encode_header_text(in_japanese ? colleague.japanese : colleague.name, 6), sender,
      mail::encode_header_text(in_japanese ? to.japanese : to.name, 4), to.local, domain,
      mail::encode_header_text(text.subject, 9), number);
  letter.bytes += number % 6 == 5 ? mixed_part(text, number) : plain_part(text);
  return letter;
}

std::optional<std::uint64_t> letter_number(std::string_view message_id) {
  constexpr std::string_view head = "<letter-";
  const std::string_view id = trim(message_id);
  if (!id.starts_with(head) || !id.ends_with("@partner.example>")) return std::nullopt;
  return parse_number(id.substr(head.size(), id.find('@') - head.size()));
}

}  // namespace tandem::app::demo
