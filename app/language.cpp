// Which of its two languages the command line speaks.
#include "app/language.hpp"

#include <cstdlib>
#include <string_view>

namespace tandem::app {

bool speaks_japanese() {
  for (const char* const name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return std::string_view(value).starts_with("ja");
  }
  return false;
}

}  // namespace tandem::app
