// Where the key of the SecretBox comes from: environment, systemd credential or file.
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>

#include "config/secret_box.hpp"
#include "config/secret_file.hpp"
#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

namespace fs = std::filesystem;

constexpr const char* key_variable = "TANDEMAIL_SECRETS_KEY";

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string{} : std::string(value);
}

bool is_inside(const fs::path& path, const fs::path& folder) {
  std::error_code ignored;
  const auto inner = fs::weakly_canonical(path, ignored);
  const auto outer = fs::weakly_canonical(folder, ignored);
  const auto relative = inner.lexically_relative(outer);
  return !relative.empty() && *relative.begin() != "..";
}

Result<SecretBox> from_environment(std::string& base64) {
  auto bytes = base64_decode(trim(base64));
  wipe(base64);
  if (!bytes)
    return fail(Error{.kind = ErrorKind::invalid,
                      .what = fmt::format("{} is not base64.", key_variable),
                      .next_step = "Make one with: openssl rand -base64 32"});
  Secret key(*bytes);
  wipe(*bytes);
  return SecretBox::from_key(std::move(key));
}

Result<SecretBox> from_credential(const std::string& path) {
  auto key = read_secret_bytes(path, 4096, Readers::owner_and_group);
  if (!key) return fail(key.error());
  return SecretBox::from_key(std::move(*key));
}

Result<SecretBox> from_file(const std::string& path) {
  auto key = read_secret_bytes(path);
  if (!key && key.error().kind == ErrorKind::not_found) {
    const auto made = create_secret_file(path, Secret(random_bytes(32)));
    if (!made && made.error().kind != ErrorKind::conflict) return fail(made.error());
    key = read_secret_bytes(path);
  }
  if (!key) return fail(key.error());
  return SecretBox::from_key(std::move(*key));
}

}  // namespace

SecretEnvironment take_secret_environment() {
  SecretEnvironment environment{variable(key_variable), variable("CREDENTIALS_DIRECTORY")};
  if (char* const value = std::getenv(key_variable)) {
    for (char* c = value; *c != '\0'; ++c) *c = '\0';
    ::unsetenv(key_variable);
  }
  return environment;
}

Result<SecretBox> open_secret_box(const std::string& key_file, const std::string& data_directory,
                                  SecretEnvironment environment) {
  if (!environment.key_base64.empty()) return from_environment(environment.key_base64);
  if (!environment.credentials_directory.empty()) {
    const auto credential = fs::path(environment.credentials_directory) / "secrets.key";
    std::error_code ignored;
    if (fs::exists(credential, ignored)) return from_credential(credential.string());
  }
  if (is_inside(key_file, data_directory))
    return fail(Error{
        .kind = ErrorKind::invalid,
        .what =
            fmt::format("The secrets key {} is inside the data directory.", printable(key_file)),
        .next_step = "Move it elsewhere and set secrets_key: a backup of the data must "
                     "not contain the key to it."});
  return from_file(key_file);
}

}  // namespace tandem::config
