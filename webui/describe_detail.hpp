// Folder and Skipped of openapi.json, from what the sync says of an account.
#pragma once

#include <cstddef>
#include <vector>

#include <boost/json/fwd.hpp>

#include "migration/phase.hpp"
#include "migration/views.hpp"

namespace tandem::webui {

[[nodiscard]] boost::json::array describe_folders(
    const std::vector<migration::FolderProgress>& folders, migration::Side home,
    const std::vector<migration::SkippedMessage>& skipped);
// At most `limit`, from position `from` on.
[[nodiscard]] boost::json::array describe_skipped(
    const std::vector<migration::SkippedMessage>& skipped, std::size_t limit, std::size_t from = 0);

}  // namespace tandem::webui
