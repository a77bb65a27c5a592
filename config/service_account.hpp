// The key of a Google service account: the JSON file that Google gives out, of which three members
// count. The file holds a secret: it is read when needed, and must be its owner's alone.
#pragma once

#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/base/secret.hpp"

namespace tandem::config {

struct ServiceAccount {
  std::string email;   // "client_email"
  std::string key_id;  // "private_key_id"; may be empty
  Secret private_key;  // "private_key": PEM
};

// `path` is for messages. Error invalid: with what is wrong, never with what the file holds.
[[nodiscard]] Result<ServiceAccount> parse_service_account(std::string_view json,
                                                           const std::string& path);
// Errors also those of read_secret_bytes.
[[nodiscard]] Result<ServiceAccount> read_service_account(const std::string& path);

}  // namespace tandem::config
