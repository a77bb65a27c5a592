#include "config/options.hpp"

#include <algorithm>
#include <vector>

#include "config/edit_distance.hpp"
#include "config/option_row.hpp"
#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

template <class Settings>
std::vector<Option> collect(std::span<const Row<Settings>> rows) {
  std::vector<Option> out;
  for (const auto& row : rows) out.push_back(row.option);
  return out;
}

std::string_view last_part(std::string_view key) {
  return key.substr(key.rfind('.') + 1);
}

}  // namespace

std::string Option::key() const {
  return section.empty() ? std::string(name) : std::string(section) + "." + std::string(name);
}

std::span<const Option> options(File file) {
  static const auto process = collect(process_rows());
  static const auto migration = collect(migration_rows());
  return file == File::process ? process : migration;
}

std::string nearest_key(File file, std::string_view key) {
  if (key.size() > 100) return {};
  const auto wanted = lower(key);
  std::string best;
  std::size_t least = 4;  // further away is no likely mistake
  for (const auto& option : options(file)) {
    const auto candidate = option.key();
    // The right name in the wrong section counts as near.
    const auto apart =
        last_part(wanted) == option.name ? std::size_t{1} : edit_distance(wanted, candidate);
    if (apart < least && apart * 2 < candidate.size()) {
      least = apart;
      best = candidate;
    }
  }
  return best;
}

}  // namespace tandem::config
