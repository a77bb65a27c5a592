#include "migration/oauth/jwt.hpp"

#include <memory>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include "lib/base/text.hpp"
#include "migration/oauth/next_steps.hpp"

namespace tandem::migration::oauth {
namespace {

template <auto function>
struct Free {
  template <class T>
  void operator()(T* object) const {
    function(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Free<EVP_PKEY_free>>;
using Bio = std::unique_ptr<BIO, Free<BIO_free>>;
using Digest = std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX_free>>;

// OpenSSL would ask for a pass phrase at the terminal.
int no_pass_phrase(char*, int, int, void*) {
  return -1;
}

Key read_key(const Secret& pem) {
  const auto text = pem.reveal();
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  if (!bio) return nullptr;
  Key key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr));
  if (key && EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) return nullptr;
  return key;
}

std::string sign(EVP_PKEY& key, std::string_view text) {
  const Digest context(EVP_MD_CTX_new());
  if (!context || EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, &key) != 1)
    return "";
  const auto* const bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  if (EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1) return "";
  std::string signature(size, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(signature.data());
  if (EVP_DigestSign(context.get(), out, &size, bytes, text.size()) != 1) return "";
  signature.resize(size);
  return signature;
}

}  // namespace

std::string base64url(std::string_view bytes) {
  std::string text = base64_encode(bytes);
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

Result<std::string> sign_jwt(std::string_view header, std::string_view claims,
                             const Secret& private_key) {
  const Key key = read_key(private_key);
  std::string token = base64url(header) + "." + base64url(claims);
  const std::string signature = key ? sign(*key, token) : std::string();
  if (signature.empty())
    return fail(Error{.kind = ErrorKind::invalid,
                      .what = "the service account's private key cannot be used: it is no RSA key",
                      .next_step = std::string(unusable_key_step.en)});
  return token + "." + base64url(signature);
}

}  // namespace tandem::migration::oauth
