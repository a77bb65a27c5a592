// Checks answers against webui/openapi.json: the part of JSON Schema that is used there.
#pragma once

#include <string>
#include <string_view>

#include <boost/json.hpp>

namespace tandem::test {

// The schema of a component, of a path's 200 answer, or of an event of /api/events.
[[nodiscard]] const boost::json::value& component(std::string_view name);
[[nodiscard]] const boost::json::value& answer_of(std::string_view path, std::string_view method);
[[nodiscard]] const boost::json::value& event_schema(std::string_view name);

// What is wrong with `value`, one per line; empty: nothing.
[[nodiscard]] std::string faults(const boost::json::value& schema, const boost::json::value& value,
                                 const std::string& path = "$");

}  // namespace tandem::test
