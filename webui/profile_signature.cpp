#include "webui/profile_signature.hpp"

#include <memory>

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/pem.h>

namespace tandem::webui {
namespace {

template <auto release>
struct Released {
  void operator()(auto* what) const { release(what); }
};
using Bio = std::unique_ptr<BIO, Released<BIO_free>>;
using Certificate = std::unique_ptr<X509, Released<X509_free>>;
using Key = std::unique_ptr<EVP_PKEY, Released<EVP_PKEY_free>>;
using Message = std::unique_ptr<CMS_ContentInfo, Released<CMS_ContentInfo_free>>;

void release_chain(STACK_OF(X509) * chain) {
  sk_X509_pop_free(chain, X509_free);
}
using Chain = std::unique_ptr<STACK_OF(X509), Released<release_chain>>;

Bio bytes_of(std::string_view text) {
  return Bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// A key with a passphrase is not asked for one.
Key read_key(std::string_view pem) {
  const Bio bio = bytes_of(pem);
  std::string no_passphrase;
  return Key(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, no_passphrase.data()));
}

// The leaf, and into `chain` those that lead to it.
Certificate read_chain(std::string_view pem, STACK_OF(X509) * chain) {
  const Bio bio = bytes_of(pem);
  Certificate leaf(PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
  while (X509* next = PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr))
    if (sk_X509_push(chain, next) == 0) X509_free(next);
  ERR_clear_error();  // the end of the file
  return leaf;
}

std::unexpected<Error> cannot_sign() {
  ERR_clear_error();
  return fail(ErrorKind::invalid, "the certificate and its key cannot sign");
}

}  // namespace

Result<std::string> signed_document(const net::TlsIdentity& identity, std::string_view document) {
  const Chain chain(sk_X509_new_null());
  if (!chain) return cannot_sign();
  const Certificate leaf = read_chain(identity.chain_pem, chain.get());
  const Key key = read_key(identity.key_pem);
  if (!leaf || !key) return cannot_sign();
  const Bio in = bytes_of(document);
  const Message message(CMS_sign(leaf.get(), key.get(), chain.get(), in.get(), CMS_BINARY));
  const Bio out(BIO_new(BIO_s_mem()));
  if (!message || !out || i2d_CMS_bio(out.get(), message.get()) != 1) return cannot_sign();
  char* data = nullptr;
  const long size = BIO_get_mem_data(out.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

}  // namespace tandem::webui
