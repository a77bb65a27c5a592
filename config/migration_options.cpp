// The keys of migrations/NAME.conf: each is declared here and nowhere else; [old] and [new] have
// the same keys.
#include <algorithm>
#include <cctype>

#include "config/endpoint.hpp"
#include "config/login_pattern.hpp"
#include "config/migration_setters.hpp"
#include "config/migration_settings.hpp"
#include "config/option_row.hpp"
#include "config/token_url.hpp"
#include "config/units.hpp"
#include "lib/net/socket_address.hpp"

namespace tandem::config {
namespace {

using Settings = MigrationSettings;
using Side = SideSettings Settings::*;

Fault fault_of(const Error& error) {
  return {error.what, error.next_step};
}

template <Side side, std::optional<net::Endpoint> SideSettings::* member, net::Protocol protocol>
Outcome set_endpoint(Settings& settings, const Value& value) {
  auto endpoint = parse_endpoint(value.text, protocol);
  if (!endpoint) return fault_of(endpoint.error());
  settings.*side.*member = std::move(*endpoint);
  return std::nullopt;
}

template <Side side>
Outcome set_login(Settings& settings, const Value& value) {
  if (auto checked = check_login_pattern(value.text); !checked) return fault_of(checked.error());
  return take_text((settings.*side).login, value);
}

template <Side side>
Outcome set_master_login(Settings& settings, const Value& value) {
  if (auto checked = check_master_pattern(value.text); !checked) return fault_of(checked.error());
  return take_text((settings.*side).master_login, value);
}

template <Side side>
Outcome set_host(Settings& settings, const Value& value) {
  auto name = parse_domain(value.text);
  if (!name)
    return Fault{fmt::format("\"{}\" is not a host name.", printable(value.text, 60)),
                 "Write the server's name without scheme and port."};
  (settings.*side).host = std::move(*name);
  return std::nullopt;
}

template <Side side>
Outcome set_source_address(Settings& settings, const Value& value) {
  auto& sources = (settings.*side).source_addresses;
  for (const auto& word : parse_list(value.text)) {
    if (!net::is_ip_address(word) || word.front() == '[')
      return Fault{fmt::format("\"{}\" is not an address.", printable(word, 60)),
                   "Write addresses of this machine, like 192.0.2.10 or 2001:db8::10, several with "
                   "commas between."};
    if (std::ranges::find(sources, word) != sources.end())
      return Fault{fmt::format("{} stands twice.", word), "Remove one of the two."};
    sources.push_back(word);
  }
  return std::nullopt;
}

Outcome take_oauth_kind(OAuthKind& kind, const Value& value) {
  return take_choice<OAuthKind>(kind, value,
                                {{"off", OAuthKind::none},
                                 {name_of(OAuthKind::microsoft), OAuthKind::microsoft},
                                 {name_of(OAuthKind::google), OAuthKind::google},
                                 {name_of(OAuthKind::refresh_token), OAuthKind::refresh_token}});
}

// It becomes part of a URL.
template <Side side>
Outcome set_tenant(Settings& settings, const Value& value) {
  const auto good = [](unsigned char c) {
    return std::isalnum(c) != 0 || c == '-' || c == '.' || c == '_';
  };
  if (value.text.empty() || !std::ranges::all_of(value.text, good))
    return Fault{fmt::format("\"{}\" is not an organisation's id.", printable(value.text, 60)),
                 "Write the directory (tenant) id from the application's overview page."};
  return take_text((settings.*side).oauth.tenant, value);
}

template <Side side>
Outcome set_token_url(Settings& settings, const Value& value) {
  auto url = parse_token_url(value.text);
  if (!url) return fault_of(url.error());
  auto& oauth = (settings.*side).oauth;
  oauth.token_url = std::move(url->url);
  oauth.token_pin = std::move(url->pin);
  oauth.token_ca = std::move(url->ca_file);
  return std::nullopt;
}

template <Side side, std::optional<std::uint64_t> SideSettings::* member>
Outcome set_per_day(Settings& settings, const Value& value) {
  constexpr std::uint64_t least = std::uint64_t{10} << 20;
  constexpr std::uint64_t most = std::uint64_t{1} << 40;
  auto& setting = settings.*side.*member;
  setting = 0;
  if (iequals(value.text, "none")) return std::nullopt;
  const auto size = parse_size(value.text);
  if (!size || *size < least || *size > most)
    return Fault{fmt::format("\"{}\" is not a size from 10M to 1024G.", printable(value.text, 60)),
                 "Write it like 2500M, or none."};
  setting = *size;
  return std::nullopt;
}

// "none" is told from a number.
template <Side side>
Outcome set_connections_per_address(Settings& settings, const Value& value) {
  unsigned count = 0;
  if (!iequals(value.text, "none"))
    if (auto fault = take_number(count, value, 1, 10'000)) return fault;
  (settings.*side).connections_per_address = count;
  return std::nullopt;
}

// The test compares it with the presets.
constexpr std::string_view presets =
    "alphamail, builtin, conoha, cpanel, dovecot-generic, google, kagoya, microsoft365, plesk, "
    "sakura, "
    "webarena, xserver";

// clang-format off
template <Side side>
constexpr std::array<Row<Settings>, 24> side_rows(std::string_view section, std::string_view provider,
                                                  std::string_view host) {
  using net::Protocol;
  return {{
      {{.section = section, .name = "provider", .type = "preset", .limits = presets,
        .example = provider,
        .help = "Preset that fills in hosts, ports, log-in form and limits; keys below override it.",
        .help_ja = "ホスト・ポート・ログイン形式・制限を補うプリセット。下のキーが優先。"},
       [](Settings& s, const Value& v) { return take_text((s.*side).provider, v); }},
      {{.section = section, .name = "host", .type = "host name", .example = host,
        .help = "The contract's own server name, where the preset needs one.",
        .help_ja = "契約ごとに異なるサーバー名(プリセットが必要とする場合)。"},
       set_host<side>},
      {{.section = section, .name = "imap", .type = "URL", .limits = "imaps:// imap:// builtin:",
        .help = "IMAP server.", .help_ja = "IMAP サーバー。"},
       set_endpoint<side, &SideSettings::imap, Protocol::imap>},
      {{.section = section, .name = "pop3", .type = "URL", .limits = "pop3s:// pop3:// builtin:",
        .help = "POP3 server. Where [old] has no imap, mail is copied from it: INBOX, all unread.",
        .help_ja = "POP3 サーバー。[old] に imap がない場合は、ここから受信トレイをコピーします(すべて未読)。"},
       set_endpoint<side, &SideSettings::pop3, Protocol::pop3>},
      {{.section = section, .name = "smtp", .type = "URL",
        .limits = "smtp:// smtps:// lmtp:// builtin:",
        .help = "Where mail for the domain is handed in (the side's own mail exchanger).",
        .help_ja = "このドメイン宛のメールを渡す先(この側の MX)。"},
       set_endpoint<side, &SideSettings::smtp, Protocol::smtp>},
      {{.section = section, .name = "submission", .type = "URL",
        .limits = "submission:// submissions:// builtin:",
        .help = "Where people's clients send.", .help_ja = "利用者のメールソフトの送信先。"},
       set_endpoint<side, &SideSettings::submission, Protocol::submission>},
      {{.section = section, .name = "login", .type = "pattern",
        .limits = "{address} {local} {domain}, or csv",
        .help = "How log-in names follow from addresses; default: the provider's, else {address}.",
        .help_ja = "ログイン名の形式。省略時はプリセットの値、なければ {address}。"},
       set_login<side>},
      {{.section = section, .name = "master_user", .type = "text",
        .help = "Account that may read everybody's mailbox; then no passwords are needed.",
        .help_ja = "全員のメールボックスを読める管理用アカウント(各自のパスワードが不要)。"},
       [](Settings& s, const Value& v) { return take_text((s.*side).master_user, v); }},
      {{.section = section, .name = "master_login", .type = "pattern",
        .limits = "{login} {master}, or authzid",
        .help = "How the master account logs in for somebody; default: the provider's, else {login}*{master}.",
        .help_ja = "管理用アカウントでのログイン名の形式。省略時はプリセットの値、なければ {login}*{master}。"},
       set_master_login<side>},
      {{.section = section, .name = "master_password_file", .type = "path", .limits = "mode 0600",
        .help = "File with the master account's password.",
        .help_ja = "管理用アカウントのパスワードを書いたファイル。"},
       [](Settings& s, const Value& v) { return take_path((s.*side).master_password_file, v); }},
      {{.section = section, .name = "master_for_people", .type = "yes or no", .fallback = "no",
        .help = "Who shows the other side's stored password, and has none stored for this side, is logged in by the master account.",
        .help_ja = "この側のパスワードが未登録の利用者が、反対側の登録済みパスワードを示したとき、管理用アカウントでログインさせる。"},
       [](Settings& s, const Value& v) { return take_flag((s.*side).master_for_people, v); }},
      {{.section = section, .name = "oauth", .type = "choice", .fallback = "off",
        .limits = "off, microsoft, google, refresh-token",
        .help = "Log in by OAuth tokens: of a Microsoft application or a Google service account, which need no passwords, or "
                "by a refresh token of each account, which stands in its password's column. See docs/oauth.md.",
        .help_ja = "OAuth のトークンでログイン。microsoft(アプリ登録)と google(サービス アカウント)はパスワード不要、"
                   "refresh-token は各アカウントのパスワード欄に更新トークンを入れます。docs/oauth.ja.md を参照。"},
       [](Settings& s, const Value& v) { return take_oauth_kind((s.*side).oauth.kind, v); }},
      {{.section = section, .name = "oauth_tenant", .type = "text",
        .help = "Microsoft: id of the organisation (directory), or one of its domains.",
        .help_ja = "Microsoft: 組織(ディレクトリ)の ID またはドメイン。"},
       set_tenant<side>},
      {{.section = section, .name = "oauth_client_id", .type = "text",
        .help = "Id of the registered application (microsoft, refresh-token).",
        .help_ja = "登録したアプリケーション(クライアント)の ID(microsoft、refresh-token)。"},
       [](Settings& s, const Value& v) { return take_text((s.*side).oauth.client_id, v); }},
      {{.section = section, .name = "oauth_client_secret_file", .type = "path", .limits = "mode 0600",
        .help = "File with that application's secret.",
        .help_ja = "そのアプリケーションのシークレット(値)を書いたファイル。"},
       [](Settings& s, const Value& v) { return take_path((s.*side).oauth.client_secret_file, v); }},
      {{.section = section, .name = "oauth_key_file", .type = "path", .limits = "mode 0600",
        .help = "Google: the service account's key, as the JSON file that Google gives out.",
        .help_ja = "Google: サービス アカウントの鍵(Google が発行した JSON ファイル)。"},
       [](Settings& s, const Value& v) { return take_path((s.*side).oauth.key_file, v); }},
      {{.section = section, .name = "oauth_token_url", .type = "URL", .limits = "https://; http:// on loopback only",
        .help = "Where tokens are asked for; default: Microsoft's or Google's. ?ca=FILE and ?pin=sha256:… as for servers.",
        .help_ja = "トークンを要求する先。省略時は Microsoft・Google の URL。?ca=ファイル、?pin=sha256:… も指定できます。"},
       set_token_url<side>},
      {{.section = section, .name = "oauth_scope", .type = "text",
        .help = "What the token is for; default: IMAP at Microsoft or Google.",
        .help_ja = "トークンの権限の範囲。省略時は Microsoft・Google の IMAP 用。"},
       [](Settings& s, const Value& v) { return take_text((s.*side).oauth.scope, v); }},
      {{.section = section, .name = "forward_client", .type = "yes or no", .fallback = "no",
        .help = "Tell this side's servers, which must trust us, each client's address (XCLIENT, XFORWARD, ID).",
        .help_ja = "この側のサーバー(本機を信頼する設定が必要)に接続元のアドレスを伝える(XCLIENT、XFORWARD、ID)。"},
       [](Settings& s, const Value& v) { return take_flag((s.*side).forward_client, v); }},
      {{.section = section, .name = "compress", .type = "choice", .fallback = "auto", .limits = "auto, always, never",
        .help = "Compress IMAP connections to this side, if its server offers COMPRESS=DEFLATE. auto: where an answer takes 10 ms or more "
                "and more than 1 MiB is to be moved. never: for a server that does it wrongly.",
        .help_ja = "この側との IMAP 接続を圧縮(サーバーが COMPRESS=DEFLATE に対応する場合)。auto は応答に 10 ミリ秒以上かかり、"
                   "1 MiB を超えて転送するときだけ。never は圧縮の動作に問題のあるサーバー用。"},
       [](Settings& s, const Value& v) {
         return take_choice<net::Compression>((s.*side).compress, v,
           {{"auto", net::Compression::slow_links}, {"always", net::Compression::always},
            {"never", net::Compression::never}});
       }},
      {{.section = section, .name = "source_address", .type = "list",
        .limits = "addresses of this machine, with commas between",
        .help = "Addresses that connections to this side's servers come from, in turn; each has some 28,000 ports to one server.",
        .help_ja = "この側のサーバーへの接続に順番に使う、本機の接続元アドレス(1 つにつきサーバーごとに約 28,000 接続まで)。",
        .repeatable = true},
       set_source_address<side>},
      {{.section = section, .name = "connections_per_address", .type = "number", .limits = "1 to 10000, or none",
        .help = "How many connections this side's servers take from one address, if they count them so (Courier: MAXPERIP): the "
                "sync uses half of them, what you wait for a quarter; the rest is people's, whose programs come from here too. "
                "Default: the provider's, else none.",
        .help_ja = "この側のサーバーが 1 つの接続元アドレスに許す同時接続数(Courier の MAXPERIP など)。半分を同期、4 分の 1 を"
                   "切り替えや検証が使い、残りは本機経由の利用者に空けておきます。省略時はプリセットの値、なければ制限なし。"},
       set_connections_per_address<side>},
      {{.section = section, .name = "download_per_day", .type = "size", .limits = "10M to 1024G, or none",
        .help = "What the provider lets each mailbox be read in a day: the sync stops before it and goes on by itself. Counted over "
                "any 24 hours; default: the provider's, else none.",
        .help_ja = "1 つのメールボックスから 1 日にダウンロードできる量(プロバイダーの制限)。同期は超える前に止まり、自動で再開。"
                   "直近 24 時間で数えます。省略時はプリセットの値、なければ制限なし。"},
       set_per_day<side, &SideSettings::download_per_day>},
      {{.section = section, .name = "upload_per_day", .type = "size", .limits = "10M to 1024G, or none",
        .help = "The same for what is put into a mailbox.",
        .help_ja = "メールボックスに 1 日に書き込める量について同様。"},
       set_per_day<side, &SideSettings::upload_per_day>},
  }};
}

constexpr std::array<Row<Settings>, 1> head_rows = {{
    {{.name = "domain", .type = "list", .limits = "required", .example = "example.co.jp",
      .help = "Domain that moves; several with commas between or on further lines.",
      .help_ja = "移行するドメイン。複数ならコンマ区切りか複数行で。", .repeatable = true},
     set_domain},
}};

constexpr std::array<Row<Settings>, 21> tail_rows = {{
    {{.section = "gateway", .name = "enabled", .type = "yes or no", .fallback = "yes",
      .help = "Whether the domain's MX will point at Tandemail; no: straight from old to new.",
      .help_ja = "MX を Tandemail に向けるか。no なら旧から新へ直接切り替え。"},
     [](Settings& s, const Value& v) { return take_flag(s.gateway.enabled, v); }},
    {{.section = "gateway", .name = "mirror", .type = "choice", .fallback = "append",
      .limits = "append, quiet, off",
      .help = "Copy to the other side at once by IMAP APPEND; quiet: by mail without a sender, where APPEND is not "
              "possible (forwards set up there fire again); off: the sync alone carries arrivals over.",
      .help_ja = "反対側への写し: IMAP APPEND で即時。quiet は APPEND できない場合に差出人なしのメールで送ります"
                 "(その側に設定された転送は再び動作します)。off なら同期のみで反映。"},
     [](Settings& s, const Value& v) {
       return take_choice<Mirror>(s.gateway.mirror, v,
         {{"append", Mirror::append}, {"quiet", Mirror::quiet}, {"off", Mirror::off}});
     }},
    {{.section = "gateway", .name = "on_unknown", .type = "choice", .fallback = "fallback",
      .limits = "fallback, defer, reject",
      .help = "When the reader's side does not know a recipient: ask and use the other side, have the sender try again, or refuse.",
      .help_ja = "宛先の側にその宛先がないとき: 反対側に確かめて配送、差出人側に再送させる、拒否。"},
     [](Settings& s, const Value& v) {
       return take_choice<OnUnknown>(s.gateway.on_unknown, v,
         {{"fallback", OnUnknown::fallback}, {"defer", OnUnknown::defer},
          {"reject", OnUnknown::reject}});
     }},
    {{.section = "gateway", .name = "when_home_is_down", .type = "choice", .fallback = "defer",
      .limits = "defer, spool",
      .help = "When the reader's side cannot be reached: have the sender try again, or take mail for known recipients and deliver it later.",
      .help_ja = "宛先の側につながらないとき: 差出人側に再送させる、または既知の宛先なら預かって後で配送。"},
     [](Settings& s, const Value& v) {
       return take_choice<WhenHomeIsDown>(s.gateway.when_home_is_down, v,
         {{"defer", WhenHomeIsDown::defer}, {"spool", WhenHomeIsDown::spool}});
     }},
    {{.section = "gateway", .name = "submission", .type = "choice", .fallback = "gateway",
      .limits = "gateway, passthrough",
      .help = "What people send after log-in: to colleagues where they live and to all others by the person's own server; "
              "or everything by that server.",
      .help_ja = "ログイン後に利用者が送信するメール: 同僚宛は各自のいる側へ、それ以外は本人の側のサーバー経由で送信。"
                 "passthrough ならすべて本人の側のサーバーに任せます。"},
     [](Settings& s, const Value& v) {
       return take_choice<Submission>(s.gateway.submission, v,
         {{"gateway", Submission::gateway}, {"passthrough", Submission::passthrough}});
     }},
    {{.section = "gateway", .name = "in_doubt", .type = "time", .fallback = "5min",
      .limits = "1s to 1h",
      .help = "How long a message the reader's side took without an answer may be on its way.",
      .help_ja = "宛先側が応答しなかったメールを「配送途中」とみなす時間。"},
     set_in_doubt},
    {{.section = "gateway", .name = "give_up_after", .type = "time", .fallback = "4d",
      .limits = "1h to 14d",
      .help = "How long an accepted message is tried before its sender gets a report.",
      .help_ja = "受け付けたメールの配送を試み続ける時間。過ぎると差出人へ不達を通知。"},
     set_give_up_after},
    {{.section = "gateway", .name = "tell_delay_after", .type = "time", .fallback = "4h",
      .limits = "15min to 14d; from give_up_after on: never",
      .help = "How long an accepted message is late before its sender is told so, once.",
      .help_ja = "受け付けたメールの配送がこの時間遅れると、差出人へ一度だけ遅延を通知。give_up_after 以上なら通知しない。"},
     set_tell_delay_after},

    {{.section = "relay", .name = "from", .type = "list",
      .limits = "addresses and networks, with commas between", .example = "192.168.1.20, 192.168.1.21",
      .help = "Machines that may send at the relay port without log-in: scanners, web forms.",
      .help_ja = "relay ポートからログインなしで送信してよい機器(複合機、Web フォームなど)。", .repeatable = true},
     set_relay_from},
    {{.section = "relay", .name = "sender", .type = "list",
      .limits = "addresses, or @domain for any of it, with commas between", .example = "scan@example.co.jp",
      .help = "Addresses that those machines may send from.",
      .help_ja = "その機器が差出人として使えるアドレス(@domain ならそのドメイン全体)。", .repeatable = true},
     set_relay_sender},
    {{.section = "relay", .name = "tls", .type = "choice", .fallback = "required",
      .limits = "required, optional",
      .help = "optional lets machines that are too old for STARTTLS send in the clear; their mail can be read on its way.",
      .help_ja = "optional なら STARTTLS に対応しない古い機器の平文送信を許可(途中で盗聴され得ます)。"},
     [](Settings& s, const Value& v) {
       return take_choice<bool>(s.relay.tls_required, v, {{"required", true}, {"optional", false}});
     }},
    {{.section = "relay", .name = "per_hour", .type = "number", .fallback = "100",
      .limits = "1 to 100000",
      .help = "Messages that one machine may send in an hour.",
      .help_ja = "1 台の機器が 1 時間に送信できる通数。"},
     [](Settings& s, const Value& v) { return take_number(s.relay.per_hour, v, 1, 100'000); }},
    {{.section = "relay", .name = "via", .type = "choice", .fallback = "off",
      .limits = "off, old, new", .example = "old",
      .help = "The side whose submission server sends on what goes to other domains; off: that is refused.",
      .help_ja = "他ドメイン宛を送り出す側(その側の submission サーバーを使用)。off なら他ドメイン宛は拒否。"},
     [](Settings& s, const Value& v) {
       return take_choice<RelayVia>(s.relay.via, v,
         {{"off", RelayVia::off}, {"old", RelayVia::old_side}, {"new", RelayVia::new_side}});
     }},
    {{.section = "relay", .name = "via_user", .type = "text", .example = "scan@example.co.jp",
      .help = "Log-in name at that server, for all of them.",
      .help_ja = "そのサーバーで使うログイン名。"},
     [](Settings& s, const Value& v) { return take_text(s.relay.via_user, v); }},
    {{.section = "relay", .name = "via_password_file", .type = "path", .limits = "mode 0600",
      .example = "scan.password",
      .help = "File with its password; without it, where that side has oauth = microsoft or google, by token.",
      .help_ja = "そのパスワードを書いたファイル。その側が oauth = microsoft・google なら省略でき、トークンでログイン。"},
     [](Settings& s, const Value& v) { return take_path(s.relay.via_password_file, v); }},

    {{.section = "sync", .name = "exclude", .type = "folder", .example = "Trash",
      .help = "Folder of the old side that is not copied, with all below it; after the cut-over neither, whatever its name on the new side.",
      .help_ja = "コピーしない旧側のフォルダー(配下も含む)。切り替え後も同じで、新側での名前が違っても書き戻しません。", .repeatable = true},
     set_exclude},
    {{.section = "sync", .name = "map", .type = "from -> to", .example = "送信済み -> Sent",
      .help = "Folder of the old side and its name on the new side, with all below it. A folder that was copied before keeps "
              "the name it got then: `tandemail check ADDRESS` names those.",
      .help_ja = "旧側のフォルダーと新側での名前(配下も含む)。すでにコピーを始めたフォルダーの名前は変わりません。"
                 "該当するものは `tandemail check アドレス` が示します。", .repeatable = true},
     set_map},
    {{.section = "sync", .name = "propagate_deletes", .type = "yes or no", .fallback = "no",
      .help = "What a person removes on their side goes to the folder \"Tandemail quarantine\" on the other side, if we copied "
              "it there; `tandemail deletions undo` brings it back.",
      .help_ja = "利用者が自分の側で削除したメールを、反対側(本機がコピーしたものに限る)でも「Tandemail quarantine」フォルダーへ移動。"
                 "`tandemail deletions undo` で戻せます。"},
     [](Settings& s, const Value& v) { return take_flag(s.sync.propagate_deletes, v); }},
    {{.section = "sync", .name = "brake_messages", .type = "number", .fallback = "50",
      .limits = "0 to 100000",
      .help = "Deletions of one folder, or of one account, up to which a pass carries them over without asking.",
      .help_ja = "1 回の同期で確認なしに反映する削除の上限(フォルダーごと、アカウントごと)。"},
     [](Settings& s, const Value& v) { return take_number(s.sync.brake_messages, v, 0, 100'000); }},
    {{.section = "sync", .name = "brake_percent", .type = "number", .fallback = "5",
      .limits = "0 to 100",
      .help = "The same in percent of the folder, or of the account; the larger of the two limits counts.",
      .help_ja = "同じ上限をフォルダー・アカウントの通数に対する割合(%)で指定。大きい方の上限を適用。"},
     [](Settings& s, const Value& v) { return take_number(s.sync.brake_percent, v, 0, 100); }},
    {{.section = "sync", .name = "quarantine_time", .type = "time", .fallback = "never",
      .limits = "1h to 365d, or never",
      .help = "How long such a message stays in the quarantine folder before it is removed for good.",
      .help_ja = "隔離フォルダーに置いておく期間。過ぎると完全に削除。never なら削除しない。"},
     set_quarantine_time},
}};
// clang-format on

constexpr auto old_rows = side_rows<&Settings::old_side>("old", "sakura", "example.sakura.ne.jp");
constexpr auto new_rows = side_rows<&Settings::new_side>("new", "builtin", "");

template <class... Arrays>
std::vector<Row<Settings>> join(const Arrays&... arrays) {
  std::vector<Row<Settings>> all;
  (all.insert(all.end(), arrays.begin(), arrays.end()), ...);
  return all;
}

}  // namespace

std::span<const Row<MigrationSettings>> migration_rows() {
  static const auto rows = join(head_rows, old_rows, new_rows, tail_rows);
  return rows;
}

}  // namespace tandem::config
