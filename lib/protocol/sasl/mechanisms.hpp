// The mechanisms' constructors, for make_server and make_client only.
#pragma once

#include <memory>

#include "lib/protocol/sasl/sasl.hpp"

namespace tandem::sasl::detail {

std::unique_ptr<ServerMechanism> plain_server();
std::unique_ptr<ServerMechanism> login_server();
std::unique_ptr<ServerMechanism> cram_md5_server(const ServerSettings& settings);
std::unique_ptr<ServerMechanism> scram_server(const ServerSettings& settings);
std::unique_ptr<ServerMechanism> oauth_server(bool bearer);

std::unique_ptr<ClientMechanism> plain_client(const Credentials& credentials);
std::unique_ptr<ClientMechanism> login_client(const Credentials& credentials);
std::unique_ptr<ClientMechanism> cram_md5_client(const Credentials& credentials);
std::unique_ptr<ClientMechanism> scram_client(const Credentials& credentials);
std::unique_ptr<ClientMechanism> oauth_client(const Credentials& credentials, bool bearer);

inline Step challenge(std::string data) {
  return {Step::Kind::challenge, std::move(data), {}};
}
inline Step ask(Request request) {
  return {Step::Kind::ask, {}, std::move(request)};
}
inline Step failure() {
  return {Step::Kind::failure, {}, {}};
}
// What an answer of accept, refuse or temporary means at the end of an exchange.
Step conclude(const Answer& answer);

}  // namespace tandem::sasl::detail
