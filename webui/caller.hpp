// "NAME (FROM)", as the audit log and the history keep who did something, taken apart again.
#pragma once

#include <string>
#include <string_view>

namespace tandem::webui {

[[nodiscard]] std::string name_in(std::string_view who);  // "admin"
[[nodiscard]] std::string from_in(std::string_view who);  // "192.0.2.1", or "cli"

}  // namespace tandem::webui
