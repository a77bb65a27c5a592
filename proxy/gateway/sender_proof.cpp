#include "proxy/gateway/sender_proof.hpp"

#include <algorithm>
#include <string>

#include "lib/base/text.hpp"
#include "lib/mail/authentication_results.hpp"

namespace tandem::gateway {
namespace {

using mail::AuthenticationResult;

std::string domain_of(std::string_view address) {
  const auto at = address.rfind('@');
  return lower(at == std::string_view::npos ? address : address.substr(at + 1));
}

bool is_below(std::string_view name, std::string_view domain) {
  return name.size() > domain.size() && name.ends_with(domain) &&
         name[name.size() - domain.size() - 1] == '.';
}

// "relaxed" as DMARC has it, without a list of public suffixes: a name of one word
// is nobody's.
bool is_aligned(const std::string& one, const std::string& other) {
  if (one == other) return !one.empty();
  const std::string& shorter = one.size() < other.size() ? one : other;
  const std::string& longer = one.size() < other.size() ? other : one;
  return shorter.find('.') != std::string::npos && is_below(longer, shorter);
}

bool is_of_envelope(const AuthenticationResult& spf) {
  return !spf.property("smtp.mailfrom").empty() || spf.property("smtp.helo").empty();
}

std::string signer_of(const AuthenticationResult& dkim) {
  const auto domain = dkim.property("header.d");
  return domain_of(domain.empty() ? dkim.property("header.i") : domain);
}

}  // namespace

bool fails_spf_and_dkim(std::string_view head, std::string_view us, std::string_view sender) {
  const auto results = mail::results_by(mail::HeaderView(head), us);
  const std::string domain = domain_of(sender);
  bool failed = false;
  for (const auto& one : results) {
    const bool passed = one.result == "pass";
    if (one.method == "dkim" && passed && is_aligned(signer_of(one), domain)) return false;
    if (one.method != "spf" || !is_of_envelope(one)) continue;
    if (passed) return false;
    failed |= one.result == "fail" || one.result == "softfail";
  }
  return failed;
}

}  // namespace tandem::gateway
