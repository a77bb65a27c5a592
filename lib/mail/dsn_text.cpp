// The part of a report that people read, and its subject: first all of it in English, then in
// Japanese, so that each reader meets one language only.
#include <algorithm>
#include <array>
#include <fmt/core.h>

#include "lib/mail/dsn_parts.hpp"

namespace tandem::mail {
namespace {

struct Sentences {
  std::string_view subject;
  std::string_view opening;
};
struct Labels {
  std::string_view cause;
  std::string_view next_step;
  std::string_view words;      // {}: the host that said them
  std::string_view own_words;  // where no host is known
  std::string_view retry;
  std::string_view returned;
};

// One row per ReportAction.
constexpr std::array<Sentences, 5> english = {{
    {"Your message could not be delivered",
     "Your message could not be delivered to the recipients below. It will not be tried again."},
    {"Your message is delayed",
     "Your message has not been delivered to the recipients below yet. It is tried again "
     "automatically; you need not send it once more."},
    {"Your message was delivered", "Your message was delivered to the recipients below."},
    {"Your message was handed on",
     "Your message was handed to a server that reports nothing further, for the recipients below."},
    {"Your message was delivered to a list",
     "Your message was delivered to the mailing lists below. There is no report on their members."},
}};
constexpr std::array<Sentences, 5> japanese = {{
    {"メールを配送できませんでした",
     "お送りになったメールを、下記の宛先に配送できませんでした。再送は行われません。"},
    {"メールの配送が遅れています",
     "お送りになったメールは、下記の宛先にまだ配送されていません。自動で再送しますので、"
     "送り直す必要はありません。"},
    {"メールを配送しました", "お送りになったメールを、下記の宛先に配送しました。"},
    {"メールを中継しました",
     "お送りになったメールを、下記の宛先のため、配送結果を通知しないサーバーに渡しました。"},
    {"メールをメーリングリストに配送しました",
     "お送りになったメールを、下記のメーリングリストに配送しました。個々の参加者については通知され"
     "ません。"},
}};
static_assert(english.size() == std::size_t(ReportAction::expanded) + 1);
static_assert(japanese.size() == english.size());

constexpr Labels english_labels = {"Why",         "What you can do",
                                   "{} said",     "The server said",
                                   "Tried until", "The message, or its header, is attached."};
constexpr Labels japanese_labels = {"原因",       "対処",
                                    "{} の応答",  "サーバーの応答",
                                    "再送の期限", "元のメールまたはそのヘッダーを添付します。"};

// The worst of what is reported names the whole.
std::size_t leading_action(const Dsn& dsn) {
  const auto worst = std::ranges::min(dsn.recipients, {},
                                      [](const DsnRecipient& each) { return each.report.action; });
  return std::size_t(worst.report.action);
}

void add_line(std::string& text, std::string_view label, std::string_view value) {
  if (!value.empty()) text += fmt::format("    {}: {}\r\n", label, one_line(value));
}

void add_recipient(std::string& text, const DsnRecipient& recipient, const Labels& labels,
                   std::string BothLanguages::* language) {
  const auto& report = recipient.report;
  text += fmt::format("  <{}>\r\n", one_line(report.final_recipient));
  add_line(text, labels.cause, recipient.cause.*language);
  add_line(text, labels.next_step, recipient.next_step.*language);
  if (report.remote_mta.empty())
    add_line(text, labels.own_words, report.diagnostic);
  else
    add_line(text, fmt::format(fmt::runtime(labels.words), one_line(report.remote_mta, 255)),
             report.diagnostic);
  if (report.action == ReportAction::delayed && report.will_retry_until)
    add_line(text, labels.retry, format_date(*report.will_retry_until));
  text += "\r\n";
}

// What is the same for several recipients is said once, above them.
void add_language(std::string& text, const Dsn& dsn, const std::array<Sentences, 5>& sentences,
                  const Labels& labels, std::string BothLanguages::* language) {
  for (std::size_t action = 0; action < sentences.size(); ++action) {
    bool opened = false;
    for (const auto& recipient : dsn.recipients) {
      if (std::size_t(recipient.report.action) != action) continue;
      if (!opened) text += fmt::format("{}\r\n\r\n", sentences.at(action).opening);
      opened = true;
      add_recipient(text, recipient, labels, language);
    }
  }
  text += fmt::format("{}\r\n", labels.returned);
}

}  // namespace

std::string dsn_subject(const Dsn& dsn) {
  const auto action = leading_action(dsn);
  return fmt::format("{} / {}", english.at(action).subject, japanese.at(action).subject);
}

std::string dsn_text(const Dsn& dsn) {
  const auto host = one_line(dsn.reporting_mta, 255);
  std::string text = fmt::format("This is the mail system of {}.\r\n\r\n", host);
  add_language(text, dsn, english, english_labels, &BothLanguages::en);
  text += fmt::format("\r\n----\r\n\r\n{} のメールシステムからのお知らせです。\r\n\r\n", host);
  add_language(text, dsn, japanese, japanese_labels, &BothLanguages::ja);
  return text;
}

}  // namespace tandem::mail
