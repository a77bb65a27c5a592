#include "lib/protocol/sasl/scram_keys.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/base/text.hpp"

namespace tandem::sasl {
namespace {

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

std::string hmac(const EVP_MD* digest, std::string_view key, std::string_view text) {
  unsigned char out[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  const char empty = 0;
  const void* secret = key.empty() ? &empty : key.data();
  if (!HMAC(digest, secret, static_cast<int>(key.size()), bytes_of(text), text.size(), out, &size))
    return {};
  return {reinterpret_cast<char*>(out), size};
}

}  // namespace

std::string hmac_sha256(std::string_view key, std::string_view text) {
  return hmac(EVP_sha256(), key, text);
}

std::string hmac_md5(std::string_view key, std::string_view text) {
  return hmac(EVP_md5(), key, text);
}

std::string salted_password(std::string_view password, std::string_view salt,
                            std::uint32_t iterations) {
  std::string out(32, '\0');
  PKCS5_PBKDF2_HMAC(password.data(), static_cast<int>(password.size()), bytes_of(salt),
                    static_cast<int>(salt.size()), static_cast<int>(iterations), EVP_sha256(), 32,
                    reinterpret_cast<unsigned char*>(out.data()));
  return out;
}

std::string xor_bytes(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return {};
  std::string out(a);
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<char>(out[i] ^ b[i]);
  return out;
}

ScramKeys derive_scram_sha256(std::string_view password, std::string_view salt,
                              std::uint32_t iterations) {
  if (iterations < scram_min_iterations || iterations > scram_max_iterations) return {};
  std::string salted = salted_password(password, salt, iterations);
  ScramKeys keys;
  keys.salt = salt;
  keys.iterations = iterations;
  std::string client_key = hmac_sha256(salted, "Client Key");
  keys.stored_key = sha256(client_key);
  keys.server_key = hmac_sha256(salted, "Server Key");
  wipe(client_key);
  wipe(salted);
  return keys;
}

bool scram_matches(const ScramKeys& keys, std::string_view password) {
  if (keys.stored_key.size() != 32) return false;
  const ScramKeys made = derive_scram_sha256(password, keys.salt, keys.iterations);
  return constant_time_equal(made.stored_key, keys.stored_key);
}

}  // namespace tandem::sasl
