// Files that hold a secret: readable by their owner only, or refused.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "lib/base/result.hpp"
#include "lib/base/secret.hpp"

namespace tandem::config {

// Whom a file's mode may let in. systemd's credentials are given to the service by ACL, which shows
// as group bits.
enum class Readers : std::uint8_t { owner, owner_and_group };

// The bytes of a regular file of at most `limit` bytes that belongs to us or root and that group
// and others cannot read. Errors: not_found, invalid (with the chmod that cures it), storage.
[[nodiscard]] Result<Secret> read_secret_bytes(const std::string& path, std::size_t limit = 4096,
                                               Readers readers = Readers::owner);
// The same without the line end that editors add: for passwords.
[[nodiscard]] Result<Secret> read_secret_line(const std::string& path);
// Writes a new file 0600 at once and durably (its folder, 0700, is made if missing). Error
// conflict: it exists.
[[nodiscard]] Result<void> create_secret_file(const std::string& path, const Secret& bytes);

}  // namespace tandem::config
