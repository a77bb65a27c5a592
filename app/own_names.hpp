// The names under which mail programs meet us, and our certificates: what `check` compares.
#pragma once

#include <string>
#include <vector>

#include "config/load.hpp"
#include "lib/base/result.hpp"
#include "migration/certificate_check.hpp"

namespace tandem::app {

// Our host name, what `tandemail dns` publishes for programs that set themselves up, and the names
// that people's programs came with (`seen`); each once. `hostname` empty or without a dot: told to
// nobody.
[[nodiscard]] std::vector<migration::NameInUse> names_in_use(
    const config::Configuration& configuration, const std::vector<std::string>& seen);

// Those of [tls], in their order. Errors: not_found, invalid.
[[nodiscard]] Result<std::vector<migration::OwnCertificate>> own_certificates(
    const config::Configuration& configuration);

}  // namespace tandem::app
