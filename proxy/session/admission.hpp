// Admission: from a name and a password to a logged-in backend, for all three protocols alike.
//
// The account is looked up as Routes::login does; the password goes to its home side only (T-29),
// under that side's log-in name. Where both sides have a password of their own and the person typed
// the other side's, the home side's stored one takes its place: people keep one password. A master
// user speaks for nobody, unless the home side says so (`master_for_people`): then for those whose
// password is stored for the other side only, and who showed that one. An unknown name is answered
// as a wrong password is, delay included.
//
// Who proves a password without showing it (CRAM-MD5, SCRAM-SHA-256, APOP) is checked here against
// the stored ones of both sides, and logged in with the home side's. Without a stored one the
// answer is a refusal, and the census says whom it hit. An OAuth token goes to the home side as it
// is.
//
// Held accounts wait here; then the routes are read again. Any thread; one attempt stays on one.
#pragma once

#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/secret.hpp"
#include "lib/net/connector.hpp"
#include "lib/net/endpoint.hpp"
#include "lib/net/stream.hpp"
#include "lib/net/sync.hpp"
#include "lib/protocol/sasl/sasl.hpp"
#include "migration/registry.hpp"
#include "migration/submission_desk.hpp"
#include "proxy/session/backend.hpp"
#include "proxy/session/breaker.hpp"
#include "proxy/session/census.hpp"
#include "proxy/session/login_throttle.hpp"
#include "proxy/session/roster.hpp"
#include "proxy/session/session_proxy.hpp"

namespace tandem::session {

struct Attempt {
  enum class Proof : std::uint8_t {
    password,   // `secret` as typed
    token,      // `secret` is an OAuth bearer token
    digest,     // `digest` of `challenge` and the password (CRAM-MD5, APOP)
    proven,     // SCRAM with the keys that scram_keys() gave
    disproven,  // the same, wrong
  };
  Proof proof = Proof::password;
  net::Protocol protocol = net::Protocol::imap;
  std::string mechanism;
  std::string user;
  std::string identity;  // authorization identity; another than `user` is refused
  Secret secret;
  std::string challenge, digest;
  std::string client;  // what the program says of itself; for the census only
  std::string helo;    // submission: what it called itself; for a backend that trusts us
  // Proxies the session may still pass, us included; what the client says can only lower it.
  unsigned hops_left = SessionOrigin().hops_left;
};

// In: nobody but its holder speaks to the backend now.
struct Admitted {
  Roster::Place place;
  Backend backend;
  // Where the desk takes what the person sends: then the backend's session is in here.
  std::optional<migration::Submitter> submitter = {};
};

class Admission {
 public:
  Admission(const SessionParts& parts, const SessionOptions& options)
      : registry_(parts.registry),
        connector_(parts.connector),
        clock_(parts.clock),
        offload_(parts.offload),
        options_(options),
        has_desk_(parts.desk != nullptr),
        throttle_(parts.clock),
        breaker_(parts.clock),
        salt_key_(random_bytes(32)),
        census_(parts.ledger, parts.clock) {}

  // Error kind authentication: wrong (answered after its delay); any other: not now.
  [[nodiscard]] Task<Result<Admitted>> admit(Attempt attempt, const net::ConnectionInfo& from);

  // What SCRAM needs of a person; verdict secret, or refuse with the salt to show for nobody.
  [[nodiscard]] Task<sasl::Answer> scram_keys(std::string user);
  // What to offer before log-in. Mechanisms that hide the password only where every account's is
  // stored: a client that sees one takes it, and fails without trying another.
  [[nodiscard]] std::vector<std::string> mechanisms() const;
  // Whether any account could log in by APOP.
  [[nodiscard]] bool offers_apop() const { return stored().any; }

  [[nodiscard]] Roster& roster() { return roster_; }
  [[nodiscard]] Census& census() { return census_; }

 private:
  [[nodiscard]] Task<Result<Admitted>> admit_account(const Attempt& attempt,
                                                     migration::AccountId id,
                                                     const net::ConnectionInfo& from);
  [[nodiscard]] Task<Result<Backend>> open(const Attempt& attempt, migration::AccountId id,
                                           const net::ConnectionInfo& from);
  // A submission session as its migration's settings want it: to the desk, or bytes passed on.
  void place_submission(Admitted& admitted, migration::AccountId id) const;
  [[nodiscard]] Duration count_failure(const Attempt& attempt, const net::ConnectionInfo& from);
  [[nodiscard]] Task<Result<Admitted>> refused(Attempt attempt, std::string who,
                                               net::ConnectionInfo from);
  // The account's stored passwords, the home side's first.
  [[nodiscard]] std::vector<Secret> passwords_of(const migration::Account& account) const;
  // Where the home side wants it so for who showed the other side's password; else nothing.
  [[nodiscard]] std::optional<Result<BackendLogin>> login_by_master(
      const migration::Account& account) const;
  // Which login at home the attempt amounts to. Error authentication: it is wrong.
  [[nodiscard]] Result<BackendLogin> login_for(const Attempt& attempt,
                                               const migration::Account& account) const;
  void record(const Attempt& attempt, migration::AccountId id, const net::ConnectionInfo& from,
              std::string problem = {});
  // How many accounts' passwords are stored, of the routes' present generation.
  struct Stored {
    std::uint64_t generation = 0;
    bool any = false;
    bool all = false;
  };
  [[nodiscard]] Stored stored() const;

  const migration::Registry& registry_;
  const net::Connector& connector_;
  const Clock& clock_;
  net::Offload& offload_;
  const SessionOptions& options_;
  const bool has_desk_;
  LoginThrottle throttle_;
  Breaker breaker_;
  const std::string salt_key_;
  mutable std::mutex mutex_;
  mutable Stored stored_;
  Roster roster_;
  Census census_;
};

// Where this protocol is spoken on a side. Submission: the built-in server takes it at its SMTP
// door.
[[nodiscard]] Result<net::Endpoint> endpoint_at(const migration::Registry& registry,
                                                const migration::Account& account,
                                                migration::Side side, net::Protocol protocol);

}  // namespace tandem::session
