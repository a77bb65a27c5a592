// The response code that tells a client what an error of the mailboxes means (RFC 5530).
#pragma once

#include <string>

#include "lib/base/result.hpp"

namespace tandem::server {

[[nodiscard]] inline std::string response_code(const Error& error) {
  switch (error.kind) {
    case ErrorKind::not_found: return "NONEXISTENT";
    case ErrorKind::conflict: return "ALREADYEXISTS";
    case ErrorKind::limit: return "LIMIT";
    case ErrorKind::invalid: return "CANNOT";
    case ErrorKind::refused: return "USEATTR";
    case ErrorKind::storage: return error.temporary ? "UNAVAILABLE" : "SERVERBUG";
    default: return "UNAVAILABLE";
  }
}

}  // namespace tandem::server
