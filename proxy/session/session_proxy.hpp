// SessionProxy: the door for people's IMAP, POP3 and submission. They keep one host name; the
// log-in chooses the backend (migration::Routes: account → home side), and from then on bytes are
// passed on in both directions, watched only as far as a clean cut-over needs. What they send goes
// to the SubmissionDesk where the migration's settings say so.
//
// Before log-in: RFC 9051 6.1/6.2, RFC 1939 4, RFC 4954; TLS first, unless the client is on this
// machine's loopback and `login_without_tls` allows it. A credential goes to the account's home
// side and nowhere else (T-29), never in the clear (T-04, T-05). After it: see tunnel.hpp.
//
// The implementation of migration::SessionFence: a cut-over holds log-ins, drains the open
// sessions between two commands, and releases the log-ins, which then follow the routes of that
// moment. All methods from any io thread; a session stays on the thread that called serve().
//
// Limits: connections per address are the listener's (app); 60 s and 16 KiB per log-in are here.
// Not yet: credential capture, several source addresses.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/net/address_limit.hpp"
#include "lib/net/connector.hpp"
#include "lib/net/endpoint.hpp"
#include "lib/net/stream.hpp"
#include "lib/net/sync.hpp"
#include "lib/net/task_group.hpp"
#include "lib/net/tls.hpp"
#include "migration/clients.hpp"
#include "migration/cutover_parts.hpp"
#include "migration/inbox_map.hpp"
#include "migration/registry.hpp"
#include "migration/submission_desk.hpp"

namespace tandem::store {
class Store;
struct Schema;
}  // namespace tandem::store

namespace tandem::migration {
class SideAccess;
}

namespace tandem::session {

using net::Task;

struct SessionOptions {
  std::string hostname = "localhost";               // in greetings, and in EHLO to backends
  std::uint64_t message_size = 50 * 1024 * 1024;    // SIZE of submission; the backend's may be less
  bool login_without_tls = false;                   // for clients on a loopback address only
  bool apop_without_tls = false;                    // APOP in the clear, for old POP3 clients
  bool oauth = false;                               // bearer tokens are offered and passed on
  Duration login_limit = std::chrono::seconds(60);  // T-18: in all, our own delays not counted
  Duration backend_limit = std::chrono::seconds(20);  // connect and TLS; each log-in step as well
  Duration hold_limit = std::chrono::seconds(30);     // a held log-in waits no longer than this
  Duration idle_limit = std::chrono::minutes(35);     // a session without a byte either way
  Duration kick_pace = std::chrono::milliseconds(5);  // between two sessions that are ended
  unsigned login_tries = 5;                           // failures of one connection
};

// What a session proxy is given; all of it must outlive it.
struct SessionParts {
  const migration::Registry& registry;
  const net::Connector& connector;
  const Clock& clock;
  net::Offload& offload;
  store::Store& ledger;  // with schema()
  // Null: POP3 clients see each side's own ids. Else those they know are kept (pop3_ids.hpp).
  const migration::InboxMaps* inboxes = nullptr;
  // Takes what people send where `submission = gateway`; null: it goes to their side's server.
  migration::SubmissionDesk* desk = nullptr;
  net::AddressLimit* addresses = nullptr;  // who logs in is not counted there any more
  // Where `inboxes` are: how both sides are read.
  const migration::SideAccess* access = nullptr;
};

class SessionProxy : public migration::SessionFence, public migration::ClientView {
 public:
  // The tables of this room; give it to Store::open.
  [[nodiscard]] static store::Schema schema();

  SessionProxy(const SessionParts& parts, SessionOptions options);
  ~SessionProxy() override;

  // One connection from greeting to end, as a child of `group`: its request_stop ends the session
  // between two commands. Protocol imap, pop3 or submission; an implicit-TLS connection comes with
  // its handshake done. `tls`: for STARTTLS; null: it is not offered.
  [[nodiscard]] Task<void> serve(net::StreamPtr stream, net::Protocol protocol,
                                 std::shared_ptr<const net::TlsServer> tls, net::TaskGroup& group);

  Task<void> hold(migration::AccountId account, Duration limit) override;
  Task<std::size_t> drain(migration::AccountId account, Duration limit) override;
  Task<void> release(migration::AccountId account) override;

  [[nodiscard]] std::size_t open_sessions() const;  // logged in, all accounts
  [[nodiscard]] std::vector<migration::ClientSeen> clients() const override;
  // Writes down what programs people use, until `group` is asked to stop. Once.
  [[nodiscard]] Task<void> run(net::TaskGroup& group);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tandem::session
