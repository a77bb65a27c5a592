// The door of the page and its API: serves webui/openapi.json and the embedded page (assets.hpp)
// over HTTP, one connection per serve(). What it shows comes from the registry and the views; what
// it changes goes through the registry, the cut-over and the sync.
//
// Rules (T-33): TLS, or a loopback peer; names in Host that are not ours are refused (DNS
// rebinding); scrypt, lock-out, HttpOnly SameSite=Strict cookie, CSRF token; bearer token from a
// file 0600 for the command line; bounded sizes, connections and memory per listener of events.
//
// Threads: serve() any io thread, with a TaskGroup of that thread; run() and `background` executor
// 0.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/net/stream.hpp"
#include "lib/net/task.hpp"
#include "webui/client_setup.hpp"

namespace tandem::store {
class Store;
struct Schema;
}  // namespace tandem::store
namespace tandem::net {
class Offload;
class TaskGroup;
}  // namespace tandem::net
namespace tandem::migration {
class CanarySender;
class ClientView;
class CopyView;
class Cutover;
class Deletions;
class DeliveryView;
class EventBus;
class FolderPreviews;
class LeftOut;
class Registry;
class SideAccess;
class Verifier;
}  // namespace tandem::migration

namespace tandem::webui {

using net::Task;

// All of them outlive the Web.
struct WebParts {
  migration::Registry& registry;
  migration::Cutover& cutover;
  migration::CopyView& copies;
  migration::DeliveryView& deliveries;
  migration::CanarySender& canaries;
  migration::Verifier& verifier;
  migration::Deletions& deletions;
  migration::FolderPreviews& folders;
  migration::LeftOut& left_out;
  const migration::ClientView& clients;
  const migration::SideAccess& access;  // for checks
  migration::EventBus& events;
  store::Store& store;  // the ledger, opened with Web::schema()
  const Clock& clock;
  net::Offload& offload;       // for scrypt
  net::TaskGroup& background;  // of executor 0: cut-overs run on when the browser is closed
};

struct WebOptions {
  // Where people find it, without a slash at the end: "https://mail.example.jp:8443". It is used in
  // the set-up link; with https the cookie is Secure whatever stands between.
  std::string public_url = "http://127.0.0.1:8080";
  // Further names that may stand in Host. Addresses and localhost always may.
  std::vector<std::string> host_names;
  std::string token_file;  // the command line's token; made if missing: DATA/api.token
  std::string setup_file;  // the set-up link, until it is used: DATA/setup.link
  std::string version;
  ClientSetup setup;                         // what mail programs are told
  std::size_t connections = 200;             // in all; more are closed
  std::size_t connections_per_address = 32;  // of these
  std::size_t listeners = 64;                // of /api/events, in all
};

class Web {
 public:
  // The tables this room needs; give it to Store::open.
  [[nodiscard]] static store::Schema schema();

  // Reads the users; makes the token file and, while there is no user, the set-up link.
  [[nodiscard]] static Result<std::unique_ptr<Web>> open(WebParts parts, WebOptions options);
  ~Web();

  // The one-time link by which the first operator chooses a password. Error not_found: done
  // already.
  [[nodiscard]] Result<std::string> setup_link() const;

  // Where it is found after all, once the ports are known; before the first serve(). The link and
  // its file follow.
  [[nodiscard]] Result<void> set_public_url(std::string url);

  // Serves one connection until it ends. When `group` is asked to stop, idle connections and event
  // streams end at once, a request under way is answered first.
  Task<void> serve(net::StreamPtr stream, net::TaskGroup& group);
  // The same for a port that is open to the world and serves discovery.hpp only. Its connections
  // have places of their own: nobody there keeps an operator out.
  Task<void> serve_discovery(net::StreamPtr stream, net::TaskGroup& group);
  // Looks at the copying every few seconds: tells the listeners of progress within a pass, which
  // the event bus does not, and measures the rate for the ETA. Returns after request_stop of
  // `group`.
  Task<void> run(net::TaskGroup& group);

 private:
  struct State;
  explicit Web(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace tandem::webui
