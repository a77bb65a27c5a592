// The language in which the command line speaks where it speaks both: that of the environment.
#pragma once

#include <string>

namespace tandem::app {

// LC_ALL, else LC_MESSAGES, else LANG (POSIX 8.2) begins with "ja".
[[nodiscard]] bool speaks_japanese();

// An error's next step, in Japanese where that is spoken and known (log-ins by OAuth).
[[nodiscard]] std::string in_our_language(std::string next_step);

}  // namespace tandem::app
