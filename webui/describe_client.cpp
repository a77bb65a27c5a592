#include "webui/describe_client.hpp"

#include <array>

#include <boost/json.hpp>

#include "lib/base/text.hpp"
#include "webui/json.hpp"

namespace tandem::webui {
namespace {

constexpr std::array<std::string_view, advice_count> names = {
    "none", "other_name", "old_mechanism", "old_tls", "no_tls", "password_unknown"};
static_assert(static_cast<std::size_t>(ClientAdvice::password_unknown) + 1 == advice_count);

}  // namespace

std::string_view name_of(ClientAdvice advice) {
  return names[static_cast<std::size_t>(advice)];
}

ClientAdvice advice_for(const migration::ClientSeen& client, std::string_view hostname) {
  if (!client.problem.empty()) return ClientAdvice::password_unknown;
  if (client.tls_version.empty()) return ClientAdvice::no_tls;
  if (client.tls_version == "TLSv1" || client.tls_version == "TLSv1.1")
    return ClientAdvice::old_tls;
  if (client.mechanism == "APOP" || client.mechanism == "CRAM-MD5")
    return ClientAdvice::old_mechanism;
  const bool named = !client.host_name.empty() && !hostname.empty();
  return named && !iequals(client.host_name, hostname) ? ClientAdvice::other_name
                                                       : ClientAdvice::none;
}

boost::json::object describe(const migration::ClientSeen& client, const migration::Account& account,
                             ClientAdvice advice) {
  return {{"address", account.address},
          {"migration", account.migration},
          {"protocol", client.protocol},
          {"program", text_or_null(clean(client.client, 200))},
          {"mechanism", clean(client.mechanism, 40)},
          {"tls", text_or_null(client.tls_version)},
          {"host", text_or_null(clean(client.host_name, 255))},
          {"from", text_or_null(client.address)},
          {"first_seen", time_text(client.first_seen)},
          {"last_seen", time_text(client.last_seen)},
          {"log_ins", client.log_ins},
          {"advice", name_of(advice)}};
}

}  // namespace tandem::webui
