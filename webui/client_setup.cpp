#include "webui/client_setup.hpp"

#include <algorithm>

#include "lib/mail/address.hpp"

namespace tandem::webui {

std::optional<std::string> address_of_ours(const ClientSetup& setup, std::string_view text) {
  const auto address = mail::parse_address(text, {.utf8 = false});
  if (!address || !is_our_domain(setup, address->domain)) return std::nullopt;
  return mail::to_string(*address);
}

bool is_our_domain(const ClientSetup& setup, std::string_view domain) {
  return std::ranges::find(setup.domains, mail::canonical_domain(domain)) != setup.domains.end();
}

const config::MailService* preferred(const ClientSetup& setup, std::string_view protocol) {
  const auto found = std::ranges::find(setup.services, protocol, &config::MailService::protocol);
  return found == setup.services.end() ? nullptr : &*found;
}

}  // namespace tandem::webui
