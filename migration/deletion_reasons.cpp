#include "migration/deletion_reasons.hpp"

#include <algorithm>
#include <array>

namespace tandem::migration {

std::string reason_in_japanese(std::string_view english) {
  constexpr std::array all = {there_again,     account_was_moved, folder_made_anew, moved_meanwhile,
                              folder_closed,   not_in_folder,     not_surely_same,  lost_on_the_way,
                              cannot_take_out, archived,          perhaps_archived};
  const auto* const found = std::ranges::find(all, english, &DeletionReason::en);
  return found == all.end() ? "" : std::string(found->ja);
}

}  // namespace tandem::migration
