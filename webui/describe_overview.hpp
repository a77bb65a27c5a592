// Overview of openapi.json: every migration at a glance, computed from the registry and the views.
#pragma once

#include <cstdint>

#include <boost/json/fwd.hpp>

namespace tandem::webui {

struct Context;

[[nodiscard]] boost::json::object describe_overview(Context& context);
// Waiting of openapi.json.
[[nodiscard]] boost::json::object describe_waiting(std::uint64_t count);

}  // namespace tandem::webui
