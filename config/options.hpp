// The table of keys. Each key of each file is declared once, with its type, default, limits and one
// line of help in English and Japanese; the parser, the sample files, `config --explain` and
// docs/configuration.md are made from it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace tandem::config {

enum class File : std::uint8_t { process, migration };

struct Option {
  std::string_view section;  // empty: before the first [section]
  std::string_view name;
  std::string_view type;      // for people: "number", "path", "yes or no", …
  std::string_view fallback;  // the default as one would write it; empty: none
  std::string_view limits;    // unit, range or choices; empty: none
  std::string_view example;   // for the sample file; empty: the default
  std::string_view help;      // one line
  std::string_view help_ja;
  bool repeatable = false;

  [[nodiscard]] std::string key() const;  // "section.name"
};

// In the order of the table. The references live as long as the program.
[[nodiscard]] std::span<const Option> options(File file);
// The declared key nearest to `key` by edit distance, or empty if none is near.
[[nodiscard]] std::string nearest_key(File file, std::string_view key);

}  // namespace tandem::config
