// Certificates: reading them, and making one that signs itself.
#include <arpa/inet.h>
#include <ctime>
#include <fstream>
#include <optional>
#include <sstream>

#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

#include "lib/base/text.hpp"
#include "lib/net/openssl.hpp"
#include "lib/net/tls.hpp"

namespace tandem::net {
namespace {

constexpr std::size_t largest_pem = 1024 * 1024;
constexpr long ten_years = 3650L * 24 * 3600;
constexpr long a_day = 24L * 3600;

Result<std::string> read_pem(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  std::string text(largest_pem + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(std::max<std::streamsize>(in.gcount(), 0)));
  if (text.empty()) return fail(ErrorKind::not_found, "cannot read the PEM file " + file);
  if (text.size() > largest_pem) return fail(ErrorKind::invalid, "not a PEM file: " + file);
  return text;
}

bool is_address(const std::string& name) {
  unsigned char room[sizeof(in6_addr)];
  return inet_pton(AF_INET, name.c_str(), room) == 1 ||
         inet_pton(AF_INET6, name.c_str(), room) == 1;
}

bool add_extension(X509* certificate, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  const openssl::Extension extension(X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str()));
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

bool set_serial(X509* certificate) {
  unsigned char bytes[8];
  if (RAND_bytes(bytes, sizeof bytes) != 1) return false;
  std::uint64_t serial = 1;
  for (const unsigned char byte : bytes) serial = (serial << 7) + (byte & 0x7f);
  return ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial) == 1;
}

bool set_name(X509* certificate, const std::string& name) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const auto* bytes = reinterpret_cast<const unsigned char*>(name.data());
  const int size =
      static_cast<int>(std::min<std::size_t>(name.size(), 64));  // RFC 5280: ub-common-name
  return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, bytes, size, -1, 0) == 1 &&
         X509_set_issuer_name(certificate, subject) == 1;
}

bool fill(X509* certificate, EVP_PKEY* key, const std::vector<std::string>& names) {
  std::string alternatives;
  for (const auto& name : names) {
    if (!alternatives.empty()) alternatives += ",";
    alternatives += (is_address(name) ? "IP:" : "DNS:") + name;
  }
  return X509_set_version(certificate, X509_VERSION_3) == 1 && set_serial(certificate) &&
         X509_gmtime_adj(X509_getm_notBefore(certificate), -a_day) != nullptr &&
         X509_gmtime_adj(X509_getm_notAfter(certificate), ten_years) != nullptr &&
         X509_set_pubkey(certificate, key) == 1 && set_name(certificate, names.front()) &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE") &&
         add_extension(certificate, NID_subject_key_identifier, "hash") &&
         add_extension(certificate, NID_subject_alt_name, alternatives) &&
         X509_sign(certificate, key, EVP_sha256()) > 0;
}

std::string contents(BIO* memory) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(memory, &bytes);
  return std::string(bytes, static_cast<std::size_t>(size));
}

bool is_name_for_certificate(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  return is_host_name(name);
}

// X.509 knows seconds (RFC 5280 4.1.2.5).
std::optional<WallTime> time_of(const ASN1_TIME* written) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(written, &parts) != 1) return std::nullopt;
  return WallTime(std::chrono::seconds(timegm(&parts)));
}

}  // namespace

std::vector<std::string> openssl::names_in(const X509* certificate) {
  std::vector<std::string> names;
  auto* found = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
  for (int i = 0; i < sk_GENERAL_NAME_num(found); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(found, i);
    if (name->type != GEN_DNS) continue;
    const auto* bytes = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
    names.emplace_back(bytes, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName)));
  }
  GENERAL_NAMES_free(found);
  return names;
}

bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  for (const std::string_view label : split(name, '.')) {
    if (label.empty() || label.size() > 63 || label.front() == '-' || label.back() == '-') {
      return false;
    }
    for (const char c : label) {
      const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
      if (!letter && !(c >= '0' && c <= '9') && c != '-') return false;
    }
  }
  return true;
}

Result<TlsIdentity> read_identity(const std::string& chain_file, const std::string& key_file) {
  auto chain = read_pem(chain_file);
  if (!chain) return fail(std::move(chain.error()));
  auto key = read_pem(key_file);
  if (!key) return fail(std::move(key.error()));
  return TlsIdentity{std::move(*chain), std::move(*key), {}};
}

Result<TlsIdentity> make_self_signed(const std::vector<std::string>& names) {
  if (names.empty()) return fail(ErrorKind::invalid, "a certificate needs a name");
  for (const auto& name : names) {
    if (!is_address(name) && !is_name_for_certificate(name)) {
      return fail(ErrorKind::invalid, "not a name for a certificate: " + printable(name));
    }
  }
  const openssl::Key key(EVP_EC_gen("P-256"));
  const openssl::Certificate certificate(X509_new());
  const openssl::Bio chain_out(BIO_new(BIO_s_mem()));
  const openssl::Bio key_out(BIO_new(BIO_s_secmem()));
  if (!key || !certificate || !fill(certificate.get(), key.get(), names) ||
      PEM_write_bio_X509(chain_out.get(), certificate.get()) != 1 ||
      PEM_write_bio_PKCS8PrivateKey(key_out.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                    nullptr) != 1) {
    return fail(ErrorKind::internal, "cannot make a certificate: " + openssl::last_error());
  }
  return TlsIdentity{contents(chain_out.get()), contents(key_out.get()), names};
}

Result<CertificateFacts> certificate_facts(std::string_view chain_pem) {
  const openssl::Bio in = openssl::memory_of(chain_pem);
  const openssl::Certificate leaf(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  if (!leaf) return fail(ErrorKind::invalid, "not a certificate: " + openssl::last_error());
  const auto from = time_of(X509_get0_notBefore(leaf.get()));
  const auto until = time_of(X509_get0_notAfter(leaf.get()));
  if (!from || !until) return fail(ErrorKind::invalid, "a certificate without dates");
  return CertificateFacts{.names = openssl::names_in(leaf.get()),
                          .from = *from,
                          .until = *until,
                          .self_signed = X509_check_issued(leaf.get(), leaf.get()) == X509_V_OK};
}

Result<std::string> certificate_sha256(std::string_view chain_pem) {
  const openssl::Bio in = openssl::memory_of(chain_pem);
  const openssl::Certificate leaf(PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr));
  if (!leaf) return fail(ErrorKind::invalid, "not a certificate: " + openssl::last_error());
  return hex_encode(openssl::digest_of(leaf.get()));
}

}  // namespace tandem::net
