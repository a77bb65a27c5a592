// What only the whole of a migrations/NAME.conf shows: presets filled in, servers that are missing,
// sides that are one and the same, password files that others can read.
#include <algorithm>
#include <fmt/format.h>
#include <set>

#include "config/finish.hpp"
#include "config/providers.hpp"
#include "config/secret_file.hpp"
#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

constexpr std::string_view default_login = "{address}";
constexpr std::string_view default_master_login = "{login}*{master}";

void check_domains(MigrationSettings& settings, SettingFile& file) {
  if (settings.domains.empty() && file.line_of("domain") == 0)
    file.error(0, "No domain is given.", "Add domain = example.co.jp above the first [section].");
  std::set<std::string> seen;
  for (const auto& domain : settings.domains)
    if (!seen.insert(domain).second)
      file.error(file.line_of("domain"), fmt::format("{} stands twice.", domain),
                 "Remove one of the two.");
}

// Where a problem of a side is best shown: at its provider, else at any of its lines.
unsigned line_of_side(const SettingFile& file, std::string_view section) {
  if (const auto line = file.line_of(fmt::format("{}.provider", section)); line != 0) return line;
  for (const auto& setting : file.settings)
    if (setting.key.starts_with(fmt::format("{}.", section))) return setting.line;
  return 0;
}

// False: the preset could not be filled in.
bool fill_side(SideSettings& side, const MigrationSettings& settings, SettingFile& file,
               std::string_view section) {
  bool filled = true;
  if (!side.provider.empty()) {
    const std::string domain = settings.domains.empty() ? "" : settings.domains.front();
    if (auto done = apply_preset(side, domain); !done) {
      filled = false;
      file.error(file.line_of(fmt::format("{}.provider", section)),
                 fmt::format("[{}] {}", section, done.error().what), done.error().next_step);
    }
  } else if (!side.host.empty()) {
    file.warning(file.line_of(fmt::format("{}.host", section)),
                 fmt::format("[{}] host does nothing without a provider.", section),
                 "Write the servers as URLs: imap = imaps://…");
  }
  if (side.login.empty()) side.login = default_login;
  if (side.master_login.empty()) side.master_login = default_master_login;
  return filled;
}

void check_master(const SideSettings& side, SettingFile& file, std::string_view section) {
  if (side.master_for_people && side.master_user.empty())
    file.error(file.line_of(fmt::format("{}.master_for_people", section)),
               fmt::format("[{}] master_for_people needs a master user.", section),
               "Set master_user and master_password_file, or remove master_for_people.");
  if (side.master_user.empty() == side.master_password_file.empty()) return;
  const auto* const given = side.master_user.empty() ? "master_password_file" : "master_user";
  const auto* const missing = side.master_user.empty() ? "master_user" : "master_password_file";
  file.error(file.line_of(fmt::format("{}.{}", section, given)),
             fmt::format("[{}] {} needs {} beside it.", section, given, missing),
             fmt::format("Set {} too.", missing));
}

void missing(SettingFile& file, std::string_view section, std::string_view what,
             std::string_view example) {
  file.error(line_of_side(file, section), fmt::format("[{}] has no {}.", section, what),
             fmt::format("Add {} in [{}].", example, section));
}

// A key that was given and refused has its own problem already.
bool wrote(const SettingFile& file, std::string_view section, std::string_view name) {
  return file.line_of(fmt::format("{}.{}", section, name)) != 0;
}

void check_old_server(const MigrationSettings& settings, SettingFile& file) {
  const auto& side = settings.old_side;
  if (!side.imap && !side.pop3 && !wrote(file, "old", "imap") && !wrote(file, "old", "pop3"))
    missing(file, "old", "server to read mail from", "imap = imaps://… (or pop3 = pop3s://…)");
}

void check_new_server(const MigrationSettings& settings, SettingFile& file) {
  if (!settings.new_side.imap && !wrote(file, "new", "imap"))
    missing(file, "new", "IMAP server", "imap = imaps://…");
}

void check_exchanger(const SideSettings& side, const GatewaySettings& gateway, SettingFile& file,
                     std::string_view section) {
  if (gateway.enabled && !side.smtp && !wrote(file, section, "smtp"))
    missing(file, section, "server that takes the domain's mail",
            "smtp = smtp://… (or set enabled = no in [gateway])");
}

void check_forwarding(const SideSettings& side, SettingFile& file, std::string_view section) {
  if (!side.forward_client) return;
  for (const auto* server : {&side.imap, &side.pop3, &side.smtp, &side.submission})
    if (*server && (*server)->in_process.empty()) return;
  file.error(file.line_of(fmt::format("{}.forward_client", section)),
             fmt::format("[{}] has no server of its own that could be told of clients.", section),
             "Remove forward_client: the built-in server is part of this program.");
}

// Who connects to an endpoint needs nothing else than the endpoint.
void give_sources(SideSettings& side, SettingFile& file, std::string_view section) {
  if (side.source_addresses.empty()) return;
  bool given = false;
  for (auto* server : {&side.imap, &side.pop3, &side.smtp, &side.submission}) {
    if (!*server || !(*server)->in_process.empty()) continue;
    (*server)->sources = side.source_addresses;
    given = true;
  }
  if (!given)
    file.error(file.line_of(fmt::format("{}.source_address", section)),
               fmt::format("[{}] has no server of its own to connect to.", section),
               "Remove source_address: the built-in server is part of this program.");
}

void check_mirror(const MigrationSettings& settings, SettingFile& file) {
  const auto& gateway = settings.gateway;
  if (!gateway.enabled || gateway.mirror != Mirror::append) return;
  if (!settings.old_side.imap && settings.old_side.pop3)
    file.error(
        line_of_side(file, "old"),
        "[old] offers POP3 only, so copies cannot be appended there after a cut-over.",
        "Set mirror = quiet or mirror = off in [gateway]; or imap, where the host offers it.");
}

// What a host removes by a rule looks like what its owner removes.
void check_deletes(const MigrationSettings& settings, SettingFile& file) {
  if (!settings.sync.propagate_deletes) return;
  for (const auto* side : {&settings.old_side, &settings.new_side})
    if (lets_mail_vanish(*side))
      file.warning(file.line_of("sync.propagate_deletes"),
                   fmt::format("{} may delete old mail by itself, and what it deletes is taken for "
                               "its owner's wish.",
                               side->provider),
                   "Have that rule switched off during the move, or set propagate_deletes = no.");
}

// A number that nobody wrote is a guess, and few connections keep people out.
void check_crowd(const SideSettings& side, SettingFile& file, std::string_view section) {
  if (side.most_connections() == 0 ||
      file.line_of(fmt::format("{}.connections_per_address", section)) != 0)
    return;
  file.warning(line_of_side(file, section),
               fmt::format("{} may let in only {} connections from one address, and everybody's "
                           "come from this machine.",
                           side.provider, *side.connections_per_address),
               "Have it allow more and write that as connections_per_address; or none, if it "
               "counts for each mailbox (Dovecot).");
}

void check_submission(const MigrationSettings& settings, SettingFile& file) {
  const auto line = file.line_of("gateway.submission");
  const auto& gateway = settings.gateway;
  if (gateway.enabled || line == 0 || gateway.submission != Submission::gateway) return;
  file.error(line, "submission = gateway needs the gateway, which is not enabled.",
             "Set submission = passthrough, or enabled = yes.");
}

// The first of [relay] beside `from`; 0: none.
unsigned line_of_relay(const SettingFile& file) {
  for (const auto* name : {"sender", "tls", "per_hour", "via", "via_user", "via_password_file"})
    if (const auto line = file.line_of(fmt::format("relay.{}", name)); line != 0) return line;
  return 0;
}

void check_relay_log_in(const MigrationSettings& settings, SettingFile& file) {
  const auto& relay = settings.relay;
  if (relay.via == RelayVia::off) {
    if (!relay.via_user.empty() || !relay.via_password_file.empty())
      file.error(line_of_relay(file), "[relay] names a log-in, but no side to log in to.",
                 "Set via = old or via = new.");
    return;
  }
  const auto line = file.line_of("relay.via");
  const bool old = relay.via == RelayVia::old_side;
  const auto& side = old ? settings.old_side : settings.new_side;
  const auto& server = side.submission;
  const bool by_token =
      side.oauth.kind == OAuthKind::microsoft || side.oauth.kind == OAuthKind::google;
  if (relay.via_user.empty() || (relay.via_password_file.empty() && !by_token))
    file.error(line, "[relay] via needs a log-in there.",
               "Set via_user and via_password_file; with oauth = microsoft or google in that side "
               "via_user alone.");
  if (!server)
    file.error(line, fmt::format("[{}] has no submission server.", old ? "old" : "new"),
               "Add submission = submission://… there.");
  else if (!server->in_process.empty())
    file.error(line, "The built-in server does not send to other domains.",
               "Choose the other side, or via = off.");
}

void check_relay(const MigrationSettings& settings, SettingFile& file) {
  const auto& relay = settings.relay;
  if (file.line_of("relay.from") == 0) {
    if (const auto line = line_of_relay(file); line != 0)
      file.error(line, "[relay] names no machine.", "Add from = and their addresses.");
    return;
  }
  if (file.line_of("relay.sender") == 0)
    file.error(file.line_of("relay.from"), "[relay] names no sender.",
               "Add sender = and the addresses that these machines send from.");
  if (!settings.gateway.enabled && relay.via == RelayVia::off)
    file.error(file.line_of("relay.from"),
               "[relay] would refuse everything: [gateway] is not enabled.",
               "Set via = old or via = new, or enabled = yes.");
  check_relay_log_in(settings, file);
}

void check_same_server(const MigrationSettings& settings, SettingFile& file) {
  const auto& from = settings.old_side.imap;
  const auto& to = settings.new_side.imap;
  if (!from || !to || *from != *to || settings.old_side.login != settings.new_side.login) return;
  file.error(line_of_side(file, "new"), "[old] and [new] are the same server.",
             "Correct one of them: mail would be copied onto itself.");
}

}  // namespace

void check_password_file(const std::string& path, SettingFile& file, std::string_view key) {
  if (path.empty()) return;
  const auto password = read_secret_line(path);
  const auto line = file.line_of(key);
  if (!password)
    file.error(line, password.error().what + (password.error().what.ends_with('.') ? "" : "."),
               password.error().next_step);
  else if (password->empty())
    file.error(line, fmt::format("{} is empty.", printable(path)), "Write the password into it.");
}

void finish(MigrationSettings& settings, SettingFile& file) {
  check_domains(settings, file);
  // A preset that could not be filled in would only be reported again as missing servers.
  if (fill_side(settings.old_side, settings, file, "old")) {
    check_old_server(settings, file);
    check_exchanger(settings.old_side, settings.gateway, file, "old");
  }
  if (fill_side(settings.new_side, settings, file, "new")) {
    check_new_server(settings, file);
    check_exchanger(settings.new_side, settings.gateway, file, "new");
  }
  settings.sync.old_names = folder_names(settings.old_side);
  settings.sync.new_names = folder_names(settings.new_side);
  check_master(settings.old_side, file, "old");
  check_master(settings.new_side, file, "new");
  finish_oauth(settings.old_side, file, "old");
  finish_oauth(settings.new_side, file, "new");
  check_forwarding(settings.old_side, file, "old");
  check_forwarding(settings.new_side, file, "new");
  check_mirror(settings, file);
  check_submission(settings, file);
  check_deletes(settings, file);
  check_crowd(settings.old_side, file, "old");
  check_crowd(settings.new_side, file, "new");
  check_relay(settings, file);
  check_same_server(settings, file);
  give_sources(settings.old_side, file, "old");
  give_sources(settings.new_side, file, "new");
}

void check_files(const MigrationSettings& settings, SettingFile& file) {
  check_password_file(settings.old_side.master_password_file, file, "old.master_password_file");
  check_password_file(settings.new_side.master_password_file, file, "new.master_password_file");
  check_oauth_files(settings.old_side.oauth, file, "old");
  check_oauth_files(settings.new_side.oauth, file, "new");
  check_password_file(settings.relay.via_password_file, file, "relay.via_password_file");
}

}  // namespace tandem::config
