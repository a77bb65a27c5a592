#include "server/imap/list_pattern.hpp"

#include <vector>

#include "lib/base/text.hpp"
#include "server/mailbox/folder_name.hpp"

namespace tandem::server {

// Which prefixes of the name the pattern so far can match: time is length times length, whatever
// the pattern.
bool matches_pattern(std::string_view pattern, std::string_view name) {
  constexpr std::size_t longest = 2000;
  if (pattern.size() > longest || name.size() > longest) return false;
  if (name == "INBOX" && iequals(pattern, name)) return true;
  std::vector<bool> reached(name.size() + 1, false);
  reached[0] = true;
  for (const char wanted : pattern) {
    if (wanted == '*' || wanted == '%') {
      for (std::size_t at = 0; at < name.size(); ++at)
        if (reached[at] && (wanted == '*' || name[at] != separator)) reached[at + 1] = true;
      continue;
    }
    for (std::size_t at = name.size(); at > 0; --at)
      reached[at] = reached[at - 1] && name[at - 1] == wanted;
    reached[0] = false;
  }
  return reached[name.size()];
}

}  // namespace tandem::server
