#include "config/secret_box.hpp"

#include <fmt/format.h>
#include <memory>

#include <openssl/evp.h>

#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

constexpr std::size_t key_bytes = 32;
constexpr std::size_t nonce_bytes = 12;  // NIST SP 800-38D 8.2.2: random 96 bits
constexpr std::size_t tag_bytes = 16;
constexpr std::size_t sealed_limit = 64 * 1024;

using Cipher = std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) {
  return reinterpret_cast<unsigned char*>(text.data());
}

std::unexpected<Error> cannot_open(std::string what, std::string cure) {
  return fail(
      Error{.kind = ErrorKind::invalid, .what = std::move(what), .next_step = std::move(cure)});
}

// Lengths in front of the parts: no two bindings give the same bytes.
std::string additional_data(const SecretBinding& binding) {
  return fmt::format("tandemail s1 {}:{} {}:{} {}:{}", binding.account.size(), binding.account,
                     binding.side.size(), binding.side, binding.purpose.size(), binding.purpose);
}

std::string id_of(std::string_view key) {
  std::string material = "tandemail key id ";
  material += key;
  auto id = hex_encode(sha256(material)).substr(0, 8);
  wipe(material);
  return id;
}

bool feed_additional(EVP_CIPHER_CTX* cipher, std::string_view data, bool sealing) {
  int length = 0;
  const auto update = sealing ? EVP_EncryptUpdate : EVP_DecryptUpdate;
  return update(cipher, nullptr, &length, bytes_of(data), int(data.size())) == 1;
}

// nonce, ciphertext, tag; empty: OpenSSL failed.
std::string encrypt(std::string_view key, std::string_view secret, std::string_view data) {
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  const auto nonce = random_bytes(nonce_bytes);
  std::string out = nonce + std::string(secret.size() + tag_bytes, '\0');
  auto* const body = bytes_of(out) + nonce_bytes;
  int length = 0;
  int rest = 0;
  const bool done =
      cipher &&
      EVP_EncryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key),
                         bytes_of(nonce)) == 1 &&
      feed_additional(cipher.get(), data, true) &&
      EVP_EncryptUpdate(cipher.get(), body, &length, bytes_of(secret), int(secret.size())) == 1 &&
      EVP_EncryptFinal_ex(cipher.get(), body + length, &rest) == 1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_GET_TAG, tag_bytes, body + secret.size()) == 1;
  return done ? out : std::string{};
}

Result<Secret> decrypt(std::string_view key, std::string_view sealed, std::string_view data) {
  const Cipher cipher(EVP_CIPHER_CTX_new(), &EVP_CIPHER_CTX_free);
  const auto nonce = sealed.substr(0, nonce_bytes);
  const auto body = sealed.substr(nonce_bytes, sealed.size() - nonce_bytes - tag_bytes);
  std::string tag(sealed.substr(sealed.size() - tag_bytes));
  std::string out(body.size() + 1, '\0');
  int length = 0;
  int rest = 0;
  const bool done =
      cipher &&
      EVP_DecryptInit_ex(cipher.get(), EVP_aes_256_gcm(), nullptr, bytes_of(key),
                         bytes_of(nonce)) == 1 &&
      feed_additional(cipher.get(), data, false) &&
      EVP_DecryptUpdate(cipher.get(), bytes_of(out), &length, bytes_of(body), int(body.size())) ==
          1 &&
      EVP_CIPHER_CTX_ctrl(cipher.get(), EVP_CTRL_GCM_SET_TAG, tag_bytes, tag.data()) == 1 &&
      EVP_DecryptFinal_ex(cipher.get(), bytes_of(out) + length, &rest) == 1;
  Secret secret(std::string(out, 0, body.size()));
  wipe(out);
  if (!done)
    return cannot_open(
        "A stored secret does not belong to this account, side and purpose, or was changed.",
        "Enter the password again.");
  return secret;
}

}  // namespace

SecretBox::SecretBox(Secret key, std::string key_id)
    : key_(std::move(key)), key_id_(std::move(key_id)) {}

Result<SecretBox> SecretBox::from_key(Secret key) {
  if (key.reveal().size() != key_bytes)
    return cannot_open(
        fmt::format("The secrets key has {} bytes instead of 32.", key.reveal().size()),
        "Put the right key back; a new one cannot open what the old one sealed.");
  auto id = id_of(key.reveal());
  return SecretBox(std::move(key), std::move(id));
}

Result<std::string> SecretBox::seal(std::string_view secret, const SecretBinding& binding) const {
  if (secret.size() > sealed_limit / 2) return fail(ErrorKind::limit, "The secret is too long");
  const auto sealed = encrypt(key_.reveal(), secret, additional_data(binding));
  if (sealed.empty()) return fail(ErrorKind::internal, "AES-256-GCM is not available");
  return fmt::format("s1.{}.{}", key_id_, base64_encode(sealed));
}

Result<Secret> SecretBox::open(std::string_view sealed, const SecretBinding& binding) const {
  const auto parts = split(sealed, '.');
  if (sealed.size() > sealed_limit || parts.size() != 3 || parts[0] != "s1")
    return cannot_open("A stored secret is damaged.", "Enter the password again.");
  if (parts[1] != key_id_)
    return cannot_open(
        fmt::format("A stored secret was sealed under another key ({}, this one is {}).",
                    printable(parts[1], 16), key_id_),
        "Put the former secrets key back, or enter the passwords again.");
  const auto bytes = base64_decode(parts[2]);
  if (!bytes || bytes->size() < nonce_bytes + tag_bytes)
    return cannot_open("A stored secret is damaged.", "Enter the password again.");
  return decrypt(key_.reveal(), *bytes, additional_data(binding));
}

}  // namespace tandem::config
