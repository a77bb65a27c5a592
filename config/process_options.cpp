// The keys of tandemail.conf: each is declared here and nowhere else.
#include <algorithm>

#include "config/endpoint.hpp"
#include "config/option_row.hpp"
#include "config/process_settings.hpp"
#include "config/units.hpp"

namespace tandem::config {
namespace {

using Settings = ProcessSettings;

template <std::vector<ListenAddress> ListenSettings::* list>
Outcome set_listen(Settings& settings, const Value& value) {
  auto& addresses = settings.listen.*list;
  if (value.first) addresses.clear();
  if (iequals(value.text, "off")) return std::nullopt;
  auto address = parse_listen(value.text);
  if (!address)
    return Fault{fmt::format("\"{}\" is not an address with a port.", printable(value.text, 60)),
                 "Write 0.0.0.0:25, [::]:25, 127.0.0.1:8080 or off."};
  addresses.push_back(std::move(*address));
  return std::nullopt;
}

// Certificates and keys make pairs in their order.
template <std::string CertificateFiles::* member>
Outcome set_tls(Settings& settings, const Value& value) {
  for (auto& pair : settings.tls)
    if ((pair.*member).empty()) return take_path(pair.*member, value);
  return take_path(settings.tls.emplace_back().*member, value);
}

Outcome set_hostname(Settings& settings, const Value& value) {
  auto name = parse_domain(value.text, true);
  if (!name)
    return Fault{fmt::format("\"{}\" is not a host name.", printable(value.text, 60)),
                 "Write it like mail.example.jp."};
  settings.hostname = std::move(*name);
  return std::nullopt;
}

Outcome set_grace(Settings& settings, const Value& value) {
  const auto grace = parse_duration(value.text);
  if (!grace || *grace > std::chrono::minutes(10))
    return Fault{fmt::format("\"{}\" is not a time up to 10 min.", printable(value.text, 60)),
                 "Write it with its unit, like 30s or 2min."};
  settings.shutdown_grace = *grace;
  return std::nullopt;
}

Outcome set_message_size(Settings& settings, const Value& value) {
  constexpr std::uint64_t least = 64ULL << 10;  // RFC 5321 4.5.3.1.7
  constexpr std::uint64_t most = 2ULL << 30;
  const auto size = parse_size(value.text);
  if (!size || *size < least || *size > most)
    return Fault{fmt::format("\"{}\" is not a size from 64K to 2G.", printable(value.text, 60)),
                 "Write it like 100M."};
  settings.limits.message_size = *size;
  return std::nullopt;
}

Outcome set_greet_pause(Settings& settings, const Value& value) {
  const auto pause = parse_duration(value.text);
  if (!pause || *pause > std::chrono::seconds(30))
    return Fault{fmt::format("\"{}\" is not a time up to 30 s.", printable(value.text, 60)),
                 "Write it with its unit, like 2s; 0s greets at once."};
  settings.smtp.greet_pause = *pause;
  return std::nullopt;
}

Outcome set_smarthost(Settings& settings, const Value& value) {
  auto endpoint = parse_endpoint(value.text, net::Protocol::smtp);
  if (!endpoint) return Fault{endpoint.error().what, endpoint.error().next_step};
  settings.smarthost = std::move(*endpoint);
  return std::nullopt;
}

Outcome take_addresses(net::AddressSet& into, const Value& value) {
  for (const auto& word : parse_list(value.text))
    if (const auto added = into.add(word); !added)
      return Fault{added.error().what, added.error().next_step};
  return std::nullopt;
}

Outcome set_proxy_protocol_only(Settings& settings, const Value& value) {
  constexpr std::string_view ports[] = {"smtp", "submission", "submissions", "relay",
                                        "imap", "imaps",      "pop3",        "pop3s"};
  for (const auto& word : parse_list(value.text)) {
    if (std::ranges::find(ports, word) == std::end(ports))
      return Fault{fmt::format("\"{}\" is no mail port of [listen].", printable(word, 60)),
                   "Write names like smtp, imaps; several with commas between."};
    settings.trust.proxy_protocol_only.push_back(word);
  }
  return std::nullopt;
}

Outcome set_milter(Settings& settings, const Value& value) {
  auto address = net::parse_milter_address(value.text);
  if (!address) return Fault{address.error().what, address.error().next_step};
  settings.milters.push_back(std::move(*address));
  return std::nullopt;
}

Outcome set_milter_when_down(Settings& settings, const Value& value) {
  return take_choice<MilterWhenDown>(
      settings.milter_when_down, value,
      {{"accept", MilterWhenDown::accept}, {"tempfail", MilterWhenDown::tempfail}});
}

Outcome set_server_domains(Settings& settings, const Value& value) {
  for (const auto& word : parse_list(value.text)) {
    auto domain = parse_domain(word);
    if (!domain)
      return Fault{fmt::format("\"{}\" is not a domain.", printable(word, 60)),
                   "Write it like example.jp; several with commas between."};
    settings.server_domains.push_back(std::move(*domain));
  }
  return std::nullopt;
}

Outcome set_log_level(Settings& settings, const Value& value) {
  using log::Level;
  return take_choice<Level>(settings.log.level, value,
                            {{"debug", Level::debug},
                             {"info", Level::info},
                             {"warning", Level::warning},
                             {"error", Level::error},
                             {"off", Level::off}});
}

constexpr std::string_view listen_limits = "address:port, or off; port 0: any free one";

constexpr Option listen_option(std::string_view name, std::string_view fallback,
                               std::string_view example, std::string_view help,
                               std::string_view help_ja) {
  return {.section = "listen",
          .name = name,
          .type = "address",
          .fallback = fallback,
          .limits = listen_limits,
          .example = example,
          .help = help,
          .help_ja = help_ja,
          .repeatable = true};
}

// clang-format off
constexpr std::array<Row<Settings>, 40> rows = {{
    {{.name = "data", .type = "path", .fallback = "/var/lib/tandemail",
      .help = "Folder of the ledger and the messages; made with mode 0700.",
      .help_ja = "台帳とメール本文を置くフォルダー(モード 0700 で作成)。"},
     [](Settings& s, const Value& v) { return take_path(s.data, v); }},
    {{.name = "hostname", .type = "host name", .example = "mail.example.jp",
      .help = "Our name in greetings and Received lines; default: the machine's own name.",
      .help_ja = "挨拶文と Received 行で名乗る名前。省略時はこのマシンの名前。"},
     set_hostname},
    {{.name = "secrets_key", .type = "path", .fallback = "/etc/tandemail/secrets.key",
      .limits = "outside data; mode 0600",
      .help = "File of the key that seals stored passwords; made on first use.",
      .help_ja = "保存するパスワードを封印する鍵のファイル。初回に作成されます。"},
     [](Settings& s, const Value& v) { return take_path(s.secrets_key, v); }},
    {{.name = "threads", .type = "number", .fallback = "0", .limits = "0 to 256; 0: one per core",
      .help = "Threads that serve connections.",
      .help_ja = "接続を処理するスレッド数。0 はコア数と同じ。"},
     [](Settings& s, const Value& v) { return take_number(s.threads, v, 0, 256); }},
    {{.name = "shutdown_grace", .type = "time", .fallback = "30s", .limits = "up to 10min",
      .help = "How long sessions may finish their work when the process stops.",
      .help_ja = "停止時に、処理中のセッションの完了を待つ時間。"},
     set_grace},
    {{.name = "smarthost", .type = "URL", .limits = "smtp:// smtps://",
      .help = "Where delivery reports to outside senders are handed in; default: the sender's own MX.",
      .help_ja = "外部の差出人への不達通知を渡すサーバー。省略時は差出人のドメインの MX。"},
     set_smarthost},
    {{.name = "smarthost_user", .type = "text",
      .help = "Log-in name at the smarthost, where it wants one.",
      .help_ja = "smarthost のログイン名(必要な場合)。"},
     [](Settings& s, const Value& v) { return take_text(s.smarthost_user, v); }},
    {{.name = "smarthost_password_file", .type = "path", .limits = "mode 0600",
      .help = "File with its password; it is only ever shown under TLS.",
      .help_ja = "そのパスワードを書いたファイル(TLS でのみ送信)。"},
     [](Settings& s, const Value& v) { return take_path(s.smarthost_password_file, v); }},
    {{.name = "milter", .type = "address", .limits = "inet:host:port, unix:/path; this machine or a private network",
      .example = "inet:127.0.0.1:11332",
      .help = "Filter (rspamd, OpenDKIM …) that judges mail at the gateway and writes Authentication-Results; several: asked in this order.",
      .help_ja = "ゲートウェイのメールを判定し Authentication-Results を書くフィルター(rspamd、OpenDKIM など)。複数ならこの順に問い合わせ。",
      .repeatable = true},
     set_milter},
    {{.name = "milter_when_down", .type = "choice", .fallback = "accept", .limits = "accept, tempfail",
      .help = "A filter that does not answer: accept goes on without it, tempfail lets senders try again.",
      .help_ja = "フィルターが応答しないとき: accept は判定なしで配送、tempfail は差出人側に再送させる。"},
     set_milter_when_down},

    {listen_option("smtp", "", "0.0.0.0:25", "Mail from other servers (SMTP with STARTTLS).",
                   "他のサーバーからの受信(SMTP、STARTTLS)。"), set_listen<&ListenSettings::smtp>},
    {listen_option("submission", "", "0.0.0.0:587", "Mail from people's clients (STARTTLS).",
                   "利用者からの送信(STARTTLS)。"), set_listen<&ListenSettings::submission>},
    {listen_option("submissions", "", "0.0.0.0:465", "Mail from people's clients (TLS).",
                   "利用者からの送信(TLS)。"), set_listen<&ListenSettings::submissions>},
    {listen_option("relay", "", "192.0.2.1:2525",
                   "Mail from scanners and web forms, without log-in: from those that a migration's [relay] lists.",
                   "ログインできない複合機や Web フォームからの送信([relay] に登録した機器のみ)。"),
     set_listen<&ListenSettings::relay>},
    {listen_option("imap", "", "0.0.0.0:143", "IMAP with STARTTLS.",
                   "IMAP(STARTTLS)。"), set_listen<&ListenSettings::imap>},
    {listen_option("imaps", "", "0.0.0.0:993", "IMAP over TLS.",
                   "IMAP(TLS)。"), set_listen<&ListenSettings::imaps>},
    {listen_option("pop3", "", "0.0.0.0:110", "POP3 with STLS.",
                   "POP3(STLS)。"), set_listen<&ListenSettings::pop3>},
    {listen_option("pop3s", "", "0.0.0.0:995", "POP3 over TLS.",
                   "POP3(TLS)。"), set_listen<&ListenSettings::pop3s>},
    {listen_option("lmtp", "", "127.0.0.1:24", "LMTP into the built-in server.",
                   "内蔵サーバーへの LMTP 配送。"), set_listen<&ListenSettings::lmtp>},
    {listen_option("web", "127.0.0.1:8080", "127.0.0.1:8080", "The page and its API.",
                   "管理画面と API。"), set_listen<&ListenSettings::web>},
    {listen_option("https", "", "0.0.0.0:443",
                   "What mail programs and phones ask to set themselves up (autoconfig, autodiscover, profiles); never the page.",
                   "メールソフトやスマートフォンの自動設定(autoconfig、autodiscover、プロファイル)。管理画面は出しません。"),
     set_listen<&ListenSettings::https>},
    {listen_option("http", "", "0.0.0.0:80",
                   "The same without TLS: autoconfig only, the rest is sent on to https. On loopback, for a web server in front: all of it.",
                   "同じく TLS なし(autoconfig のみ、他は https へ転送)。ループバックでは前段の Web サーバー用にすべて応答。"),
     set_listen<&ListenSettings::http>},

    {{.section = "tls", .name = "certificate", .type = "path", .limits = "PEM, with its chain",
      .example = "/etc/tandemail/fullchain.pem",
      .help = "Certificate shown to clients; the first is the default, others by the name asked for.",
      .help_ja = "クライアントに示す証明書。先頭が既定、以降は要求された名前(SNI)で選択。",
      .repeatable = true},
     set_tls<&CertificateFiles::certificate>},
    {{.section = "tls", .name = "key", .type = "path", .limits = "PEM, without passphrase",
      .example = "/etc/tandemail/key.pem",
      .help = "Private key; the first belongs to the first certificate, and so on.",
      .help_ja = "秘密鍵。証明書と同じ順番に書きます。", .repeatable = true},
     set_tls<&CertificateFiles::key>},

    {{.section = "log", .name = "level", .type = "choice", .fallback = "info",
      .limits = "debug, info, warning, error, off",
      .help = "From which level on lines are written.",
      .help_ja = "記録するログのレベル。"},
     set_log_level},
    {{.section = "log", .name = "file", .type = "path", .example = "/var/log/tandemail.log",
      .help = "Where lines go; default: standard error.",
      .help_ja = "ログの出力先。省略時は標準エラー出力。"},
     [](Settings& s, const Value& v) { return take_path(s.log.file, v); }},

    {{.section = "limits", .name = "connections_per_address", .type = "number", .fallback = "50",
      .limits = "1 to 100000",
      .help = "Connections from one IPv4 address or IPv6 /64 at a time that have not logged in.",
      .help_ja = "1 つの IPv4 アドレス(IPv6 は /64)からの、ログインしていない同時接続数。"},
     [](Settings& s, const Value& v) {
       return take_number(s.limits.connections_per_address, v, 1, 100'000);
     }},
    {{.section = "limits", .name = "connections_per_minute", .type = "number", .fallback = "600",
      .limits = "0 to 1000000",
      .help = "The same, begun within a minute; 0: no limit.",
      .help_ja = "同じく 1 分間の新規接続数。0 なら無制限。"},
     [](Settings& s, const Value& v) {
       return take_number(s.limits.connections_per_minute, v, 0, 1'000'000);
     }},
    {{.section = "limits", .name = "connections_per_server", .type = "number", .fallback = "40",
      .limits = "1 to 10000",
      .help = "Connections to one mail server of a side at a time; Postfix lets an address have 50.",
      .help_ja = "各側のメールサーバー 1 台への同時接続数。Postfix は 1 アドレスに 50 まで許可します。"},
     [](Settings& s, const Value& v) {
       return take_number(s.limits.connections_per_server, v, 1, 10'000);
     }},
    {{.section = "limits", .name = "copies_at_once", .type = "number", .fallback = "4",
      .limits = "1 to 1000",
      .help = "Copies at a time, of all accounts and migrations together; each has a connection to both sides.",
      .help_ja = "全アカウント・全移行を合わせた同時コピー数。1 つごとに両側へ 1 本ずつ接続します。"},
     [](Settings& s, const Value& v) { return take_number(s.limits.copies_at_once, v, 1, 1000); }},
    {{.section = "limits", .name = "watched_accounts", .type = "number", .fallback = "100",
      .limits = "0 to 100000",
      .help = "Accounts whose new mail is seen at once (two open connections each); others: every 5 minutes.",
      .help_ja = "新着をすぐ検知するアカウント数(接続を 2 本ずつ保持)。超えた分は 5 分ごとに確認します。"},
     [](Settings& s, const Value& v) {
       return take_number(s.limits.watched_accounts, v, 0, 100'000);
     }},
    {{.section = "limits", .name = "message_size", .type = "size", .fallback = "100M",
      .limits = "64K to 2G",
      .help = "Largest message that is accepted.",
      .help_ja = "受け付けるメールの最大サイズ。"},
     set_message_size},

    {{.section = "trust", .name = "proxy_protocol_from", .type = "list",
      .limits = "addresses and networks, with commas between", .example = "10.0.0.5, 10.0.0.6",
      .help = "Load balancers: their connections to mail ports must begin with a PROXY header (v1, v2).",
      .help_ja = "負荷分散装置。ここからのメール用ポートへの接続は PROXY ヘッダー(v1、v2)で始まる必要があります。",
      .repeatable = true},
     [](Settings& s, const Value& v) { return take_addresses(s.trust.proxy_protocol_from, v); }},
    {{.section = "trust", .name = "proxy_protocol_only", .type = "list",
      .limits = "names of [listen], with commas between", .example = "smtp, imaps",
      .help = "Ports that serve nobody but those balancers.",
      .help_ja = "上の負荷分散装置からの接続だけを受け付けるポート。", .repeatable = true},
     set_proxy_protocol_only},
    {{.section = "trust", .name = "xclient_from", .type = "list",
      .limits = "addresses and networks, with commas between", .example = "10.0.0.7",
      .help = "Mail servers in front of port 25 that may say by XCLIENT whom they speak for.",
      .help_ja = "ポート 25 の前段にあり、XCLIENT で接続元を伝えることを許すメールサーバー。",
      .repeatable = true},
     [](Settings& s, const Value& v) { return take_addresses(s.trust.xclient_from, v); }},

    {{.section = "smtp", .name = "greet_pause", .type = "time", .fallback = "2s", .limits = "up to 30s",
      .help = "How long strangers must be silent before the greeting; who talks earlier is refused.",
      .help_ja = "接続元が挨拶の前に待つべき時間。先に話し始めた接続元は拒否します。"},
     set_greet_pause},
    {{.section = "smtp", .name = "bare_newlines", .type = "choice", .fallback = "repair",
      .limits = "repair, refuse",
      .help = "CR or LF alone in a message: repaired (smuggling is refused all the same), or refused.",
      .help_ja = "単独の CR・LF を含むメール: 修復する(密輸の形は常に拒否)か、すべて拒否するか。"},
     [](Settings& s, const Value& v) {
       return take_choice<bool>(s.smtp.refuse_bare_newlines, v, {{"repair", false}, {"refuse", true}});
     }},

    {{.section = "session", .name = "apop_without_tls", .type = "yes or no", .fallback = "no",
      .help = "Old POP3 clients may log in by APOP without TLS; their mail can be read on its way.",
      .help_ja = "旧式の POP3 ソフトに TLS なしの APOP を許可(メール本文は盗聴可能になります)。"},
     [](Settings& s, const Value& v) { return take_flag(s.session.apop_without_tls, v); }},
    {{.section = "session", .name = "oauth", .type = "yes or no", .fallback = "no",
      .help = "Offer OAUTHBEARER and XOAUTH2; tokens go to the person's side, which must take them.",
      .help_ja = "OAUTHBEARER と XOAUTH2 を提供。トークンは利用者の側のサーバーへ渡されます。"},
     [](Settings& s, const Value& v) { return take_flag(s.session.oauth, v); }},

    {{.section = "server", .name = "domains", .type = "list", .limits = "domains, with commas between",
      .example = "example.jp",
      .help = "Domains whose mailboxes are in the built-in server.",
      .help_ja = "内蔵サーバーがメールボックスを持つドメイン。", .repeatable = true},
     set_server_domains},
}};
// clang-format on

}  // namespace

std::span<const Row<ProcessSettings>> process_rows() {
  return rows;
}

}  // namespace tandem::config
