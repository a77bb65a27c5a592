// UpstreamPool: SMTP and LMTP connections to the servers mail is handed to, opened on demand and
// used again with RSET. A connection stays on the io thread that opened it; each thread has its own
// idle ones. What a server announced is remembered, so that our own EHLO can announce no more
// (R16).
//
// Any thread; a lease is used and given back on the thread that took it.
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/secret.hpp"
#include "lib/net/connector.hpp"
#include "lib/net/smtp_client.hpp"
#include "lib/net/sync.hpp"
#include "lib/net/timer.hpp"

namespace tandem::delivery {

using net::Task;

// A log-in of our own at a server, only ever shown under TLS or inside this machine.
struct UpstreamLogin {
  net::Endpoint at;
  std::string user;
  std::function<Result<Secret>()> password;  // asked for each connection, and not kept
};

struct UpstreamOptions {
  std::string host;                                   // our name in EHLO
  Duration connect_limit = std::chrono::seconds(20);  // until EHLO is answered
  Duration idle_limit = std::chrono::seconds(30);     // servers close idle clients; we do it first
  Duration dot_limit = std::chrono::seconds(240);     // silence after the dot (R13)
  // Connections to one endpoint in all, which a server may count: Postfix lets an address have 50.
  // They are shared out evenly among `threads`.
  std::size_t per_endpoint = 40;
  std::size_t threads = 1;
  std::optional<UpstreamLogin> login;  // at all others mail is handed in without
};

// Whose the connections are that are lent.
class UpstreamOwner {
 public:
  virtual ~UpstreamOwner() = default;
  // `client` is usable, no transaction is open, and it belongs to `executor`.
  virtual void give_back(const net::Endpoint& endpoint, std::unique_ptr<net::SmtpClient> client,
                         const net::Executor& executor) = 0;
};

// The right to one connection of an endpoint's and a thread's.
struct Place {
  std::shared_ptr<net::Semaphore> of;
  net::Semaphore::Permit permit;
};

// A connection on loan. Given back by finish(); dropped (closed) otherwise.
class Upstream {
 public:
  // What is known of a connection that was lent before.
  enum class Age : std::uint8_t {
    checked,    // new, or it has just answered
    unchecked,  // its server may have closed it meanwhile
  };
  Upstream(UpstreamOwner& owner, net::Endpoint endpoint, std::unique_ptr<net::SmtpClient> client,
           Age age = Age::checked, Place place = {});
  Upstream(Upstream&&) = default;
  Upstream& operator=(Upstream&&) = default;

  [[nodiscard]] net::SmtpClient& client() { return *client_; }
  [[nodiscard]] const net::Endpoint& endpoint() const { return endpoint_; }
  [[nodiscard]] Age age() const { return age_; }
  // The transaction is over: RSET where one may be open, then back to its owner.
  Task<void> finish(bool needs_reset);
  // Closes it; somebody else may open another.
  void let_go();

 private:
  Task<void> return_client(bool needs_reset);

  UpstreamOwner* owner_;
  net::Endpoint endpoint_;
  std::unique_ptr<net::SmtpClient> client_;
  Age age_;
  Place place_;
};

class UpstreamPool final : public UpstreamOwner {
 public:
  UpstreamPool(const net::Connector& connector, UpstreamOptions options);
  ~UpstreamPool() override;

  // An idle connection or a new one, ready for MAIL; while as many are lent as there may be, it
  // waits for one, as long as connect_limit at the most. If it is `unchecked` and fails at the
  // first command, open_new() is to be asked for another. Kinds: unreachable, tls, refused,
  // timed_out, authentication. `client`: whom the mail is from, for a server that trusts us: it is
  // told where it offers XCLIENT to us. A connection that speaks for somebody is never used for
  // anybody else untold.
  Task<Result<Upstream>> take(net::Endpoint endpoint, Origin origin,
                              std::optional<smtp::ClientIdentity> client = {});
  Task<Result<Upstream>> open_new(net::Endpoint endpoint, Origin origin,
                                  std::optional<smtp::ClientIdentity> client = {});
  // What the endpoint announced when it was last spoken to.
  [[nodiscard]] std::optional<smtp::Capabilities> known(const net::Endpoint& endpoint) const;
  // Closes what this thread has idle; each thread calls it before it ends.
  void close_idle();

  void give_back(const net::Endpoint& endpoint, std::unique_ptr<net::SmtpClient> client,
                 const net::Executor& executor) override;

 private:
  struct Idle {
    std::unique_ptr<net::SmtpClient> client;
    std::unique_ptr<net::Timer> end;  // closes it when it was idle for too long
  };
  // Connections that speak for clients are apart from those that speak for us.
  using Key = std::pair<std::thread::id, std::string>;
  static Key key_of(const net::Endpoint& endpoint, bool forwarded);

  [[nodiscard]] Task<Result<Place>> place_at(net::Endpoint endpoint, Origin origin);
  // So that a connection can be opened for a place that is taken.
  void make_room(const net::Endpoint& endpoint);
  [[nodiscard]] std::size_t per_thread() const;
  [[nodiscard]] std::shared_ptr<net::Semaphore> places_at(const net::Endpoint& endpoint);
  Task<Result<Upstream>> open_at(Place place, net::Endpoint endpoint, Origin origin,
                                 std::optional<smtp::ClientIdentity> whom);
  // Puts our log-in there, where we have one. Errors: those of reading the password.
  [[nodiscard]] Result<void> show_login(const net::Endpoint& endpoint,
                                        smtp::ClientOptions& protocol) const;
  std::unique_ptr<net::SmtpClient> take_idle(const Key& key);
  [[nodiscard]] bool may_forward(const net::Endpoint& endpoint) const;
  void note_told(const net::Endpoint& endpoint, bool told);
  void remember(const net::Endpoint& endpoint, const smtp::Capabilities& capabilities);

  const net::Connector& connector_;
  UpstreamOptions options_;
  mutable std::mutex mutex_;
  std::map<Key, std::vector<Idle>> idle_;
  std::map<std::pair<std::thread::id, std::string>, std::shared_ptr<net::Semaphore>> places_;
  std::map<std::string, smtp::Capabilities> known_;
  std::set<std::string> untold_;  // servers that were to be told of clients and take no word
};

}  // namespace tandem::delivery
