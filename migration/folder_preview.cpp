#include "migration/folder_preview.hpp"

#include <array>

namespace tandem::migration {
namespace {

constexpr std::array by_names = {"known", "map", "inbox", "special_use", "name", "path"};
static_assert(by_names.size() == static_cast<std::size_t>(PairedBy::path) + 1);
constexpr std::array change_names = {"none", "unfit", "taken"};
static_assert(change_names.size() == static_cast<std::size_t>(NameChange::taken) + 1);
constexpr std::array why_names = {"excluded", "virtual", "no_messages", "not_writable",
                                  "of_others"};
static_assert(why_names.size() == static_cast<std::size_t>(WhyLeftOut::of_others) + 1);

}  // namespace

std::string_view name_of(PairedBy by) {
  return by_names[static_cast<std::size_t>(by)];
}

std::string_view name_of(NameChange change) {
  return change_names[static_cast<std::size_t>(change)];
}

std::string_view name_of(WhyLeftOut why) {
  return why_names[static_cast<std::size_t>(why)];
}

}  // namespace tandem::migration
