#include "proxy/gateway/journal_record.hpp"

#include <array>

namespace tandem::gateway {
namespace {

constexpr std::array<std::string_view, 9> home_names = {"waiting",  "delivered",   "refused",
                                                        "not sent", "owed",        "owed",
                                                        "returned", "quarantined", "dropped"};
static_assert(home_names.size() == static_cast<std::size_t>(HomeState::dropped) + 1);
constexpr std::array<std::string_view, 7> mirror_names = {"none", "waiting",   "pending", "copied",
                                                          "debt", "cancelled", "waived"};
static_assert(mirror_names.size() == static_cast<std::size_t>(MirrorState::waived) + 1);

}  // namespace

std::string_view name_of(HomeState state) {
  return home_names[static_cast<std::size_t>(state)];
}
std::string_view name_of(MirrorState state) {
  return mirror_names[static_cast<std::size_t>(state)];
}

}  // namespace tandem::gateway
