// SCRAM-SHA-256 keys (RFC 5802 3, RFC 7677): what a server keeps instead of a password, and the
// arithmetic both sides share. Pure; PBKDF2 is slow on purpose: call derive off the network
// threads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::sasl {

struct ScramKeys {
  std::string salt;  // raw bytes
  std::uint32_t iterations = 0;
  std::string stored_key;  // 32 bytes
  std::string server_key;  // 32 bytes
};

inline constexpr std::uint32_t scram_min_iterations = 4096;       // RFC 7677 4
inline constexpr std::uint32_t scram_max_iterations = 1'000'000;  // a hostile server cannot burn us

// Empty keys if the iteration count is out of range.
[[nodiscard]] ScramKeys derive_scram_sha256(std::string_view password, std::string_view salt,
                                            std::uint32_t iterations);
// True if the password gives these keys.
[[nodiscard]] bool scram_matches(const ScramKeys& keys, std::string_view password);

[[nodiscard]] std::string hmac_sha256(std::string_view key, std::string_view text);
[[nodiscard]] std::string hmac_md5(std::string_view key, std::string_view text);
// PBKDF2-HMAC-SHA-256, 32 bytes.
[[nodiscard]] std::string salted_password(std::string_view password, std::string_view salt,
                                          std::uint32_t iterations);
// Of equal length; empty if they are not.
[[nodiscard]] std::string xor_bytes(std::string_view a, std::string_view b);

}  // namespace tandem::sasl
