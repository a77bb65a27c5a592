// A mail program that a person uses, as the contract tells it, and what is to be done about it
// before the old contract ends. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "migration/clients.hpp"

namespace tandem::webui {

// The most urgent thing that is to be done, the more urgent later.
enum class ClientAdvice : std::uint8_t {
  none,              // it can stay as it is
  other_name,        // it uses another host name than ours: that name must go on leading here
  old_mechanism,     // APOP, CRAM-MD5: works for us from stored passwords, rarely elsewhere
  old_tls,           // TLS before 1.2
  no_tls,            // password or mail in the clear
  password_unknown,  // it cannot log in: its mechanism needs a stored password, and there is none
};
inline constexpr std::size_t advice_count = 6;
[[nodiscard]] std::string_view name_of(ClientAdvice advice);

// `hostname`: ours, as clients are told it; empty: not told.
[[nodiscard]] ClientAdvice advice_for(const migration::ClientSeen& client,
                                      std::string_view hostname);
[[nodiscard]] boost::json::object describe(const migration::ClientSeen& client,
                                           const migration::Account& account, ClientAdvice advice);

}  // namespace tandem::webui
