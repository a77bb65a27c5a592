#include "proxy/session/admission.hpp"

#include <fmt/core.h>

#include <boost/asio/this_coro.hpp>

#include "config/migration_settings.hpp"
#include "lib/base/log.hpp"
#include "lib/base/text.hpp"
#include "lib/mail/address.hpp"
#include "lib/protocol/imap/refusal_words.hpp"
#include "migration/side_access.hpp"

namespace tandem::session {

using migration::Account;
using migration::AccountId;
using migration::Side;

namespace {

std::unexpected<Error> wrong() {
  return fail(ErrorKind::authentication, "the name or the password is wrong");
}

std::unexpected<Error> left_alone(const std::string& backend) {
  return fail(Error{.kind = ErrorKind::unreachable,
                    .what = backend + " did not answer several people and is left alone",
                    .temporary = true});
}

// T-26
std::unexpected<Error> in_circles() {
  return fail(Error{.kind = ErrorKind::limit,
                    .what = "the session has passed too many proxies: it seems to go in circles",
                    .next_step = "Does the account's home side lead back to this machine?"});
}

SessionOrigin origin_of(const Attempt& attempt, const net::ConnectionInfo& from) {
  return {.client = {.address = from.peer_address,
                     .port = from.peer_port,
                     .helo = attempt.helo,
                     .protocol = "ESMTP"},
          .local_address = from.local_address,
          .local_port = from.local_port,
          .hops_left = attempt.hops_left};
}

std::unexpected<Error> held() {
  return fail(Error{.kind = ErrorKind::timed_out,
                    .what = "the account is being moved and its log-ins are held",
                    .temporary = true});
}

// A server's words may hold what it was sent (I4).
std::string words_of(Error error, const Secret& secret) {
  const bool sent = !secret.empty();
  const bool shown = sent && error.server_words.find(secret.reveal()) != std::string::npos;
  if (shown) error.server_words.clear();
  return error.to_string();
}

// What it says of itself, unless that holds the password (T-27).
std::string program_of(const Attempt& attempt) {
  const bool tells =
      !attempt.secret.empty() && attempt.client.find(attempt.secret.reveal()) != std::string::npos;
  return tells ? std::string() : printable(attempt.client, 100);
}

}  // namespace

Result<net::Endpoint> endpoint_at(const migration::Registry& registry, const Account& account,
                                  Side side, net::Protocol protocol) {
  const auto* settings = registry.settings(account.migration);
  if (settings == nullptr)
    return fail(ErrorKind::not_found, "no settings for migration " + account.migration);
  const config::SideSettings& there = migration::settings_of(*settings, side);
  std::optional<net::Endpoint> found;
  if (protocol == net::Protocol::imap) found = there.imap;
  if (protocol == net::Protocol::pop3) found = there.pop3;
  if (protocol == net::Protocol::submission) found = there.submission;
  const bool ours = there.smtp && !there.smtp->in_process.empty();
  if (protocol == net::Protocol::submission && !found && ours) found = there.smtp;
  if (!found)
    return fail(
        Error{.kind = ErrorKind::not_found,
              .what = fmt::format("migration {}: the {} side has no {} server", account.migration,
                                  name_of(side), name_of(protocol)),
              .next_step = fmt::format("Set '{}' in the section [{}] of migrations/{}.conf.",
                                       name_of(protocol), name_of(side), account.migration)});
  found->protocol = protocol;
  return *found;
}

Task<Result<Admitted>> Admission::admit(Attempt attempt, const net::ConnectionInfo& from) {
  const auto routes = registry_.routes();
  const Account* account = routes->login(attempt.user);
  const bool itself = attempt.identity.empty() || attempt.identity == attempt.user;
  const bool possible = itself && attempt.proof != Attempt::Proof::disproven;
  Result<Admitted> admitted = wrong();
  if (account != nullptr && possible) admitted = co_await admit_account(attempt, account->id, from);
  if (admitted) {
    throttle_.succeeded(attempt.user);
    record(attempt, admitted->place.guest().account(), from);
    co_return admitted;
  }
  // Never the name as typed: people type passwords there.
  const std::string who = account != nullptr ? account->address : std::string("an unknown name");
  if (admitted.error().kind != ErrorKind::authentication) {
    log::warning("W-SES-1", "{} log-in of {} from {}: {}", name_of(attempt.protocol), who,
                 from.peer_address, words_of(admitted.error(), attempt.secret));
    // Exchange says the same of a wrong password: nobody shall guess faster for it.
    if (imap::is_not_connected(admitted.error().server_words))
      (void)co_await net::sleep_for(count_failure(attempt, from));
    co_return admitted;
  }
  co_return co_await refused(std::move(attempt), who, from);
}

// How long the answer has to wait.
Duration Admission::count_failure(const Attempt& attempt, const net::ConnectionInfo& from) {
  const std::string_view shown =
      attempt.secret.empty() ? std::string_view(attempt.digest) : attempt.secret.reveal();
  return throttle_.failed(from.peer_address, attempt.user, shown);
}

Task<Result<Admitted>> Admission::refused(Attempt attempt, std::string who,
                                          net::ConnectionInfo from) {
  const Duration delay = count_failure(attempt, from);
  log::info("I-SES-2", "{} log-in of {} from {} refused", name_of(attempt.protocol), who,
            from.peer_address);
  const auto routes = registry_.routes();
  const Account* account = routes->login(attempt.user);
  const bool hidden =
      attempt.proof != Attempt::Proof::password && attempt.proof != Attempt::Proof::token;
  if (account != nullptr && hidden && passwords_of(*account).empty())
    record(attempt, account->id, from, "no stored password");
  (void)co_await net::sleep_for(delay);
  co_return wrong();
}

Task<Result<Admitted>> Admission::admit_account(const Attempt& attempt, AccountId id,
                                                const net::ConnectionInfo& from) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const SteadyTime end = clock_.steady() + options_.hold_limit;
  while (true) {
    auto place = roster_.enter(id, executor);
    if (!place) {
      const bool released = co_await roster_.wait_released(id, end - clock_.steady());
      if (!released) co_return held();
      continue;
    }
    auto backend = co_await open(attempt, id, from);
    // Fenced meanwhile: what was opened belongs to a route that may be gone.
    if (place->guest().kicked()) {
      if (clock_.steady() >= end) co_return held();
      continue;
    }
    if (!backend) co_return fail(backend.error());
    Admitted admitted{std::move(*place), std::move(*backend)};
    if (admitted.backend.smtp) place_submission(admitted, id);
    co_return admitted;
  }
}

void Admission::place_submission(Admitted& admitted, AccountId id) const {
  const auto routes = registry_.routes();
  const Account& account = *routes->account(id);
  Backend& backend = admitted.backend;
  const auto* migration = registry_.settings(account.migration);
  if (!has_desk_ || !migration->gateway.routes_submission()) {
    backend.stream = backend.smtp->release(backend.rest);
    return backend.smtp.reset();
  }
  const Side home = migration::home_of(account.phase);
  admitted.submitter = {
      .account = id,
      .migration = account.migration,
      .address = account.address,
      .home = home,
      .endpoint = *endpoint_at(registry_, account, home, net::Protocol::submission),
      .client = std::move(backend.smtp),
      .helo = {}};
}

Task<Result<Backend>> Admission::open(const Attempt& attempt, AccountId id,
                                      const net::ConnectionInfo& from) {
  const auto routes = registry_.routes();  // of now: nobody moves an account that somebody is in
  const Account* found = routes->account(id);
  if (found == nullptr) co_return wrong();
  const Account& account = *found;
  const Side home = migration::home_of(account.phase);
  auto endpoint = endpoint_at(registry_, account, home, attempt.protocol);
  if (!endpoint) co_return fail(endpoint.error());
  auto login = login_for(attempt, account);
  if (!login) co_return fail(login.error());
  if (attempt.hops_left <= 1) co_return in_circles();
  BackendOptions options{options_.hostname, options_.backend_limit, {}};
  if (migration::is_told_clients(registry_, account.migration, home))
    options.origin = origin_of(attempt, from);
  const std::string asked = endpoint->to_string();
  const bool by_master = login->by_master;
  if (!breaker_.may_ask(asked)) co_return left_alone(asked);
  auto backend = co_await open_backend(connector_, std::move(*endpoint), std::move(*login),
                                       std::move(options));
  const Error* failure = nullptr;
  if (!backend) failure = &backend.error();
  if (breaker_.asked(asked, id, failure))
    log::warning("W-SES-4", "{} is left alone: it did not answer several people", asked);
  if (!backend) {
    Error& error = backend.error();
    error.origin = migration::origin_of(home);
    if (by_master && error.kind == ErrorKind::authentication) {
      error.kind = ErrorKind::refused;
      error.what = "the master user was refused: " + error.what;
      error.next_step = "Check master_user, master_login and its password file for that side.";
    }
    co_return fail(error);
  }
  co_return backend;
}

void Admission::record(const Attempt& attempt, AccountId id, const net::ConnectionInfo& from,
                       std::string problem) {
  census_.saw({.account = id,
               .protocol = std::string(name_of(attempt.protocol)),
               .client = program_of(attempt),
               .mechanism = attempt.mechanism,
               .tls_version = from.tls_version,
               .host_name = mail::is_domain(from.sni) ? lower(from.sni) : std::string(),
               .address = from.peer_address,
               .last_seen = clock_.wall(),
               .problem = std::move(problem)});
}

}  // namespace tandem::session
