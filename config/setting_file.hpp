// The lines of a file of settings, each with its number: Program_options' syntax, one line at a
// time, so that every problem can name its line and none hides the next. Internal to config/.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/options.hpp"
#include "config/problem.hpp"

namespace tandem::config {

struct Setting {
  std::string key;  // "section.name"
  std::string value;
  unsigned line = 0;
};

struct SettingFile {
  std::string name;               // for problems
  std::vector<Setting> settings;  // declared keys only, in the file's order
  Problems problems;              // syntax, unknown keys, keys given twice

  // The last line that sets the key; 0: none.
  [[nodiscard]] unsigned line_of(std::string_view key) const;
  void error(unsigned line, std::string what, std::string cure);
  void warning(unsigned line, std::string what, std::string cure);
};

[[nodiscard]] SettingFile read_settings(std::string_view text, const std::string& name, File file);

}  // namespace tandem::config
