// What a person shows, against what is stored: which log-in at the home side it amounts to.
#include <algorithm>

#include "config/migration_settings.hpp"
#include "lib/protocol/pop3/login_machine.hpp"
#include "proxy/session/admission.hpp"

namespace tandem::session {

using migration::Account;
using migration::Side;
using Proof = Attempt::Proof;

namespace {

constexpr std::size_t salt_size = 16;

std::unexpected<Error> wrong() {
  return fail(ErrorKind::authentication, "the name or the password is wrong");
}

std::string digest_of(const Attempt& attempt, const Secret& password) {
  if (attempt.mechanism == "APOP") return pop3::apop_digest(attempt.challenge, password.reveal());
  return sasl::cram_md5_digest(attempt.challenge, password.reveal());
}

bool has_password(const migration::Registry& registry, const Account& account) {
  return registry.has_own_password(account, Side::old_side) ||
         registry.has_own_password(account, Side::new_side);
}

}  // namespace

std::vector<Secret> Admission::passwords_of(const Account& account) const {
  std::vector<Secret> passwords;
  const Side home = migration::home_of(account.phase);
  for (const Side side : {home, migration::other(home)}) {
    auto password = registry_.own_password(account, side);
    if (password) passwords.push_back(std::move(*password));
  }
  return passwords;
}

std::optional<Result<BackendLogin>> Admission::login_by_master(const Account& account) const {
  const Side home = migration::home_of(account.phase);
  const auto* migration = registry_.settings(account.migration);
  if (migration == nullptr || !migration::settings_of(*migration, home).master_for_people ||
      registry_.has_own_password(account, home))
    return std::nullopt;
  auto master = registry_.credential(account, home);
  if (!master) return fail(master.error());
  BackendLogin login{.name = std::move(master->login),
                     .act_as = std::move(master->authorization),
                     .password = std::move(master->password),
                     .keep_hidden = true,
                     .by_master = true};
  return login;
}

// The password that was typed goes home as it is, unless it is the other side's: people keep one
// password. One that was only proven is the home side's, or the only one that is stored.
Result<BackendLogin> Admission::login_for(const Attempt& attempt, const Account& account) const {
  const Side home = migration::home_of(account.phase);
  BackendLogin login{.name = account.login_at(home).login};
  if (login.name.empty()) login.name = account.address;
  if (attempt.proof == Proof::token) {
    login.token = attempt.secret.clone();
    return login;
  }
  std::vector<Secret> known = passwords_of(account);
  if (attempt.proof == Proof::password) {
    if (known.size() == 1 && known[0] == attempt.secret)
      if (auto master = login_by_master(account)) return std::move(*master);
    const bool others = known.size() == 2 && known[1] == attempt.secret;
    login.password = others ? std::move(known[0]) : attempt.secret.clone();
    return login;
  }
  const auto fits = [&attempt](const Secret& password) {
    return constant_time_equal(digest_of(attempt, password), attempt.digest);
  };
  const bool right = attempt.proof == Proof::proven || std::ranges::any_of(known, fits);
  if (known.empty() || !right) return wrong();
  if (auto master = login_by_master(account)) return std::move(*master);
  login.password = std::move(known[0]);
  login.keep_hidden = true;
  return login;
}

// The salt follows from the name and a key of this process: a name that is unknown, or whose
// password is not stored, shows one as constant as any other.
Task<sasl::Answer> Admission::scram_keys(std::string user) {
  const auto routes = registry_.routes();
  const Account* account = routes->login(user);
  const std::string whose = account != nullptr ? account->address : lower(user);
  sasl::Answer answer = sasl::Answer::refuse();
  answer.keys.salt = sasl::hmac_sha256(salt_key_, whose).substr(0, salt_size);
  std::vector<Secret> known;
  if (account != nullptr) known = passwords_of(*account);
  if (known.empty()) co_return answer;
  const std::function<void()> derive = [&answer, &known] {
    const std::string salt = answer.keys.salt;
    const auto keys_of = [&salt](const Secret& password) {
      return sasl::derive_scram_sha256(password.reveal(), salt, sasl::scram_min_iterations);
    };
    answer.keys = keys_of(known[0]);
    if (known.size() > 1) answer.other_keys = keys_of(known[1]);
  };
  co_await offload_.run(derive);
  answer.verdict = sasl::Answer::Verdict::secret;
  co_return answer;
}

Admission::Stored Admission::stored() const {
  const auto routes = registry_.routes();
  const std::lock_guard lock(mutex_);
  if (stored_.generation != routes->generation()) {
    const std::vector<Account>& accounts = routes->accounts();
    stored_.generation = routes->generation();
    const auto known = [this](const Account& one) { return has_password(registry_, one); };
    stored_.any = std::ranges::any_of(accounts, known);
    stored_.all = stored_.any && std::ranges::all_of(accounts, known);
  }
  return stored_;
}

std::vector<std::string> Admission::mechanisms() const {
  std::vector<std::string> offered = {"PLAIN", "LOGIN"};
  if (stored().all) offered.insert(offered.end(), {"SCRAM-SHA-256", "CRAM-MD5"});
  if (options_.oauth) offered.insert(offered.end(), {"OAUTHBEARER", "XOAUTH2"});
  return offered;
}

}  // namespace tandem::session
