// With whom a folder is shared, as `check` says it. In English and Japanese.
#pragma once

#include <string>

#include <boost/json/fwd.hpp>

namespace tandem::app {

// `sharing`: Sharing of webui/openapi.json, or null. "Shared with bob (may read), everybody (may
// see that it is there)"; empty: shared with nobody, or not known.
[[nodiscard]] std::string sharing_text(const boost::json::value& sharing);
// What to do about it, below all folders; in lines.
[[nodiscard]] std::string share_again_text(bool from_old);

}  // namespace tandem::app
