// Hashes of log-in passwords (page, built-in server): scrypt (RFC 7914) in a self-describing text,
// "$scrypt$ln=14,r=8,p=1$SALT$HASH" with base64 without padding. Slow by intent: call it on a pool.
#pragma once

#include <string>
#include <string_view>

namespace tandem::config {

struct ScryptCost {
  unsigned log_n = 14;  // N = 2^log_n; memory is 128 * N * r bytes: 16 MiB
  unsigned r = 8;
  unsigned p = 1;
  bool operator==(const ScryptCost&) const = default;
};

// A fresh random salt of 16 bytes. Throws std::runtime_error if the machine lacks the memory.
[[nodiscard]] std::string hash_password(std::string_view password, const ScryptCost& cost = {});
// False for a wrong password, and for a stored text that is malformed or asks for more than 256
// MiB.
[[nodiscard]] bool verify_password(std::string_view password, std::string_view stored);
// True if `stored` was made with another cost: hash again after the next log-in.
[[nodiscard]] bool needs_rehash(std::string_view stored, const ScryptCost& cost = {});

}  // namespace tandem::config
