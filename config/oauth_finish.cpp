// Log-ins of a side by OAuth: what each kind needs and what does nothing beside it, where its
// tokens come from, and whether the files of its secrets can be used.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <initializer_list>

#include "config/finish.hpp"
#include "config/providers.hpp"
#include "config/service_account.hpp"
#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

// The providers' own words (docs/oauth.md): where tokens come from and what they must be for.
constexpr std::string_view microsoft_url = "https://login.microsoftonline.com/{}/oauth2/v2.0/token";
constexpr std::string_view microsoft_scope = "https://outlook.office365.com/.default";
constexpr std::string_view microsoft_person_scope =
    "https://outlook.office.com/IMAP.AccessAsUser.All offline_access";
constexpr std::string_view google_url = "https://oauth2.googleapis.com/token";
constexpr std::string_view google_scope = "https://mail.google.com/";

constexpr std::array<std::string_view, 4> kind_names = {"off", "microsoft", "google",
                                                        "refresh-token"};
static_assert(kind_names.size() == static_cast<std::size_t>(OAuthKind::refresh_token) + 1);

struct Detail {
  std::string_view name;
  std::string OAuthSettings::* member;
};
constexpr std::array details = {
    Detail{"oauth_tenant", &OAuthSettings::tenant},
    Detail{"oauth_client_id", &OAuthSettings::client_id},
    Detail{"oauth_client_secret_file", &OAuthSettings::client_secret_file},
    Detail{"oauth_key_file", &OAuthSettings::key_file},
    Detail{"oauth_token_url", &OAuthSettings::token_url},
    Detail{"oauth_scope", &OAuthSettings::scope}};

class Check {
 public:
  Check(SideSettings& side, SettingFile& file, std::string_view section)
      : side_(side), oauth_(side.oauth), file_(file), section_(section) {}

  void run() {
    if (oauth_.kind == OAuthKind::none) {
      off();
      return;
    }
    contradictions();
    switch (oauth_.kind) {
      case OAuthKind::none: break;
      case OAuthKind::microsoft: microsoft(); break;
      case OAuthKind::google: google(); break;
      case OAuthKind::refresh_token: refresh_token(); break;
    }
  }

 private:
  [[nodiscard]] unsigned line(std::string_view name) const {
    return file_.line_of(fmt::format("{}.{}", section_, name));
  }

  void off() {
    for (const auto& [name, member] : details)
      if (!(oauth_.*member).empty())
        file_.error(line(name), fmt::format("[{}] {} does nothing without oauth.", section_, name),
                    "Set oauth = microsoft, google or refresh-token.");
    if (!needs_oauth(side_)) return;
    file_.warning(
        line("provider"),
        fmt::format("[{}] {} takes log-ins by OAuth only; passwords will be refused there.",
                    section_, side_.provider),
        "Set oauth there: docs/oauth.md says how, step by step.");
  }

  void contradictions() {
    if (!side_.master_user.empty())
      file_.error(
          line("master_user"),
          fmt::format("[{}] has oauth and a master_user; only one of them can log in.", section_),
          "Remove one of the two.");
    if (side_.imap && !side_.imap->in_process.empty())
      file_.error(line("oauth"), fmt::format("[{}] The built-in server takes no tokens.", section_),
                  "Remove oauth there.");
  }

  void need(const std::string& value, std::string_view name, std::string_view where_from) {
    if (!value.empty() || line(name) != 0) return;
    file_.error(line("oauth"),
                fmt::format("[{}] oauth = {} needs {}.", section_, name_of(oauth_.kind), name),
                fmt::format("Set {}: {}.", name, where_from));
  }

  void useless(std::initializer_list<std::string_view> names) {
    for (const auto& [name, member] : details)
      if (std::ranges::find(names, name) != names.end() && !(oauth_.*member).empty())
        file_.error(line(name),
                    fmt::format("[{}] {} does nothing with oauth = {}.", section_, name,
                                name_of(oauth_.kind)),
                    "Remove it.");
  }

  void fill(std::string url, std::string_view scope) {
    if (oauth_.token_url.empty()) oauth_.token_url = std::move(url);
    if (oauth_.scope.empty()) oauth_.scope = scope;
  }

  void microsoft() {
    useless({"oauth_key_file"});
    need(oauth_.client_id, "oauth_client_id",
         "the application (client) id from the application's overview page");
    need(oauth_.client_secret_file, "oauth_client_secret_file",
         "a file with the value (not the id) of the application's client secret");
    if (oauth_.token_url.empty())
      need(oauth_.tenant, "oauth_tenant",
           "the directory (tenant) id from the application's overview page");
    else
      useless({"oauth_tenant"});
    fill(fmt::format(microsoft_url, oauth_.tenant), microsoft_scope);
  }

  void google() {
    useless({"oauth_tenant", "oauth_client_id", "oauth_client_secret_file"});
    need(oauth_.key_file, "oauth_key_file", "the JSON file of a key of the service account");
    fill(std::string(google_url), google_scope);
  }

  void refresh_token() {
    useless({"oauth_key_file"});
    need(oauth_.client_id, "oauth_client_id",
         "the id of the application that the refresh tokens were given to");
    const bool at_microsoft = !oauth_.tenant.empty() || side_.provider == "microsoft365";
    if (!oauth_.token_url.empty()) {
      useless({"oauth_tenant"});
    } else if (at_microsoft) {
      const std::string tenant = oauth_.tenant.empty() ? "organizations" : oauth_.tenant;
      fill(fmt::format(microsoft_url, tenant), microsoft_person_scope);
    } else if (side_.provider == "google") {
      fill(std::string(google_url), "");
    } else {
      need(oauth_.token_url, "oauth_token_url", "the provider's token endpoint, https://…");
    }
  }

  SideSettings& side_;
  OAuthSettings& oauth_;
  SettingFile& file_;
  std::string_view section_;
};

}  // namespace

std::string_view name_of(OAuthKind kind) {
  return kind_names[static_cast<std::size_t>(kind)];
}

void finish_oauth(SideSettings& side, SettingFile& file, std::string_view section) {
  Check(side, file, section).run();
}

void check_oauth_files(const OAuthSettings& oauth, SettingFile& file, std::string_view section) {
  check_password_file(oauth.client_secret_file, file,
                      fmt::format("{}.oauth_client_secret_file", section));
  if (oauth.key_file.empty()) return;
  const auto key = read_service_account(oauth.key_file);
  if (key) return;
  file.error(file.line_of(fmt::format("{}.oauth_key_file", section)),
             key.error().what + (key.error().what.ends_with('.') ? "" : "."),
             key.error().next_step);
}

}  // namespace tandem::config
