// The presets: that each can be used, and that a bad one is not taken.
#include <algorithm>
#include <set>

#include <catch2/catch.hpp>

#include "config/endpoint.hpp"
#include "config/migration_settings.hpp"
#include "config/providers.hpp"

namespace tandem::config {

TEST_CASE("every preset fills a side") {
  std::set<std::string> ids;
  for (const auto& provider : providers()) {
    CAPTURE(provider.id);
    CHECK(ids.insert(provider.id).second);
    CHECK_FALSE(provider.notes.empty());
    SideSettings side{.provider = provider.id, .login = ""};
    if (provider.needs_host) {
      CHECK_FALSE(apply_preset(side, "example.co.jp").has_value());
      side.host = "server.example.net";
    }
    REQUIRE(apply_preset(side, "example.co.jp").has_value());
    CHECK_FALSE(side.login.empty());
    CHECK(side.imap.has_value() == provider.endpoints.contains("imap"));
    CHECK(side.pop3.has_value() == provider.endpoints.contains("pop3"));
    CHECK(side.smtp.has_value() == provider.endpoints.contains("smtp"));
    CHECK(side.submission.has_value() == provider.endpoints.contains("submission"));
  }
  for (const auto* id : {"builtin", "dovecot-generic", "sakura", "kagoya", "conoha", "webarena",
                         "alphamail", "xserver", "google", "microsoft365", "cpanel", "plesk"})
    CHECK(ids.contains(id));
}

TEST_CASE("patterns of presets are filled in") {
  SideSettings microsoft{.provider = "microsoft365", .login = ""};
  REQUIRE(apply_preset(microsoft, "example.co.jp").has_value());
  CHECK(microsoft.smtp->host == "example-co-jp.mail.protection.outlook.com");
  SideSettings cpanel{.provider = "cpanel", .login = ""};
  REQUIRE(apply_preset(cpanel, "example.co.jp").has_value());
  CHECK(cpanel.imap->host == "mail.example.co.jp");
  SideSettings google{.provider = "google", .login = "{local}", .connection_limit = 3};
  REQUIRE(apply_preset(google, "example.co.jp").has_value());
  CHECK(google.login == "{local}");
  CHECK(google.connection_limit == 3);
  CHECK(google.message_size_limit == 35651584);
  CHECK(google.download_per_day == 2'500'000'000);
  CHECK(google.upload_per_day == 500'000'000);
  SideSettings freed{.provider = "google", .download_per_day = 0};
  REQUIRE(apply_preset(freed, "example.co.jp").has_value());
  CHECK(freed.download_per_day == 0);
  CHECK(cpanel.download_per_day == std::nullopt);
}

TEST_CASE("a preset knows what its provider refuses in names of folders") {
  const SideSettings google{.provider = "google"};
  CHECK(folder_names(google).refused == std::vector<std::string>{"^", "\"", "'", "\\", "  "});
  CHECK(folder_names(google).reserved.empty());
  const SideSettings microsoft{.provider = "microsoft365"};
  CHECK(folder_names(microsoft).reserved == std::vector<std::string>{"Files"});
  CHECK(folder_names(SideSettings{}) == FolderNames{});
}

TEST_CASE("a provider is recognised by its mail exchanger") {
  const auto id = [](std::string_view mx) {
    const auto* const provider = provider_of_mx(mx);
    return provider == nullptr ? std::string{} : provider->id;
  };
  CHECK(id("example.sakura.ne.jp.") == "sakura");
  CHECK(id("ALT1.aspmx.l.google.com") == "google");
  CHECK(id("example-jp.mail.protection.outlook.com") == "microsoft365");
  CHECK(id("mail36.conoha.ne.jp") == "conoha");
  CHECK(id("sakura.ne.jp").empty());
  CHECK(id("mx.example.jp").empty());
  CHECK(id("").empty());
}

TEST_CASE("a preset with a mistake is refused") {
  const std::string good =
      R"({"id":"x","name":{"en":"X","ja":"X"},"endpoints":{"imap":["imaps://h.jp","H"]},"login":["{address}","M"],"notes":[]})";
  CHECK(parse_provider(good).has_value());
  const auto with = [&](std::string_view from, std::string_view to) {
    auto text = good;
    text.replace(text.find(from), from.size(), to);
    return parse_provider(text);
  };
  CHECK_FALSE(parse_provider("").has_value());
  CHECK_FALSE(parse_provider("[]").has_value());
  CHECK_FALSE(with("\"H\"", "\"L\"").has_value());
  CHECK_FALSE(with("[\"imaps://h.jp\",\"H\"]", "\"imaps://h.jp\"").has_value());
  CHECK_FALSE(with("\"imap\"", "\"imp\"").has_value());
  CHECK_FALSE(with("\"notes\"", "\"nots\"").has_value());
  CHECK_FALSE(with("{address}", "{user}").has_value());
  CHECK_FALSE(with("\"notes\":[]", "\"notes\":[{\"en\":\"only\"}]").has_value());
  CHECK_FALSE(with("\"notes\":[]", "\"notes\":[],\"quirks\":[[\"odd\",\"H\"]]").has_value());
  CHECK_FALSE(with("\"notes\":[]", "\"notes\":[],\"connections\":[0,\"H\"]").has_value());
}

}  // namespace tandem::config
