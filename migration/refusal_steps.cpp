#include "migration/refusal_steps.hpp"

#include <array>

#include "lib/net/imap_client.hpp"
#include "lib/protocol/imap/refusal_words.hpp"

namespace tandem::migration {
namespace {

enum : std::uint8_t { not_connected, expired, needs_tls, ask_the_host, compress_never };

constexpr std::array steps = {
    oauth::NextStep{
        "Exchange says this for one of three reasons: too many connections at once, a log-in that "
        "may not open this mailbox, or a wrong password. It is tried again by itself; if it lasts, "
        "close other programs, then check that IMAP is on and the permissions, then the password.",
        "Exchange がこう答える理由は 3 つあります: 同時接続が多すぎる、このログイン名に"
        "メールボックスを開く権限がない、パスワードの誤り。自動で再試行します。続く場合は、"
        "他のメールソフトを閉じ、IMAP の有効化と権限、パスワードの順に確認してください。"},
    oauth::NextStep{
        "The password has expired on that side: have a new one set there and import it.",
        "その側でパスワードの有効期限が切れています。新しいパスワードを設定し、"
        "取り込み直してください。"},
    oauth::NextStep{"That server takes log-ins under TLS only: write its address with imaps://.",
                    "このサーバーは TLS でのログインだけを受け付けます。アドレスを imaps:// で"
                    "指定してください。"},
    oauth::NextStep{
        "Ask that side's provider and show them the server's words: this is no wrong password.",
        "パスワードの誤りではありません。サーバーの応答を添えて、その側の事業者に"
        "問い合わせてください。"},
    oauth::NextStep{
        "It is tried again by itself. If it happens again, write compress = never for that side in "
        "migrations/NAME.conf, and tell its provider.",
        "自動で再試行します。繰り返す場合は、migrations/NAME.conf のその側のセクションに "
        "compress = never と書き、事業者に連絡してください。"},
};

}  // namespace

const oauth::NextStep* step_by_words(const Error& error) {
  if (imap::is_not_connected(error.server_words)) return &steps[not_connected];
  switch (net::code_of(error).kind) {
    case imap::CodeKind::expired: return &steps[expired];
    case imap::CodeKind::privacy_required: return &steps[needs_tls];
    case imap::CodeKind::contact_admin:
    case imap::CodeKind::corruption: return &steps[ask_the_host];
    default: return nullptr;
  }
}

const oauth::NextStep& compress_never_step() {
  return steps[compress_never];
}

std::span<const oauth::NextStep> refusal_steps() {
  return steps;
}

}  // namespace tandem::migration
