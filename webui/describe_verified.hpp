// Verified of openapi.json: how the last verifications of an account ended.
#pragma once

#include <vector>

#include <boost/json/fwd.hpp>

#include "migration/verify.hpp"

namespace tandem::webui {

// Of the newest first.
[[nodiscard]] boost::json::object describe(const std::vector<migration::Verified>& results);

}  // namespace tandem::webui
