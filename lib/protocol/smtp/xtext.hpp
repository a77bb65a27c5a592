// xtext (RFC 3461 4): printable ASCII, any other byte as "+" and two hex digits. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tandem::smtp {

// Nothing: it is none. Any byte may come out, line ends included: whoever writes it to a header, a
// log or another server looks first (T-21).
[[nodiscard]] std::optional<std::string> decode_xtext(std::string_view text);

}  // namespace tandem::smtp
