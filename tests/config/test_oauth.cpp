// Log-ins of a side by OAuth: what each kind of them needs, where its tokens come from, and the
// files of its secrets.
#include <algorithm>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "config/service_account.hpp"
#include "config/token_url.hpp"
#include "tests/config/temp_folder.hpp"

namespace tandem::config {
namespace {

// Line 3 of the file is the first of `lines`.
Loaded<MigrationSettings> old_side(const std::string& lines) {
  return parse_migration(
      "domain = a.jp\n[old]\n" + lines + "[new]\nprovider = builtin\n[gateway]\nenabled = no\n",
      "/m/x.conf");
}

bool says(const Loaded<MigrationSettings>& loaded, unsigned line, std::string_view text) {
  return std::ranges::any_of(loaded.problems, [&](const Problem& problem) {
    return problem.line == line && problem.to_string().contains(text);
  });
}

const std::string key_file =
    R"({"type":"service_account","client_email":"move@x.iam.gserviceaccount.com",)"
    R"("private_key_id":"k1","private_key":"-----BEGIN PRIVATE KEY-----\ncanary\n"})";

}  // namespace

TEST_CASE("oauth: what Microsoft's and Google's ways need, and what follows from them") {
  const auto microsoft = old_side(
      "provider = microsoft365\noauth = microsoft\noauth_tenant = 11-22\noauth_client_id = 33-44\n"
      "oauth_client_secret_file = s.txt\n");
  CHECK(microsoft.problems.empty());
  const OAuthSettings& first = microsoft.settings.old_side.oauth;
  CHECK(first.kind == OAuthKind::microsoft);
  CHECK(first.token_url == "https://login.microsoftonline.com/11-22/oauth2/v2.0/token");
  CHECK(first.scope == "https://outlook.office365.com/.default");
  CHECK(first.client_id == "33-44");
  CHECK(first.client_secret_file == "/m/s.txt");

  const auto google = old_side("provider = google\noauth = google\noauth_key_file = k.json\n");
  CHECK(google.problems.empty());
  const OAuthSettings& second = google.settings.old_side.oauth;
  CHECK(second.token_url == "https://oauth2.googleapis.com/token");
  CHECK(second.scope == "https://mail.google.com/");
  CHECK(second.key_file == "/m/k.json");
}

TEST_CASE("oauth: refresh tokens go to the provider's token server, or to one that is named") {
  const auto at_google =
      old_side("provider = google\noauth = refresh-token\noauth_client_id = c\n");
  CHECK(at_google.problems.empty());
  CHECK(at_google.settings.old_side.oauth.token_url == "https://oauth2.googleapis.com/token");
  CHECK(at_google.settings.old_side.oauth.scope.empty());
  const auto at_microsoft =
      old_side("provider = microsoft365\noauth = refresh-token\noauth_client_id = c\n");
  CHECK(at_microsoft.problems.empty());
  CHECK(at_microsoft.settings.old_side.oauth.token_url ==
        "https://login.microsoftonline.com/organizations/oauth2/v2.0/token");
  CHECK(at_microsoft.settings.old_side.oauth.scope.contains("IMAP.AccessAsUser.All"));
  const auto elsewhere = old_side(
      "imap = imaps://i.jp\noauth = refresh-token\noauth_client_id = c\noauth_scope = mail x\n"
      "oauth_token_url = https://sso.jp:8443/token?realm=a&ca=/etc/ca%20x.pem\n");
  CHECK(elsewhere.problems.empty());
  const OAuthSettings& named = elsewhere.settings.old_side.oauth;
  CHECK(named.token_url == "https://sso.jp:8443/token?realm=a");
  CHECK(named.token_ca == "/etc/ca x.pem");
  CHECK(named.scope == "mail x");
  CHECK(says(old_side("imap = imaps://i.jp\noauth = refresh-token\noauth_client_id = c\n"), 4,
             "needs oauth_token_url"));
}

TEST_CASE("oauth: what is missing is named, with the kind that needs it") {
  const auto bare = old_side("imap = imaps://i.jp\noauth = microsoft\n");
  CHECK(says(bare, 4, "oauth = microsoft needs oauth_client_id"));
  CHECK(says(bare, 4, "needs oauth_client_secret_file"));
  CHECK(says(bare, 4, "needs oauth_tenant"));
  CHECK(bare.problems.size() == 3);
  CHECK(says(old_side("provider = google\noauth = google\n"), 4, "needs oauth_key_file"));
  CHECK(says(old_side("provider = google\noauth = refresh-token\n"), 4, "needs oauth_client_id"));
  CHECK(says(old_side("imap = imaps://i.jp\noauth = yahoo\n"), 4, "microsoft, google"));
}

TEST_CASE("oauth: what does nothing or contradicts is named") {
  CHECK(says(old_side("imap = imaps://i.jp\noauth_client_id = c\n"), 4, "nothing without oauth"));
  const auto mixed =
      old_side("provider = google\noauth = google\noauth_key_file = k\noauth_tenant = t\n");
  CHECK(says(mixed, 6, "does nothing with oauth = google"));
  const auto master = old_side(
      "provider = google\noauth = google\noauth_key_file = k\nmaster_user = root\n"
      "master_password_file = m\n");
  CHECK(says(master, 6, "only one of them"));
  CHECK(says(old_side("provider = builtin\noauth = google\noauth_key_file = k\n"), 4,
             "takes no tokens"));
  CHECK(says(old_side("imap = imaps://i.jp\noauth = microsoft\noauth_tenant = a/b\n"), 5,
             "not an organisation's id"));
}

TEST_CASE("oauth: a provider that takes nothing else is told of") {
  const auto without = old_side("provider = microsoft365\n");
  CHECK(without.ok());
  CHECK(says(without, 3, "log-ins by OAuth only"));
  CHECK(old_side("provider = google\n").problems.empty());  // app passwords work there
}

TEST_CASE("oauth: a token server is reached by TLS, or on this machine") {
  for (const std::string bad : {"canary", "ftp://h/canary", "http://token.example.jp/canary",
                                "https://u:canary@h/t", "https://h/t#canary", "https:///canary",
                                "https://h/t?pin=canary", "https://h/t?ca=canary"}) {
    CAPTURE(bad);
    const auto url = parse_token_url(bad);
    REQUIRE_FALSE(url);
    CHECK_FALSE(url.error().next_step.empty());
    CHECK_FALSE(url.error().to_string().contains("canary"));
  }
  CHECK(parse_token_url("http://127.0.0.1:8080/token")->url == "http://127.0.0.1:8080/token");
  const auto pinned = parse_token_url("https://h/t?pin=sha256:" + std::string(64, 'A'));
  REQUIRE(pinned);
  CHECK(pinned->url == "https://h/t");
  CHECK(pinned->pin == std::string(64, 'a'));
}

TEST_CASE("oauth: a service account's key is read, and nothing of it is repeated") {
  const auto account = parse_service_account(key_file, "k.json");
  REQUIRE(account);
  CHECK(account->email == "move@x.iam.gserviceaccount.com");
  CHECK(account->key_id == "k1");
  CHECK(account->private_key.reveal() == "-----BEGIN PRIVATE KEY-----\ncanary\n");
  for (const std::string bad :
       {std::string("canary"), std::string("[\"canary\"]"), std::string(R"({"type":"canary"})"),
        std::string(R"({"type":"service_account","private_key":"canary"})"),
        std::string(R"({"type":"service_account","client_email":"a","private_key":"canary"})")}) {
    const auto refused = parse_service_account(bad, "k.json");
    REQUIRE_FALSE(refused);
    CHECK_FALSE(refused.error().to_string().contains("canary"));
  }
}

TEST_CASE("oauth: files of secrets that others can read, or that are none, are named") {
  const TempFolder folder;
  folder.write("k.json", key_file);
  folder.write("s.txt", "secret\n");
  const auto load = [&](const std::string& lines) {
    const auto path =
        folder.write("x.conf", "domain = a.jp\n[old]\n" + lines +
                                   "[new]\nprovider = builtin\n[gateway]\nenabled = no\n");
    return load_migration(path);
  };
  const std::string google = "provider = google\noauth = google\noauth_key_file = k.json\n";
  REQUIRE(::chmod((folder / "k.json").c_str(), 0644) == 0);
  CHECK(says(load(google), 5, "chmod 600"));
  REQUIRE(::chmod((folder / "k.json").c_str(), 0600) == 0);
  CHECK(load(google).problems.empty());
  const std::string wrong = "provider = google\noauth = google\noauth_key_file = s.txt\n";
  REQUIRE(::chmod((folder / "s.txt").c_str(), 0600) == 0);
  CHECK(says(load(wrong), 5, "not a service account's key"));
  const std::string gone =
      "provider = google\noauth = refresh-token\noauth_client_id = c\n"
      "oauth_client_secret_file = gone\n";
  CHECK(says(load(gone), 6, "Cannot read"));
}

}  // namespace tandem::config
