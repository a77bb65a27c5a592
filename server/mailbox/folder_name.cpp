#include "server/mailbox/folder_name.hpp"

#include <algorithm>

#include "lib/base/text.hpp"

namespace tandem::server {

bool is_folder_name(std::string_view name) {
  constexpr std::size_t longest = 1000;
  constexpr std::size_t deepest = 50;
  if (name.empty() || name.size() > longest || !is_utf8(name)) return false;
  const auto bad = [](unsigned char byte) {
    return byte < 0x20 || byte == 0x7f || byte == '%' || byte == '*';
  };
  if (std::ranges::any_of(name, bad)) return false;
  const auto levels = split(name, separator);
  return levels.size() <= deepest &&
         std::ranges::none_of(levels, [](std::string_view level) { return level.empty(); });
}

std::vector<std::string> parents_of(std::string_view name) {
  std::vector<std::string> parents;
  for (std::size_t at = name.find(separator); at != std::string_view::npos;
       at = name.find(separator, at + 1))
    parents.emplace_back(name.substr(0, at));
  return parents;
}

bool is_below(std::string_view name, std::string_view parent) {
  return name.size() > parent.size() + 1 && name.starts_with(parent) &&
         name[parent.size()] == separator;
}

}  // namespace tandem::server
