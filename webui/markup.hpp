// Texts in XML and HTML. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace tandem::webui {

// Fit for XML text and double-quoted attributes, HTML too.
[[nodiscard]] std::string xml_escaped(std::string_view text);

}  // namespace tandem::webui
