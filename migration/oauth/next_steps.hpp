// What a person is told to do when a log-in by OAuth fails, in both languages. Errors carry the
// English, through the ledger too; in_japanese() finds the other where somebody reads it.
#pragma once

#include <string>
#include <string_view>

namespace tandem::migration::oauth {

struct NextStep {
  std::string_view en, ja;
};

inline constexpr NextStep no_token_server_step{
    "If it stays, check oauth_token_url, and whether a proxy or filter is in between.",
    "続く場合は、oauth_token_url と、途中のプロキシやフィルターの有無を確認してください。"};
inline constexpr NextStep not_reached_step{
    "Nothing to do at first; it is tried again. If it lasts, check whether this machine may open "
    "connections to it.",
    "まずは操作不要です(自動的に再試行します)"
    "。続く場合は、このマシンからトークンサーバーへ接続できるか確認してください。"};
inline constexpr NextStep microsoft_step{
    "Exchange Online must know the application (New-ServicePrincipal with the object id of the "
    "enterprise application) and let it into this mailbox (Add-MailboxPermission, FullAccess); the "
    "log-in must be the mailbox's address, and IMAP must be on for it.",
    "Exchange Online にアプリケーションを登録し(New-ServicePrincipal。エンタープライズ "
    "アプリケーションのオブジェクト ID を使用)、"
    "このメールボックスへの権限を与えてください(Add-MailboxPermission、FullAccess)"
    "。ログイン名はメールボックスのアドレスとし、"
    "IMAP を有効にしてください。"};
inline constexpr NextStep google_step{
    "The scope must be https://mail.google.com/, the log-in the person's primary address, and IMAP "
    "must be on for it in the Google Admin console.",
    "スコープは https://mail.google.com/、ログイン名は利用者のメインのアドレスとし、Google "
    "管理コンソールで IMAP を有効にしてください。"};
inline constexpr NextStep refresh_token_step{
    "The refresh token must be this account's, and must have been given for IMAP.",
    "更新トークンは、このアカウントのもので、IMAP を許可して発行されたものが必要です。"};
inline constexpr NextStep no_oauth_mechanism_step{
    "Remove oauth for that side, or correct its imap server.",
    "その側の oauth を削除するか、imap のサーバーを訂正してください。"};
inline constexpr NextStep unusable_key_step{
    "Make a new key of the service account, type JSON, and use that file as it is.",
    "サービス アカウントの新しい鍵(JSON 形式)を作成し、そのファイルをそのまま使ってください。"};

// Of a provider that takes nothing else, at a side without `oauth`.
[[nodiscard]] std::string needs_oauth_step(std::string_view side, std::string_view migration);
// Of an account that has no refresh token yet.
[[nodiscard]] std::string no_refresh_token_step(std::string_view side);

// The Japanese of a next step above, of refusals.hpp or of account_leases.hpp; empty: it is none of
// them.
[[nodiscard]] std::string in_japanese(std::string_view next_step);

}  // namespace tandem::migration::oauth
