#include "lib/protocol/imap/namespaces.hpp"

#include <algorithm>
#include <optional>

#include "lib/base/text.hpp"

namespace tandem::imap {
namespace {

using Entries = std::vector<response::NamespaceEntry>;

// `Public` itself lies below the prefix `Public/`.
bool is_below(std::string_view name, const response::NamespaceEntry& space) {
  const std::string_view prefix = space.prefix;
  if (name.starts_with(prefix)) return true;
  return space.delimiter != '\0' && prefix.ends_with(space.delimiter) &&
         name == prefix.substr(0, prefix.size() - 1);
}

// Bytes of the longest prefix; nothing: below none of them.
std::optional<std::size_t> longest(std::string_view name, const Entries& spaces) {
  std::optional<std::size_t> found;
  for (const auto& space : spaces)
    if (is_below(name, space)) found = std::max(found, std::optional(space.prefix.size()));
  return found;
}

}  // namespace

bool is_of_others(std::string_view name, const response::Namespace& spaces) {
  if (iequals(name, "INBOX")) return false;
  const auto others = std::max(longest(name, spaces.other_users), longest(name, spaces.shared));
  // A server that names no personal namespace may still keep personal mailboxes at the top.
  if (spaces.personal.empty() && others == std::size_t{0}) return false;
  return others > longest(name, spaces.personal);
}

}  // namespace tandem::imap
