// Authentication-Results (RFC 8601): what a filter found out about a message's sender. Reading is
// tolerant and bounded and never fails: what is not there is empty. Whose field it is says its
// first word, the authserv-id; only that of a host one trusts means anything (RFC 8601 5).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/mail/header.hpp"

namespace tandem::mail {

inline constexpr std::string_view authentication_results = "Authentication-Results";

struct AuthenticationResult {
  struct Property {
    std::string name;  // "smtp.mailfrom", lower case; also "reason"
    std::string value;
  };
  std::string method;  // "spf", "dkim", "dmarc" …, lower case
  std::string result;  // "pass", "fail", "none" …, lower case
  std::vector<Property> properties;

  // The property's value; empty where there is none.
  [[nodiscard]] std::string_view property(std::string_view name) const;
};

struct AuthenticationResults {
  std::string by;  // authserv-id, lower case
  std::vector<AuthenticationResult> results;
};

// At most 100 results of 20 properties.
[[nodiscard]] AuthenticationResults parse_authentication_results(std::string_view value);
// Such a field, by this host (compared without regard to case or a final dot).
[[nodiscard]] bool is_result_by(const HeaderField& field, std::string_view host);
// All results by this host in a header, topmost first.
[[nodiscard]] std::vector<AuthenticationResult> results_by(const HeaderView& header,
                                                           std::string_view host);

}  // namespace tandem::mail
