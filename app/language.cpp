// Which of its two languages the command line speaks.
#include "app/language.hpp"

#include <cstdlib>
#include <string_view>
#include <utility>

#include "migration/oauth/next_steps.hpp"

namespace tandem::app {

bool speaks_japanese() {
  for (const char* const name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0') return std::string_view(value).starts_with("ja");
  }
  return false;
}

std::string in_our_language(std::string next_step) {
  if (!speaks_japanese()) return next_step;
  std::string japanese = migration::oauth::in_japanese(next_step);
  return japanese.empty() ? std::move(next_step) : std::move(japanese);
}

}  // namespace tandem::app
