// Texts made from the table of keys: for a terminal, for the docs and as files to start from.
#pragma once

#include <string>

#include "config/options.hpp"

namespace tandem::config {

enum class Language : std::uint8_t { english, japanese };

// `config --explain`: every key with type, default, limits and help, for a terminal.
[[nodiscard]] std::string explain(Language language = Language::english);
// A commented file with every key at its default or example value; it passes the parser.
[[nodiscard]] std::string sample(File file);
// docs/configuration.md below its "generated" mark.
[[nodiscard]] std::string reference_markdown();

}  // namespace tandem::config
