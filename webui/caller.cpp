#include "webui/caller.hpp"

#include "webui/json.hpp"

namespace tandem::webui {
namespace {

// Where " (FROM)" begins; the end, where it does not stand.
std::size_t split_at(std::string_view who) {
  const auto at = who.rfind(" (");
  return at == who.npos || !who.ends_with(')') ? who.size() : at;
}

}  // namespace

std::string name_in(std::string_view who) {
  return clean(who.substr(0, split_at(who)), 100);
}

std::string from_in(std::string_view who) {
  const auto at = split_at(who);
  if (at == who.size()) return "cli";
  return clean(who.substr(at + 2, who.size() - at - 3), 100);
}

}  // namespace tandem::webui
