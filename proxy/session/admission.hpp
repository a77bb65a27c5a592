// Admission: from a name and a password to a logged-in backend, for all three protocols alike.
//
// The account is looked up as Routes::login does; the password goes to its home side only (T-29),
// under that side's log-in name. Where both sides have a password of their own and the person typed
// the other side's, the home side's stored one takes its place: people keep one password. A master
// user is never used. An unknown name is answered as a wrong password is, delay included.
//
// Held accounts wait here; then the routes are read again. Any thread; one attempt stays on one.
#pragma once

#include <string>

#include "lib/base/secret.hpp"
#include "lib/net/connector.hpp"
#include "lib/net/endpoint.hpp"
#include "lib/net/stream.hpp"
#include "migration/registry.hpp"
#include "proxy/session/backend.hpp"
#include "proxy/session/census.hpp"
#include "proxy/session/login_throttle.hpp"
#include "proxy/session/roster.hpp"
#include "proxy/session/session_proxy.hpp"

namespace tandem::session {

struct Attempt {
  net::Protocol protocol = net::Protocol::imap;
  std::string mechanism;
  std::string user;
  std::string identity;  // authorization identity; another than `user` is refused
  Secret password;
  std::string client;  // what the program says of itself; for the census only
};

// In: nobody but its holder speaks to the backend now.
struct Admitted {
  Roster::Place place;
  Backend backend;
};

class Admission {
 public:
  Admission(const migration::Registry& registry, const net::Connector& connector,
            const Clock& clock, const SessionOptions& options)
      : registry_(registry),
        connector_(connector),
        clock_(clock),
        options_(options),
        throttle_(clock) {}

  // Error kind authentication: wrong (answered after its delay); any other: not now.
  [[nodiscard]] Task<Result<Admitted>> admit(Attempt attempt, const net::ConnectionInfo& from);

  [[nodiscard]] Roster& roster() { return roster_; }
  [[nodiscard]] const Census& census() const { return census_; }

 private:
  [[nodiscard]] Task<Result<Admitted>> admit_account(const Attempt& attempt,
                                                     migration::AccountId id);
  [[nodiscard]] Task<Result<Backend>> open(const Attempt& attempt, migration::AccountId id);
  [[nodiscard]] Secret password_at(const migration::Account& account, migration::Side home,
                                   const Secret& typed) const;
  void record(const Attempt& attempt, migration::AccountId id, const net::ConnectionInfo& from);

  const migration::Registry& registry_;
  const net::Connector& connector_;
  const Clock& clock_;
  const SessionOptions& options_;
  LoginThrottle throttle_;
  Roster roster_;
  Census census_;
};

// Where this protocol is spoken on a side. Submission: the built-in server takes it at its SMTP
// door.
[[nodiscard]] Result<net::Endpoint> endpoint_at(const migration::Registry& registry,
                                                const migration::Account& account,
                                                migration::Side side, net::Protocol protocol);

}  // namespace tandem::session
