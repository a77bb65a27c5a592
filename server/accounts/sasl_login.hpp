// SaslLogin: answers what a SASL mechanism of one session asks (submission, POP3), and remembers
// whose credentials were looked at. Nobody may act for somebody else (authorization identity).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/protocol/sasl/sasl.hpp"
#include "server/accounts/accounts.hpp"

namespace tandem::server {

class SaslLogin {
 public:
  explicit SaslLogin(Accounts& accounts) : accounts_(accounts) {}

  // `peer`: the client's address, empty for in-process.
  [[nodiscard]] net::Task<sasl::Answer> answer(sasl::Request request, std::string peer);
  // The exchange succeeded. The account that is logged in now; nothing: that cannot be.
  [[nodiscard]] std::optional<AccountId> succeeded();

 private:
  [[nodiscard]] net::Task<sasl::Answer> check_password(std::string user, Secret password,
                                                       std::string peer);
  [[nodiscard]] sasl::Answer give_scram(const std::string& user);
  [[nodiscard]] sasl::Answer give_password(const std::string& user);

  Accounts& accounts_;
  std::optional<AccountId> candidate_;
  // Of an exchange whose outcome only success tells: it counts as failed until then.
  std::string user_;
  std::string peer_;
};

// What to offer: CRAM-MD5 only where every password is kept for it.
[[nodiscard]] std::vector<std::string> mechanisms(const Accounts& accounts);

}  // namespace tandem::server
