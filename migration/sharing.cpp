#include "migration/sharing.hpp"

#include <algorithm>
#include <array>

#include "lib/base/text.hpp"
#include "lib/net/imap_client.hpp"

namespace tandem::migration {
namespace {

constexpr std::size_t most_folders = 1000;

constexpr std::array grantee_names = {"person", "group", "anyone", "authenticated", "anonymous"};
static_assert(grantee_names.size() == static_cast<std::size_t>(Grantee::anonymous) + 1);
constexpr std::array may_names = {"see", "read", "write", "post", "delete", "administer"};
static_assert(may_names.size() == static_cast<std::size_t>(May::administer) + 1);

bool is_own(std::string_view identifier, const std::vector<std::string>& own) {
  if (iequals(identifier, "owner")) return true;
  return std::ranges::any_of(own, [identifier](std::string_view name) {
    // Cyrus leaves out its default domain.
    return iequals(identifier, name) || iequals(identifier, name.substr(0, name.find('@')));
  });
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!istarts_with(text, prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// RFC 4314 2: `-` and anyone; of older servers: anonymous. Dovecot: `#` of all its folders, `$` and
// `!$` of groups, owner, authenticated; Cyrus: `group:`.
Grant grantee(std::string_view identifier) {
  Grant grant;
  grant.denied = take_prefix(identifier, "-");
  (void)take_prefix(identifier, "#");
  for (const std::string_view mark : {"group:", "!$", "$"}) {
    if (!take_prefix(identifier, mark)) continue;
    grant.who = Grantee::group;
    grant.name = identifier;
    return grant;
  }
  for (const Grantee who : {Grantee::anyone, Grantee::authenticated, Grantee::anonymous}) {
    if (!iequals(identifier, name_of(who))) continue;
    grant.who = who;
    return grant;
  }
  grant.name = identifier;
  return grant;
}

std::vector<May> words_for(std::string_view rights) {
  const auto any = [rights](std::string_view letters) {
    return rights.find_first_of(letters) != std::string_view::npos;
  };
  // RFC 4314 2.1.1: beside these, `c` and `d` say nothing of their own, and come for old clients.
  const bool is_old = !any("kxte");
  const bool read = any("r");
  const bool write = any(is_old ? "iwc" : "iwk");
  std::vector<May> may;
  if (any("l") && !read) may.push_back(May::see);
  if (read) may.push_back(May::read);
  if (write) may.push_back(May::write);
  if (any("p") && !write) may.push_back(May::post);
  if (any(is_old ? "d" : "xte")) may.push_back(May::remove);
  if (any("a")) may.push_back(May::administer);
  return may;
}

}  // namespace

std::string_view name_of(Grantee who) {
  return grantee_names[static_cast<std::size_t>(who)];
}

std::string_view name_of(May may) {
  return may_names[static_cast<std::size_t>(may)];
}

Sharing sharing_in(const imap::response::Acl& acl, const std::vector<std::string>& own) {
  Sharing sharing;
  sharing.more = acl.more;
  for (const auto& [identifier, rights] : acl.entries) {
    if (identifier.empty() || rights.empty()) continue;
    Grant grant = grantee(identifier);
    if (grant.who == Grantee::person && is_own(grant.name, own)) continue;
    grant.may = words_for(rights);
    grant.rights = rights;
    sharing.grants.push_back(std::move(grant));
  }
  return sharing;
}

Task<std::map<std::string, Sharing, std::less<>>> look_at_sharing(net::ImapClient& client,
                                                                  std::vector<std::string> folders,
                                                                  std::vector<std::string> own) {
  std::map<std::string, Sharing, std::less<>> found;
  if (!client.has("ACL")) co_return found;
  folders.resize(std::min(folders.size(), most_folders));
  const auto told = co_await client.acls(std::move(folders));
  if (!told) co_return found;
  for (const auto& acl : *told) found[acl.name] = sharing_in(acl, own);
  co_return found;
}

}  // namespace tandem::migration
