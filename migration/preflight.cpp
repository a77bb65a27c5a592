#include "migration/preflight.hpp"

#include <algorithm>
#include <fmt/core.h>
#include <functional>
#include <iterator>
#include <numeric>
#include <set>

#include "config/migration_settings.hpp"
#include "lib/base/text.hpp"
#include "lib/protocol/imap/namespaces.hpp"
#include "migration/sharing.hpp"
#include "migration/sizes.hpp"

namespace tandem::migration {
namespace {

constexpr std::array light_names = {"green", "amber", "red"};
constexpr std::array kind_names = {"cannot_log_in", "cannot_look",  "no_room",    "little_room",
                                   "oversize",      "deep_name",    "no_uidplus", "changing_uids",
                                   "needs_oauth",   "no_token",     "pop3_only",  "archived_mail",
                                   "closed_folder", "shared_folder"};
static_assert(kind_names.size() == static_cast<std::size_t>(Remark::Kind::shared_folder) + 1);

Remark remark(Remark::Kind kind, Light light, Side side, std::string what, std::string next_step) {
  return {kind, light, side, std::move(what), "", std::move(next_step)};
}

Remark remark(Remark::Kind kind, Side side, const Error& error) {
  return {kind, Light::red, side, error.what, error.server_words, error.next_step};
}

void note_capabilities(const net::ImapClient& client, SideLook& look) {
  look.uidplus = client.has("UIDPLUS");
  constexpr std::string_view limit = "APPENDLIMIT=";
  for (const std::string& capability : client.capabilities())
    if (capability.starts_with(limit))
      look.append_limit = parse_number(std::string_view(capability).substr(limit.size()));
}

bool has_attribute(const net::ImapListed& folder, std::string_view wanted) {
  return std::ranges::any_of(folder.entry.attributes, [wanted](const std::string& attribute) {
    return iequals(attribute, wanted);
  });
}

bool can_be_opened(const net::ImapListed& folder) {
  return !has_attribute(folder, "\\Noselect") && !has_attribute(folder, "\\NonExistent");
}

// Of the folders that STATUS says nothing of.
Task<Result<void>> find_closed(net::ImapClient& client, std::set<std::string> told,
                               SideLook& look) {
  for (const std::string& name : look.names) {
    if (told.contains(name)) continue;
    const auto opened = co_await client.examine(name);
    if (opened) continue;
    if (!is_closed(opened.error())) co_return fail(opened.error());
    look.closed.push_back(name);
  }
  co_return Result<void>{};
}

Task<Result<void>> count(net::ImapClient& client, SideLook& look) {
  imap::StatusItems items = imap::status_messages | imap::status_uid_validity;
  if (client.has("STATUS=SIZE")) items |= imap::status_size;
  const auto all = co_await client.statuses(look.names, items);
  if (!all) co_return fail(all.error());
  std::uint64_t bytes = 0;
  std::set<std::string> told;
  for (const auto& one : *all) {
    look.messages += one.messages;
    bytes += one.size;
    told.insert(one.name);
  }
  if ((items & imap::status_size) != 0) look.bytes = bytes;
  co_return co_await find_closed(client, std::move(told), look);
}

void note_quota(const std::vector<imap::response::Quota>& quotas, SideLook& look) {
  for (const auto& quota : quotas)
    for (const auto& resource : quota.resources) {
      if (!iequals(resource.name, "STORAGE") || resource.limit == 0) continue;
      const std::uint64_t limit = resource.limit * 1024;
      if (look.quota && *look.quota <= limit) continue;
      look.quota = limit;
      look.used = resource.usage * 1024;
    }
}

// Empty where the server has no NAMESPACE.
Task<Result<imap::response::Namespace>> ask_namespaces(net::ImapClient& client) {
  if (client.has("NAMESPACE") || client.has("IMAP4REV2")) co_return co_await client.namespaces();
  co_return imap::response::Namespace{};
}

Task<Result<void>> look_around(net::ImapClient& client, SideLook& look) {
  note_capabilities(client, look);
  const auto spaces = co_await ask_namespaces(client);
  if (!spaces) co_return fail(spaces.error());
  const auto listed = co_await client.list("", "*");
  if (!listed) co_return fail(listed.error());
  for (const auto& folder : *listed) {
    if (!can_be_opened(folder) || imap::is_of_others(folder.entry.name, *spaces)) continue;
    look.names.push_back(folder.entry.name);
    const bool all = client.has("X-GM-EXT-1") && has_attribute(folder, "\\All");
    if (all) look.archive = folder.entry.name;
    if (folder.entry.delimiter != '\0') look.separator = folder.entry.delimiter;
  }
  look.folders = look.names.size();
  const auto counted = co_await count(client, look);
  if (!counted) co_return counted;
  if (client.has("QUOTA")) {
    // A server that will not tell its quota is no obstacle.
    const auto quota = co_await client.quota("INBOX");
    if (quota) note_quota(*quota, look);
  }
  const auto inbox = co_await client.examine("INBOX");
  if (!inbox) co_return fail(inbox.error());
  look.changing_uids = inbox->uid_not_sticky;
  if (!look.pop3_only) co_return Result<void>{};
  const auto sizes = co_await sizes_in(client);
  if (!sizes) co_return fail(sizes.error());
  look.bytes = std::accumulate(sizes->begin(), sizes->end(), std::uint64_t{0});
  co_return Result<void>{};
}

Task<void> note_sharing(net::ImapClient& client, Account account, Side side, SideLook& look) {
  std::vector<std::string> own{account.address, account.login_at(side).login};
  const auto found = co_await look_at_sharing(client, look.names, std::move(own));
  for (const auto& [name, sharing] : found)
    if (sharing.is_shared()) look.shared.push_back(name);
}

std::string megabytes(std::uint64_t bytes) {
  return fmt::format("{:.1f} MB", static_cast<double>(bytes) / 1e6);
}

void compare_room(const SideLook& from, const SideLook& to, Side target,
                  std::vector<Remark>& remarks) {
  if (!to.quota) return;
  const auto needed = from.bytes ? from.bytes : from.used;
  if (!needed) return;
  const std::uint64_t room = *to.quota - std::min(*to.quota, to.used.value_or(0));
  const std::uint64_t held = to.bytes ? *to.bytes : to.used.value_or(0);
  const std::uint64_t missing = *needed - std::min(*needed, held);
  const auto numbers =
      fmt::format("{} are still to be copied, {} are free", megabytes(missing), megabytes(room));
  if (missing > room)
    remarks.push_back(remark(Remark::Kind::no_room, Light::red, target,
                             "The mailbox is too small: " + numbers + ".",
                             fmt::format("Raise the quota on the {} side by at least {}.",
                                         name_of(target), megabytes(missing - room))));
  else if (missing * 10 > room * 9)
    remarks.push_back(remark(
        Remark::Kind::little_room, Light::amber, target, "It is a tight fit: " + numbers + ".",
        fmt::format("Raise the quota on the {} side before new mail fills it.", name_of(target))));
}

void compare_names(const SideLook& from, const SideLook& to, Side target,
                   std::vector<Remark>& remarks) {
  if (to.separator == '\0' || to.separator == from.separator) return;
  std::vector<std::string> deep;
  for (const std::string& name : from.names)
    if (name.find(to.separator) != std::string::npos) deep.push_back(name);
  if (deep.empty()) return;
  remarks.push_back(remark(
      Remark::Kind::deep_name, Light::amber, target,
      fmt::format("{} folder names hold a '{}', which separates levels there, such as \"{}\".",
                  deep.size(), to.separator, deep.front()),
      "They are copied under a changed name, which `tandemail check ADDRESS` shows. Rename them "
      "first if that matters."));
}

}  // namespace

std::vector<Remark> compare(const SideLook& from, const SideLook& to, Side target) {
  std::vector<Remark> remarks;
  if (to.pop3_only) {
    remarks.push_back(remark(Remark::Kind::pop3_only, Light::amber, target,
                             "This side is read by POP3 alone: nothing can be copied to it.",
                             "Nothing to do. What still arrives there is brought over; after a "
                             "roll-back, what arrived meanwhile is on the other side only."));
    return remarks;
  }
  if (from.pop3_only)
    remarks.push_back(remark(
        Remark::Kind::pop3_only, Light::amber, other(target),
        "This side is read by POP3 alone: its INBOX is copied, and everything arrives unread.",
        "Ask the host for IMAP. Where there is none, folders such as Sent are on people's "
        "computers: have the mail program copy them to the new side after the cut-over."));
  if (!from.archive.empty())
    remarks.push_back(remark(
        Remark::Kind::archived_mail, Light::amber, other(target),
        fmt::format("Mail that was archived is in \"{}\" alone, and this folder is not copied.",
                    from.archive),
        fmt::format("If people need it, write \"map = {} -> Archive\" below [sync]. All other "
                    "mail is in that folder too, and will be in \"Archive\" once more.",
                    from.archive)));
  if (!from.closed.empty())
    remarks.push_back(remark(
        Remark::Kind::closed_folder, Light::amber, other(target),
        fmt::format("{} folders cannot be opened, such as \"{}\": they will not be copied.",
                    from.closed.size(), from.closed.front()),
        "Give this log-in access to them there, or leave them out with 'exclude' below [sync]."));
  if (!from.shared.empty())
    remarks.push_back(remark(
        Remark::Kind::shared_folder, Light::amber, other(target),
        fmt::format("{} folders are shared with other people, such as \"{}\": sharing is not "
                    "copied.",
                    from.shared.size(), from.shared.front()),
        std::string(share_again_step.en)));
  compare_room(from, to, target, remarks);
  compare_names(from, to, target, remarks);
  if (!to.uidplus)
    remarks.push_back(remark(Remark::Kind::no_uidplus, Light::amber, target,
                             "The server does not say under which number it stored a "
                             "message (no UIDPLUS).",
                             "Nothing to do. Copying is slower, each message still once."));
  if (from.changing_uids)
    remarks.push_back(
        remark(Remark::Kind::changing_uids, Light::amber, other(target),
               "The server gives messages new numbers in each session (UIDNOTSTICKY).",
               "Nothing to do. Every pass has to look at every message."));
  return remarks;
}

std::string_view name_of(Light light) {
  return light_names[static_cast<std::size_t>(light)];
}

std::string_view name_of(Remark::Kind kind) {
  return kind_names[static_cast<std::size_t>(kind)];
}

Light Findings::light() const {
  Light worst = Light::green;
  for (const Remark& one : remarks) worst = std::max(worst, one.light);
  return worst;
}

Remark::Kind Preflight::no_log_in(const Account& account, Side side, const Error& error) const {
  if (access_.oauth(account, side) != config::OAuthKind::none) return Remark::Kind::no_token;
  const bool refused = error.kind == ErrorKind::authentication;
  if (refused && access_.needs_oauth(account, side)) return Remark::Kind::needs_oauth;
  return Remark::Kind::cannot_log_in;
}

// What its provider documents, of a server that announces nothing.
std::optional<std::uint64_t> Preflight::known_limit(const Account& account, Side side) const {
  const std::uint64_t known = access_.message_size_limit(account, side);
  if (known == 0) return std::nullopt;
  return known;
}

Task<Preflight::Client> Preflight::enter(Account account, Side side, Findings& findings) const {
  SideLook& look = findings.sides[static_cast<std::size_t>(side)];
  look.pop3_only = access_.is_pop3_only(account, side);
  auto opened = co_await access_.open_mailboxes(account, side);
  if (!opened) {
    findings.remarks.push_back(
        remark(no_log_in(account, side, opened.error()), side, opened.error()));
    co_return nullptr;
  }
  look.logged_in = true;
  const auto looked = co_await look_around(**opened, look);
  if (!look.append_limit) look.append_limit = known_limit(account, side);
  if (access_.is_mapped(account, look.archive)) look.archive.clear();
  if (looked) co_return std::move(*opened);
  findings.remarks.push_back(remark(Remark::Kind::cannot_look, side, looked.error()));
  co_return nullptr;
}

Task<Findings> Preflight::examine(Account account) const {
  Findings findings;
  const Side home = home_of(account.phase);
  const Side target = other(home);
  const Client at_home = co_await enter(account, home, findings);
  const Client there = co_await enter(account, target, findings);
  if (at_home && there) {
    co_await note_sharing(*at_home, account, home, findings.sides[static_cast<std::size_t>(home)]);
    const SideLook& from = findings.at(home);
    const SideLook& to = findings.at(target);
    auto compared = compare(from, to, target);
    std::ranges::move(compared, std::back_inserter(findings.remarks));
    if (to.append_limit) {
      const auto larger =
          co_await count_larger(*at_home, from.names, from.pop3_only, *to.append_limit);
      if (!larger)
        findings.remarks.push_back(remark(Remark::Kind::cannot_look, home, larger.error()));
      else if (*larger > 0)
        findings.remarks.push_back(remark(
            Remark::Kind::oversize, Light::amber, target,
            fmt::format("{} messages are larger than the {} it takes.", *larger,
                        megabytes(*to.append_limit)),
            "Raise the limit there, or save these messages elsewhere: they cannot be copied."));
    }
  }
  std::ranges::stable_sort(findings.remarks, std::greater{}, &Remark::light);
  if (at_home) (void)co_await at_home->logout();
  if (there) (void)co_await there->logout();
  co_return findings;
}

}  // namespace tandem::migration
