#include "config/providers.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <stdexcept>

#include "config/endpoint.hpp"
#include "config/migration_settings.hpp"
#include "config/provider_data.hpp"
#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

std::vector<Provider> read_all() {
  std::vector<Provider> all;
  for (const auto text : provider_files()) {
    auto provider = parse_provider(text);
    if (!provider) throw std::runtime_error(provider.error().what);  // a bug: they are compiled in
    all.push_back(std::move(*provider));
  }
  std::ranges::sort(all, {}, &Provider::id);
  return all;
}

// '*' stands for any characters, dots included; everything else for itself.
bool matches(std::string_view pattern, std::string_view text) {
  const auto star = pattern.find('*');
  if (star == std::string_view::npos) return iequals(pattern, text);
  const auto tail = pattern.substr(star + 1);
  return text.size() >= star + tail.size() && istarts_with(text, pattern.substr(0, star)) &&
         iequals(text.substr(text.size() - tail.size()), tail);
}

void replace_all(std::string& text, std::string_view word, std::string_view by) {
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + by.size()))
    text.replace(at, word.size(), by);
}

std::string expand(std::string pattern, std::string_view host, std::string_view domain) {
  std::string dashes(domain);
  std::ranges::replace(dashes, '.', '-');
  replace_all(pattern, "{host}", host);
  replace_all(pattern, "{domain}", domain);
  replace_all(pattern, "{domain_dashes}", dashes);
  return pattern;
}

std::unexpected<Error> bad(std::string what, std::string cure) {
  return fail(
      Error{.kind = ErrorKind::invalid, .what = std::move(what), .next_step = std::move(cure)});
}

std::string all_ids() {
  std::string ids;
  for (const auto& provider : providers()) ids += (ids.empty() ? "" : ", ") + provider.id;
  return ids;
}

struct Slot {
  std::string_view name;
  std::optional<net::Endpoint> SideSettings::* member;
  net::Protocol protocol;
};

constexpr Slot slots[] = {{"imap", &SideSettings::imap, net::Protocol::imap},
                          {"pop3", &SideSettings::pop3, net::Protocol::pop3},
                          {"smtp", &SideSettings::smtp, net::Protocol::smtp},
                          {"submission", &SideSettings::submission, net::Protocol::submission}};

Result<void> fill_endpoints(SideSettings& side, const Provider& provider, std::string_view domain) {
  for (const auto& slot : slots) {
    const auto known = provider.endpoints.find(std::string(slot.name));
    if (side.*slot.member || known == provider.endpoints.end()) continue;
    auto endpoint = parse_endpoint(expand(known->second.value, side.host, domain), slot.protocol);
    if (!endpoint) return fail(endpoint.error());
    side.*slot.member = std::move(*endpoint);
  }
  return {};
}

}  // namespace

std::span<const Provider> providers() {
  static const auto all = read_all();
  return all;
}

const Provider* find_provider(std::string_view id) {
  const auto found = std::ranges::find(providers(), id, &Provider::id);
  return found == providers().end() ? nullptr : &*found;
}

const Provider* provider_of_mx(std::string_view mx_host) {
  if (mx_host.ends_with('.')) mx_host.remove_suffix(1);
  for (const auto& provider : providers())
    for (const auto& pattern : provider.mx)
      if (matches(pattern.value, mx_host)) return &provider;
  return nullptr;
}

namespace {

bool has_quirk(const SideSettings& side, std::string_view word) {
  const auto* const provider = find_provider(side.provider);
  return provider != nullptr && std::ranges::any_of(provider->quirks, [word](const auto& quirk) {
           return quirk.value == word;
         });
}

}  // namespace

Result<void> apply_preset(SideSettings& side, std::string_view domain) {
  const auto* const provider = find_provider(side.provider);
  if (provider == nullptr)
    return bad(
        fmt::format("There is no provider \"{}\".", printable(side.provider, 40)),
        fmt::format("Known are {}; or leave it out and give the servers as URLs.", all_ids()));
  if (side.host.empty()) side.host = expand(provider->host_default, "", domain);
  if (side.host.empty() && provider->needs_host)
    return bad(fmt::format("{} has a server name for each contract.", provider->name.en),
               fmt::format("Set host to {}.", provider->host_hint.en));
  if (auto done = fill_endpoints(side, *provider, domain); !done) return fail(done.error());
  if (side.login.empty()) side.login = provider->login.value;
  if (side.master_login.empty()) side.master_login = provider->master_login.value;
  if (side.connection_limit == 0) side.connection_limit = provider->connection_limit.value;
  if (side.message_size_limit == 0) side.message_size_limit = provider->message_size_limit.value;
  if (const auto known = provider->connections_per_address.value;
      known != 0 && !side.connections_per_address)
    side.connections_per_address = known;
  if (const auto known = provider->download_per_day.value; known != 0 && !side.download_per_day)
    side.download_per_day = known;
  if (const auto known = provider->upload_per_day.value; known != 0 && !side.upload_per_day)
    side.upload_per_day = known;
  return {};
}

FolderNames folder_names(const SideSettings& side) {
  FolderNames names;
  const auto* const provider = find_provider(side.provider);
  if (provider == nullptr) return names;
  for (const auto& fact : provider->refused_in_folders) names.refused.push_back(fact.value);
  for (const auto& fact : provider->reserved_folders) names.reserved.push_back(fact.value);
  return names;
}

bool lets_mail_vanish(const SideSettings& side) {
  return has_quirk(side, "retention_deletes");
}

bool needs_oauth(const SideSettings& side) {
  return side.oauth.kind == OAuthKind::none && has_quirk(side, "oauth_only");
}

}  // namespace tandem::config
