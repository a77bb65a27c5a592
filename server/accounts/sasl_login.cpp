#include "server/accounts/sasl_login.hpp"

namespace tandem::server {

using Kind = sasl::Request::Kind;

net::Task<sasl::Answer> SaslLogin::answer(sasl::Request request, std::string peer) {
  candidate_.reset();
  user_.clear();
  if (!request.identity.empty() && login_key(request.identity) != login_key(request.user))
    co_return sasl::Answer::refuse();
  Secret password(std::move(request.secret));
  if (request.kind == Kind::verify_password)
    co_return co_await check_password(request.user, std::move(password), std::move(peer));
  if (request.kind == Kind::verify_token) co_return sasl::Answer::refuse();
  co_await accounts_.hold_up(request.user, peer);
  accounts_.note_login(request.user, peer, false);
  user_ = request.user;
  peer_ = std::move(peer);
  if (request.kind == Kind::need_scram) co_return give_scram(request.user);
  co_return give_password(request.user);
}

net::Task<sasl::Answer> SaslLogin::check_password(std::string user, Secret password,
                                                  std::string peer) {
  const auto checked =
      co_await accounts_.authenticate_plain(std::move(user), std::move(password), std::move(peer));
  if (!checked && checked.error().temporary) co_return sasl::Answer::temporary();
  if (!checked) co_return sasl::Answer::refuse();
  candidate_ = *checked;
  co_return sasl::Answer::accept();
}

sasl::Answer SaslLogin::give_scram(const std::string& user) {
  auto found = accounts_.scram_keys(user);
  if (!found) return sasl::Answer::temporary();
  if (!*found) return sasl::Answer::refuse();
  candidate_ = (*found)->account;
  return {sasl::Answer::Verdict::secret, {}, std::move((*found)->keys)};
}

sasl::Answer SaslLogin::give_password(const std::string& user) {
  const auto found = accounts_.recoverable(user);
  if (!found) return sasl::Answer::temporary();
  if (!*found) return sasl::Answer::refuse();
  candidate_ = (*found)->account;
  return {sasl::Answer::Verdict::secret, std::string((*found)->password.reveal()), {}};
}

std::optional<AccountId> SaslLogin::succeeded() {
  if (candidate_ && !user_.empty()) accounts_.note_login(user_, peer_, true);
  return candidate_;
}

std::vector<std::string> mechanisms(const Accounts& accounts) {
  std::vector<std::string> offered = {"SCRAM-SHA-256", "PLAIN", "LOGIN"};
  if (accounts.passwords_kept() == Accounts::Kept::everybody) offered.emplace_back("CRAM-MD5");
  return offered;
}

}  // namespace tandem::server
