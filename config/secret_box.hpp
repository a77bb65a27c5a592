// Secrets at rest: AES-256-GCM under a key that lives outside the data directory. The sealed form
// is text, and bound (as additional data) to account, side and purpose: it does not open when moved
// to another row. Any thread: a box is immutable.
//
// The key: environment TANDEMAIL_SECRETS_KEY (base64 of 32 bytes), else the systemd credential
// "secrets.key", else the file of the setting `secrets_key` (32 bytes, 0600, created on first use).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/base/secret.hpp"

namespace tandem::config {

// What a sealed secret belongs to. All three are free text; e.g. {"a@example.jp", "old",
// "password"}.
struct SecretBinding {
  std::string account, side, purpose;
};

class SecretBox {
 public:
  // `key` has 32 bytes; else Error invalid.
  [[nodiscard]] static Result<SecretBox> from_key(Secret key);

  // "s1.KEYID.BASE64". A fresh nonce each time: equal secrets look different.
  [[nodiscard]] Result<std::string> seal(std::string_view secret,
                                         const SecretBinding& binding) const;
  // Errors (invalid): not a sealed secret; sealed under another key; changed or moved.
  [[nodiscard]] Result<Secret> open(std::string_view sealed, const SecretBinding& binding) const;

  // 8 hex digits that name the key without telling it.
  [[nodiscard]] const std::string& key_id() const { return key_id_; }

 private:
  SecretBox(Secret key, std::string key_id);
  Secret key_;
  std::string key_id_;
};

// Where the environment says the key is; empty members: unset.
struct SecretEnvironment {
  std::string key_base64;             // TANDEMAIL_SECRETS_KEY
  std::string credentials_directory;  // CREDENTIALS_DIRECTORY
};
// Reads both and removes TANDEMAIL_SECRETS_KEY from the environment (children do not inherit it).
// Call before any thread starts.
[[nodiscard]] SecretEnvironment take_secret_environment();

// Opens the key as described above. Refuses a key file that others can read, that is not 32 bytes,
// or that is inside `data_directory`.
[[nodiscard]] Result<SecretBox> open_secret_box(const std::string& key_file,
                                                const std::string& data_directory,
                                                SecretEnvironment environment = {});

}  // namespace tandem::config
