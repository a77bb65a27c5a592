// The first lines of HTTP messages as text. Private to lib/net/http.
#pragma once

#include <string>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/net/http/message.hpp"

namespace tandem::net::http_detail {

// A field name is a token, its value has no control characters (RFC 9110 5.5): nothing can forge a
// further line. Fields that decide the framing are ours to write.
[[nodiscard]] Result<void> check(const HttpHeaders& headers);
[[nodiscard]] std::string lines_of(const HttpHeaders& headers);
[[nodiscard]] std::string http_date(WallTime time);

}  // namespace tandem::net::http_detail
