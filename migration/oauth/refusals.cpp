// Microsoft's codes: learn.microsoft.com, "Microsoft Entra authentication and authorization error
// codes". Google's words: developers.google.com, "Using OAuth 2.0 for Server to Server
// Applications", error codes. Others: RFC 6749 5.2.
#include "migration/oauth/refusals.hpp"

#include <array>

#include "lib/base/text.hpp"

namespace tandem::migration::oauth {
namespace {

constexpr NextStep compare_tenant{
    "Compare oauth_tenant with the directory (tenant) id on the application's overview page.",
    "oauth_tenant を、アプリケーションの概要ページのディレクトリ(テナント)ID "
    "と照合してください。"};
constexpr NextStep remove_scope{
    "Remove oauth_scope: the default fits Exchange Online.",
    "oauth_scope を削除してください。省略時の値が Exchange Online に合っています。"};
constexpr NextStep second_factor{
    "Have the person agree with it and import the new refresh token, or use oauth = "
    "microsoft.",
    "本人に多要素認証で同意してもらい、新しい更新トークンを取り込むか、oauth = microsoft "
    "を使ってください。"};
constexpr NextStep compare_permissions{
    "Compare the application's permissions with docs/oauth.md.",
    "アプリケーションの権限を docs/oauth.ja.md と照合してください。"};
constexpr NextStep new_refresh_token{
    "Have the person agree once more, and import the new refresh token.",
    "本人にもう一度同意してもらい、新しい更新トークンを取り込んでください。"};

// More telling ones first. A Microsoft code ends with its colon: some begin with others.
constexpr std::array refusals = {
    // Microsoft
    Refusal{
        "",
        "AADSTS7000215:",
        "the client secret is wrong",
        {"Put the secret's value, not its id, into oauth_client_secret_file. Microsoft shows it "
         "only when it is made: make a new one if in doubt.",
         "oauth_client_secret_file にはシークレットの ID "
         "ではなく値を書いてください。値は作成時にしか表示されないので、不明なら作り直してください"
         "。"}},
    Refusal{"",
            "AADSTS7000222:",
            "the client secret has expired",
            {"Make a new client secret of the application and put its value into "
             "oauth_client_secret_file.",
             "アプリケーションの新しいクライアント シークレットを作成し、その値を "
             "oauth_client_secret_file に書いてください。"}},
    Refusal{"",
            "AADSTS7000218:",
            "the application needs a client secret, and none was sent",
            {"Set oauth_client_secret_file, or allow public client flows for the application.",
             "oauth_client_secret_file を設定するか、アプリケーションでパブリック クライアント "
             "フローを許可してください。"}},
    Refusal{
        "",
        "AADSTS700016:",
        "the organisation knows no application of this id",
        {"Compare oauth_client_id and oauth_tenant with the application's overview page.",
         "oauth_client_id と oauth_tenant を、アプリケーションの概要ページと照合してください。"}},
    Refusal{"",
            "AADSTS7000112:",
            "the application is disabled",
            {"Enable it in Microsoft Entra, under enterprise applications.",
             "Microsoft Entra の「エンタープライズ アプリケーション」で有効にしてください。"}},
    Refusal{"", "AADSTS90002:", "there is no organisation of this id", compare_tenant},
    Refusal{"", "AADSTS900023:", "this is no organisation's id", compare_tenant},
    Refusal{"", "AADSTS500011:", "the organisation knows no service of the scope's name",
            remove_scope},
    Refusal{"", "AADSTS70011:", "the scope is not valid", remove_scope},
    Refusal{"", "AADSTS1002012:", "the scope is not valid for an application", remove_scope},
    Refusal{
        "",
        "AADSTS65001:",
        "nobody has agreed that this application may read the mail",
        {"As an administrator grant consent for the application's API permissions; with "
         "refresh-token have the person agree, and import the new refresh token.",
         "管理者として、アプリケーションの API のアクセス許可に同意を与えてください。refresh-token "
         "の場合は、本人に同意してもらい、新しい更新トークンを取り込んでください。"}},
    Refusal{"", "AADSTS700082:", "the refresh token has expired: it was not used for too long",
            new_refresh_token},
    Refusal{"", "AADSTS70008:", "the refresh token has expired", new_refresh_token},
    Refusal{"", "AADSTS50173:",
            "the refresh token is void: the password was changed, or access was revoked",
            new_refresh_token},
    Refusal{
        "",
        "AADSTS9002313:",
        "the refresh token is not one of this token server's",
        {"Import the refresh token as it was given, and compare oauth_client_id and oauth_tenant.",
         "更新トークンを発行されたとおりに取り込み、oauth_client_id と oauth_tenant "
         "を確認してください。"}},
    Refusal{"",
            "AADSTS50057:",
            "the account is disabled",
            {"Enable it, or leave it out of the move.",
             "アカウントを有効にするか、移行から外してください。"}},
    Refusal{"",
            "AADSTS50034:",
            "the organisation knows no such account",
            {"Compare the account's log-in with its user principal name.",
             "アカウントのログイン名をユーザー プリンシパル名と照合してください。"}},
    Refusal{"", "AADSTS50076:", "the organisation demands a second factor", second_factor},
    Refusal{"", "AADSTS50079:", "the organisation demands a second factor", second_factor},
    Refusal{"",
            "AADSTS53003:",
            "a conditional access policy forbids it",
            {"Except the application, or this machine's address, from that policy.",
             "アプリケーションまたはこのマシンのアドレスを、その条件付きアクセス "
             "ポリシーの対象から除外してください。"}},
    Refusal{"", "AADSTS90033:", "Microsoft has a passing fault", {}, true},
    // Google
    Refusal{"unauthorized_client",
            "unauthorized to retrieve access tokens",
            "the service account may not act for people, or not with this scope",
            {"In the Google Admin console, under domain-wide delegation, add the service account's "
             "client id with the scope https://mail.google.com/. It may take a day to be known "
             "everywhere.",
             "Google 管理コンソールの「ドメイン全体の委任」に、サービス アカウントのクライアント "
             "ID をスコープ https://mail.google.com/ で登録してください。反映まで 1 "
             "日かかることがあります。"}},
    Refusal{"access_denied",
            "requested client not authorized",
            "the service account may not act for this person",
            {"In the Google Admin console, under domain-wide delegation, add the service account's "
             "client id with the scope https://mail.google.com/.",
             "Google 管理コンソールの「ドメイン全体の委任」に、サービス アカウントのクライアント "
             "ID をスコープ https://mail.google.com/ で登録してください。"}},
    Refusal{"invalid_grant",
            "invalid email or user id",
            "Google knows no such account",
            {"Compare the account's log-in with the person's primary address at Google.",
             "アカウントのログイン名を、Google での本人のメインのアドレスと照合してください。"}},
    Refusal{"invalid_grant",
            "account not found",
            "the service account does not exist any more",
            {"Make a new key of a service account that exists, and set oauth_key_file.",
             "存在するサービス アカウントの新しい鍵を作成し、oauth_key_file に設定してください。"}},
    Refusal{
        "invalid_grant",
        "invalid jwt signature",
        "the service account's key is not valid any more",
        {"Make a new key of the service account, and put it in oauth_key_file's place.",
         "サービス アカウントの新しい鍵を作成し、oauth_key_file のファイルと差し替えてください。"}},
    Refusal{"invalid_grant",
            "reasonable timeframe",
            "this machine's clock is wrong",
            {"Set the clock by NTP (timedatectl set-ntp true).",
             "このマシンの時計を NTP で合わせてください(timedatectl set-ntp true)。"}},
    Refusal{"invalid_grant", "expired or revoked", "the refresh token has expired or was revoked",
            new_refresh_token},
    Refusal{"admin_policy_enforced",
            "",
            "an administrator's policy forbids it",
            {"In the Google Admin console, under API controls, trust the application.",
             "Google 管理コンソールの「API "
             "の制御」で、このアプリケーションを信頼できるものとして設定してください。"}},
    // RFC 6749 5.2
    Refusal{"invalid_client",
            "",
            "the application's id or its secret is wrong",
            {"Compare oauth_client_id and the secret in oauth_client_secret_file with what the "
             "provider shows.",
             "oauth_client_id と oauth_client_secret_file "
             "のシークレットを、プロバイダーの表示と照合してください。"}},
    Refusal{"invalid_grant",
            "",
            "it does not take what was shown: the refresh token, or the key of the service account",
            {"Import a new refresh token, or make a new key, as docs/oauth.md says.",
             "docs/oauth.ja.md "
             "のとおりに、新しい更新トークンを取り込むか、新しい鍵を作成してください。"}},
    Refusal{"unauthorized_client", "", "the application may not ask for tokens in this way",
            compare_permissions},
    Refusal{"access_denied", "", "the application may not do this", compare_permissions},
    Refusal{"invalid_scope",
            "",
            "the scope is not valid",
            {"Correct oauth_scope, or remove it.", "oauth_scope を訂正するか、削除してください。"}},
    Refusal{"unsupported_grant_type",
            "",
            "it does not know this way of asking",
            {"Compare oauth and oauth_token_url with what the provider writes.",
             "oauth と oauth_token_url を、プロバイダーの説明と照合してください。"}},
    Refusal{"temporarily_unavailable", "", "it cannot answer now", {}, true},
    Refusal{"server_error", "", "it has a fault", {}, true},
    Refusal{"",
            "",
            "it refused",
            {"Compare the settings that begin with oauth with docs/oauth.md.",
             "oauth で始まる設定を docs/oauth.ja.md と照合してください。"}},
};

bool says(std::string_view description, std::string_view words) {
  return words.empty() || lower(description).contains(lower(words));
}

}  // namespace

const Refusal& refusal_of(std::string_view code, std::string_view description) {
  for (const Refusal& one : refusals)
    if ((one.code.empty() || one.code == code) && says(description, one.words)) return one;
  return refusals.back();
}

std::span<const Refusal> all_refusals() {
  return refusals;
}

}  // namespace tandem::migration::oauth
