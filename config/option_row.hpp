// One row of the table of keys: what people are told about the key, and how its value gets into the
// struct. Internal to config/: the tables are process_options.cpp and migration_options.cpp.
#pragma once

#include <array>
#include <cstdint>
#include <fmt/format.h>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "config/options.hpp"
#include "config/setting_file.hpp"
#include "lib/base/text.hpp"

namespace tandem::config {

struct MigrationSettings;
struct ProcessSettings;

struct Fault {
  std::string what, cure;
};
// Nothing: the value was taken.
using Outcome = std::optional<Fault>;

struct Value {
  std::string_view text;    // trimmed
  std::string_view folder;  // of the file, for relative paths
  bool first = true;        // the first of a repeatable key: it replaces the default
};

template <class Settings>
struct Row {
  Option option;
  Outcome (*set)(Settings&, const Value&);
};

[[nodiscard]] std::span<const Row<ProcessSettings>> process_rows();
[[nodiscard]] std::span<const Row<MigrationSettings>> migration_rows();

// Takes each setting by its row, the defaults first; faults become problems with their line.
template <class Settings>
void apply(Settings& settings, SettingFile& file, std::span<const Row<Settings>> rows,
           std::string_view folder) {
  for (const auto& row : rows) {
    bool first = true;
    if (!row.option.fallback.empty()) row.set(settings, {row.option.fallback, folder, true});
    const auto key = row.option.key();
    for (std::size_t i = 0; i < file.settings.size(); ++i) {
      const auto& setting = file.settings[i];
      if (setting.key != key) continue;
      auto fault = row.set(settings, {setting.value, folder, first});
      first = false;
      if (fault) file.error(setting.line, key + ": " + fault->what, fault->cure);
    }
  }
}

// Setters' parts. Each takes a value or says what it should have been.
Outcome take_text(std::string& into, const Value& value);
Outcome take_path(std::string& into, const Value& value);
Outcome take_flag(bool& into, const Value& value);
Outcome take_number(unsigned& into, const Value& value, unsigned least, unsigned most);

template <class Enum>
Outcome take_choice(Enum& into, const Value& value,
                    std::initializer_list<std::pair<std::string_view, Enum>> choices) {
  std::string names;
  for (const auto& [name, choice] : choices) {
    if (iequals(value.text, name)) {
      into = choice;
      return std::nullopt;
    }
    names += names.empty() ? "" : ", ";
    names += name;
  }
  return Fault{fmt::format("\"{}\" is none of the choices.", printable(value.text, 60)),
               fmt::format("Use {}{}.", choices.size() > 1 ? "one of " : "", names)};
}

}  // namespace tandem::config
