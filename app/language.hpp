// The language in which the command line speaks where it speaks both: that of the environment.
#pragma once

namespace tandem::app {

// LC_ALL, else LC_MESSAGES, else LANG (POSIX 8.2) begins with "ja".
[[nodiscard]] bool speaks_japanese();

}  // namespace tandem::app
