#include "lib/protocol/sasl/sasl.hpp"

#include <algorithm>
#include <array>

#include "lib/base/text.hpp"
#include "lib/protocol/sasl/mechanisms.hpp"

namespace tandem::sasl {
namespace detail {

Step conclude(const Answer& answer) {
  switch (answer.verdict) {
    case Answer::Verdict::accept: return {Step::Kind::success, {}, {}};
    case Answer::Verdict::temporary: return {Step::Kind::temporary, {}, {}};
    default: return failure();
  }
}

}  // namespace detail

bool is_clean(std::string_view text) {
  if (text.empty() || text.size() > 1024 || !is_utf8(text)) return false;
  return std::ranges::none_of(
      text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

std::unique_ptr<ServerMechanism> make_server(std::string_view name,
                                             const ServerSettings& settings) {
  if (iequals(name, "PLAIN")) return detail::plain_server();
  if (iequals(name, "LOGIN")) return detail::login_server();
  if (iequals(name, "CRAM-MD5")) return detail::cram_md5_server(settings);
  if (iequals(name, "SCRAM-SHA-256")) return detail::scram_server(settings);
  if (iequals(name, "OAUTHBEARER")) return detail::oauth_server(true);
  if (iequals(name, "XOAUTH2")) return detail::oauth_server(false);
  return nullptr;
}

std::unique_ptr<ClientMechanism> make_client(std::string_view name, const Credentials& c) {
  if (iequals(name, "PLAIN")) return detail::plain_client(c);
  if (iequals(name, "LOGIN")) return detail::login_client(c);
  if (iequals(name, "CRAM-MD5")) return detail::cram_md5_client(c);
  if (iequals(name, "SCRAM-SHA-256")) return detail::scram_client(c);
  if (iequals(name, "OAUTHBEARER")) return detail::oauth_client(c, true);
  if (iequals(name, "XOAUTH2")) return detail::oauth_client(c, false);
  return nullptr;
}

std::string choose(const std::vector<std::string>& offered, const Credentials& credentials,
                   bool secure) {
  struct Choice {
    std::string_view name;
    bool token;
    bool shows_secret;
    bool names_another;  // carries an authorization identity
  };
  // PLAIN before SCRAM under TLS: hosts often keep hashes SCRAM cannot use, yet offer it; under TLS
  // the two protect alike. CRAM-MD5 only where nothing else hides the password.
  static constexpr std::array<Choice, 6> secure_order{{{"OAUTHBEARER", true, true, false},
                                                       {"XOAUTH2", true, true, false},
                                                       {"PLAIN", false, true, true},
                                                       {"LOGIN", false, true, false},
                                                       {"SCRAM-SHA-256", false, false, true},
                                                       {"CRAM-MD5", false, false, false}}};
  const bool token = !credentials.token.empty();
  for (const Choice& choice : secure_order) {
    if (choice.token != token || (choice.shows_secret && !secure)) continue;
    if (!credentials.identity.empty() && !choice.names_another) continue;
    const auto same = [&](const std::string& name) { return iequals(name, choice.name); };
    if (std::ranges::any_of(offered, same)) return std::string(choice.name);
  }
  return {};
}

}  // namespace tandem::sasl
