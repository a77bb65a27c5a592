// Sealed secrets, their key and where it comes from; hashes of passwords.
#include <cstdlib>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "config/password_hash.hpp"
#include "config/secret_box.hpp"
#include "config/secret_file.hpp"
#include "tests/config/temp_folder.hpp"

namespace tandem::config {
namespace {

SecretBox box_of(char fill) {
  auto box = SecretBox::from_key(Secret(std::string(32, fill)));
  REQUIRE(box.has_value());
  return std::move(*box);
}

mode_t mode_of(const std::string& path) {
  struct stat info{};
  REQUIRE(::stat(path.c_str(), &info) == 0);
  return info.st_mode & 0777;
}

const SecretBinding taro_old{"taro@example.jp", "old", "password"};
constexpr ScryptCost cheap{.log_n = 4, .r = 8, .p = 1};

}  // namespace

TEST_CASE("a sealed secret opens where it belongs") {
  const auto box = box_of('k');
  for (const auto* secret : {"", "p", "pass word ①", "a long one a long one a long one"}) {
    const auto sealed = box.seal(secret, taro_old);
    REQUIRE(sealed.has_value());
    const auto opened = box.open(*sealed, taro_old);
    REQUIRE(opened.has_value());
    CHECK(opened->reveal() == secret);
  }
  CHECK(*box.seal("x", taro_old) != *box.seal("x", taro_old));
  CHECK(box.seal("canary", taro_old)->find("canary") == std::string::npos);
}

TEST_CASE("a sealed secret does not open where it was moved to") {
  const auto box = box_of('k');
  const auto sealed = *box.seal("secret", taro_old);
  const SecretBinding others[] = {{"hanako@example.jp", "old", "password"},
                                  {"taro@example.jp", "new", "password"},
                                  {"taro@example.jp", "old", "token"},
                                  {"taro@example.jp old", "", "password"},
                                  {"taro@example.jpold", "", "password"}};
  for (const auto& other : others) {
    const auto opened = box.open(sealed, other);
    REQUIRE_FALSE(opened.has_value());
    CHECK(opened.error().kind == ErrorKind::invalid);
    CHECK(opened.error().what.find("does not belong") != std::string::npos);
  }
}

TEST_CASE("another key says that it is another key") {
  const auto opened = box_of('b').open(*box_of('a').seal("secret", taro_old), taro_old);
  REQUIRE_FALSE(opened.has_value());
  CHECK(opened.error().what.find("another key") != std::string::npos);
  CHECK(box_of('a').key_id() != box_of('b').key_id());
  CHECK(box_of('a').key_id().size() == 8);
}

TEST_CASE("a damaged sealed secret is refused at every byte") {
  const auto box = box_of('k');
  const auto sealed = *box.seal("secret", taro_old);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    auto changed = sealed;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CHECK_FALSE(box.open(changed, taro_old).has_value());
    CHECK_FALSE(box.open(sealed.substr(0, i), taro_old).has_value());
  }
}

TEST_CASE("a key has 32 bytes") {
  for (const std::size_t size : {0, 16, 31, 33})
    CHECK_FALSE(SecretBox::from_key(Secret(std::string(size, 'k'))).has_value());
}

TEST_CASE("the key file is made on first use, 0600, and used again") {
  const TempFolder folder;
  const auto file = folder / "etc/secrets.key";
  const auto box = open_secret_box(file, folder / "data");
  REQUIRE(box.has_value());
  CHECK(mode_of(file) == 0600);
  CHECK(mode_of(folder / "etc") == 0700);
  CHECK(read_text(file).size() == 32);
  const auto again = open_secret_box(file, folder / "data");
  REQUIRE(again.has_value());
  CHECK(again->open(*box->seal("secret", taro_old), taro_old)->reveal() == "secret");
}

TEST_CASE("a key file that others can use is refused") {
  const TempFolder folder;
  const auto file = folder.write("secrets.key", std::string(32, 'k'));
  for (const mode_t mode : {0640, 0604, 0660, 0644, 0601}) {
    ::chmod(file.c_str(), mode);
    const auto box = open_secret_box(file, folder / "data");
    REQUIRE_FALSE(box.has_value());
    CHECK(box.error().next_step.find("chmod 600") != std::string::npos);
  }
  ::chmod(file.c_str(), 0400);
  CHECK(open_secret_box(file, folder / "data").has_value());
}

TEST_CASE("a key file of another length or inside the data is refused") {
  const TempFolder folder;
  const auto file = folder.write("secrets.key", std::string(31, 'k'));
  ::chmod(file.c_str(), 0600);
  CHECK_FALSE(open_secret_box(file, folder / "data").has_value());
  for (const auto* inside :
       {"data/secrets.key", "data/sub/secrets.key", "data/../data/secrets.key"}) {
    const auto box = open_secret_box(folder / inside, folder / "data");
    REQUIRE_FALSE(box.has_value());
    CHECK(box.error().what.find("inside the data directory") != std::string::npos);
  }
  CHECK_FALSE(open_secret_box(folder.path(), folder / "data").has_value());
}

TEST_CASE("environment and credential come before the file") {
  const TempFolder folder;
  const auto file = folder / "secrets.key";
  const auto from_variable =
      open_secret_box(file, folder / "data", {.key_base64 = base64_encode(std::string(32, 'e'))});
  REQUIRE(from_variable.has_value());
  CHECK(from_variable->key_id() == box_of('e').key_id());
  CHECK_FALSE(std::filesystem::exists(file));

  const auto credential = folder.write("credentials/secrets.key", std::string(32, 'c'));
  ::chmod(credential.c_str(), 0440);
  const SecretEnvironment systemd{.credentials_directory = folder / "credentials"};
  const auto from_credential = open_secret_box(file, folder / "data", systemd);
  REQUIRE(from_credential.has_value());
  CHECK(from_credential->key_id() == box_of('c').key_id());
  ::chmod(credential.c_str(), 0444);
  CHECK_FALSE(open_secret_box(file, folder / "data", systemd).has_value());

  const auto bad = open_secret_box(file, folder / "data", {.key_base64 = "canary!"});
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error().to_string().find("canary") == std::string::npos);
}

TEST_CASE("the key's variable is taken out of the environment") {
  ::setenv("TANDEMAIL_SECRETS_KEY", "canary", 1);
  CHECK(take_secret_environment().key_base64 == "canary");
  CHECK(std::getenv("TANDEMAIL_SECRETS_KEY") == nullptr);
}

TEST_CASE("a secret file is never overwritten, and leaves nothing beside it") {
  const TempFolder folder;
  const auto file = folder / "x";
  REQUIRE(create_secret_file(file, Secret("one\r\n")).has_value());
  CHECK(create_secret_file(file, Secret("two")).error().kind == ErrorKind::conflict);
  CHECK(read_secret_line(file)->reveal() == "one");
  CHECK(read_secret_bytes(file)->reveal() == "one\r\n");
  CHECK_FALSE(read_secret_bytes(file, 4).has_value());
  CHECK(read_secret_bytes(folder / "none").error().kind == ErrorKind::not_found);
  const std::filesystem::directory_iterator entries(folder.path());
  CHECK(std::distance(begin(entries), end(entries)) == 1);
}

TEST_CASE("a secret is gone after it was moved") {
  Secret one(std::string("short"));
  const Secret two = std::move(one);
  CHECK(one.empty());
  CHECK(two.reveal() == "short");
  CHECK(two.clone() == two);
}

TEST_CASE("passwords verify against their own hash only") {
  const auto hash = hash_password("秘密", cheap);
  CHECK(hash.starts_with("$scrypt$ln=4,r=8,p=1$"));
  CHECK(verify_password("秘密", hash));
  CHECK_FALSE(verify_password("秘密 ", hash));
  CHECK_FALSE(verify_password("", hash));
  CHECK(hash != hash_password("秘密", cheap));
  CHECK(verify_password("x", hash_password("x")));
  CHECK_FALSE(needs_rehash(hash, cheap));
  CHECK(needs_rehash(hash));
}

TEST_CASE("scrypt agrees with RFC 7914 section 12") {
  // N=16, r=1, p=1, password and salt empty: the first 32 bytes of the vector.
  const auto hash = *hex_decode("77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442");
  auto text = base64_encode(hash);
  text.pop_back();
  CHECK(verify_password("", "$scrypt$ln=4,r=1,p=1$$" + text));
}

TEST_CASE("a stored hash that is malformed or too dear verifies nothing") {
  const auto good = hash_password("x", cheap);
  const auto tail = good.substr(good.find('$', 8));
  for (const std::string& bad :
       {std::string{}, std::string("x"), std::string("$scrypt$"), "$scrypt$ln=40,r=8,p=1" + tail,
        "$scrypt$ln=20,r=32,p=1" + tail, "$scrypt$ln=4,r=0,p=1" + tail, "$scrypt$ln=4,r=8" + tail,
        "$bcrypt$ln=4,r=8,p=1" + tail, good + "$", good.substr(0, good.size() - 2),
        std::string(1000, '$')}) {
    CAPTURE(bad);
    CHECK_FALSE(verify_password("x", bad));
    CHECK(needs_rehash(bad, cheap));
  }
  CHECK_THROWS(hash_password("x", {.log_n = 40}));
}

}  // namespace tandem::config
