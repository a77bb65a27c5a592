// Small things done with JSON by this room's .cpp files: bodies read within limits, members that
// may be missing, times and texts made fit for the wire. Any thread.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/fwd.hpp>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"

namespace tandem::webui {

// The object in a request's body. Error invalid: not JSON, not an object, nested too deeply, or a
// member that is not in `members`.
[[nodiscard]] Result<boost::json::object> read_object(
    const std::string& body, std::initializer_list<std::string_view> members);
// Nothing: missing, or of another type.
[[nodiscard]] std::optional<std::string> text_in(const boost::json::object& object,
                                                 std::string_view name);
[[nodiscard]] std::optional<bool> bool_in(const boost::json::object& object, std::string_view name);
// A list of at most `limit` texts.
[[nodiscard]] std::optional<std::vector<std::string>> texts_in(const boost::json::object& object,
                                                               std::string_view name,
                                                               std::size_t limit);

// "2026-11-24T10:00:00Z"
[[nodiscard]] std::string time_text(WallTime at);
[[nodiscard]] boost::json::value time_or_null(std::optional<WallTime> at);
// null for an empty text.
[[nodiscard]] boost::json::value text_or_null(std::string_view text);
// Texts of other servers: well-formed UTF-8, without control characters, bounded.
[[nodiscard]] std::string clean(std::string_view text, std::size_t limit = 1024);

}  // namespace tandem::webui
