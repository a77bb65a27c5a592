// Owning pointers for OpenSSL's objects, and its errors as text. Private to lib/net.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

namespace tandem::net::openssl {

template <auto free_function>
struct Deleter {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};

using Bio = std::unique_ptr<BIO, Deleter<BIO_free_all>>;
using Key = std::unique_ptr<EVP_PKEY, Deleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, Deleter<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, Deleter<SSL_CTX_free>>;
using CertificateStore = std::unique_ptr<X509_STORE, Deleter<X509_STORE_free>>;
using Extension = std::unique_ptr<X509_EXTENSION, Deleter<X509_EXTENSION_free>>;

// The last entry of this thread's error queue in words; the queue is emptied.
[[nodiscard]] inline std::string last_error() {
  const unsigned long code = ERR_peek_last_error();
  const char* text = code == 0 ? nullptr : ERR_reason_error_string(code);
  ERR_clear_error();
  return text == nullptr ? "unknown reason" : text;
}

// As many records as have come are taken by one read, not a header and a record by two. The room
// for them is there while bytes flow only (SSL_MODE_RELEASE_BUFFERS, SSL_free_buffers).
inline void read_many_records(SSL_CTX* context) {
  constexpr std::size_t room = 64 * 1024;
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_default_read_buffer_len(context, room);
}

[[nodiscard]] inline Bio memory_of(std::string_view bytes) {
  return Bio(BIO_new_mem_buf(bytes.data(), static_cast<int>(bytes.size())));
}

// The SHA-256 of the certificate's DER form, raw.
[[nodiscard]] inline std::string digest_of(const X509* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), digest, &size) != 1) return {};
  return std::string(reinterpret_cast<const char*>(digest), size);
}

// The DNS names that it holds for.
[[nodiscard]] std::vector<std::string> names_in(const X509* certificate);

}  // namespace tandem::net::openssl
