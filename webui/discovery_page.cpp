// The page for people: what to type where a program does not find it by itself, and Apple's
// profile. The same for everybody; no script, no cookie.
#include <array>
#include <fmt/format.h>
#include <iterator>

#include "webui/discovery.hpp"
#include "webui/markup.hpp"

namespace tandem::webui {
namespace {

struct Words {
  std::string_view language, other_language, other;
  std::string_view title, lead, by_hand, user, password, apple, apple_lead, address, get, none;
  std::array<std::string_view, 4> heads;
  std::array<std::string_view, 3> services;  // imap, pop3, submission
};

constexpr Words english = {
    "en",
    "ja",
    "日本語",
    "Set up your mail program",
    "In Thunderbird, K-9 Mail, Evolution, KMail and many others: add an account and type your "
    "name, "
    "your mail address and your password. They find the rest by themselves.",
    "If your program asks for servers (Outlook, for example)",
    "User name: your whole mail address.",
    "Password: the one you read your mail with.",
    "iPhone, iPad, Mac",
    "Type your mail address and install the profile that is loaded (Settings: Profile Downloaded). "
    "The device then asks for your password; it is not in the profile.",
    "Mail address",
    "Load the profile",
    "No mailboxes are offered to programs here.",
    {"For", "Server", "Port", "Security"},
    {"Reading mail (IMAP)", "Reading mail (POP3)", "Sending mail (SMTP)"}};

constexpr Words japanese_words = {
    "ja",
    "en",
    "English",
    "メールソフトの設定",
    "Thunderbird、K-9 Mail、Evolution、KMail "
    "など多くのソフトでは、アカウントの追加で名前・メールアドレス・"
    "パスワードを入力するだけです。残りは自動で設定されます。",
    "サーバーの入力を求められたとき(Outlook など)",
    "ユーザー名: メールアドレス全体",
    "パスワード: いつもメールを読むときのパスワード",
    "iPhone・iPad・Mac",
    "メールアドレスを入力し、読み込まれたプロファイルをインストールしてください(設定 → "
    "プロファイルがダウンロードされました)。パスワードはプロファイルに含まれず、端末が尋ねます。",
    "メールアドレス",
    "プロファイルを読み込む",
    "ここではメールソフト向けのメールボックスを提供していません。",
    {"用途", "サーバー", "ポート", "暗号化"},
    {"受信(IMAP)", "受信(POP3)", "送信(SMTP)"}};

std::string_view service_name(const Words& words, std::string_view protocol) {
  if (protocol == "imap") return words.services[0];
  return protocol == "pop3" ? words.services[1] : words.services[2];
}

std::string table_of(const ClientSetup& setup, const Words& words) {
  std::string rows;
  for (const auto& service : setup.services)
    fmt::format_to(std::back_inserter(rows),
                   "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td><td>{}</td></tr>\n",
                   service_name(words, service.protocol), xml_escaped(setup.hostname), service.port,
                   service.implicit_tls ? "SSL/TLS" : "STARTTLS");
  return fmt::format(
      "<table>\n<tr><th scope=\"col\">{}</th><th scope=\"col\">{}</th><th scope=\"col\">{}</th>"
      "<th scope=\"col\">{}</th></tr>\n{}</table>",
      words.heads[0], words.heads[1], words.heads[2], words.heads[3], rows);
}

std::string body_of(const ClientSetup& setup, const Words& words) {
  if (setup.services.empty()) return fmt::format("<p>{}</p>", words.none);
  return fmt::format(
      R"(<p>{lead}</p>
<h2>{by_hand}</h2>
{table}
<p>{user}<br>{password}</p>
<h2>{apple}</h2>
<p>{apple_lead}</p>
<form action="{profile}"><label>{address} <input name="address" type="email" autocomplete="email" required></label>
<button>{get}</button></form>)",
      fmt::arg("lead", words.lead), fmt::arg("by_hand", words.by_hand),
      fmt::arg("table", table_of(setup, words)), fmt::arg("user", words.user),
      fmt::arg("password", words.password), fmt::arg("apple", words.apple),
      fmt::arg("apple_lead", words.apple_lead), fmt::arg("profile", profile_path),
      fmt::arg("address", words.address), fmt::arg("get", words.get));
}

}  // namespace

std::string setup_page(const ClientSetup& setup, bool japanese) {
  const Words& words = japanese ? japanese_words : english;
  return fmt::format(R"(<!doctype html>
<html lang="{0}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>{1}</title><link rel="stylesheet" href="/mail/setup.css"></head>
<body><main><h1>{1}</h1>
{2}
</main><footer><p><a href="{3}?lang={4}" lang="{4}" hreflang="{4}">{5}</a></p></footer></body></html>
)",
                     words.language, words.title, body_of(setup, words), setup_page_path,
                     words.other_language, words.other);
}

}  // namespace tandem::webui
