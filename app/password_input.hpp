// A password for a command: from a file, or typed. Never from the command line, which every process
// of the machine can read (I4).
#pragma once

#include "app/command.hpp"
#include "lib/base/secret.hpp"

namespace tandem::app {

// --password-file FILE (mode 0600), else typed twice without echo, else, when standard input is no
// terminal, its first line.
[[nodiscard]] Result<Secret> read_password(const Arguments& arguments);

}  // namespace tandem::app
