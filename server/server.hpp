// Server: the built-in mail server's door. It speaks its protocols over any Stream and knows
// nothing of who uses it: a listener's connection and the proxy's in-process stream are alike.
// Any io thread may call serve(); a session stays on the thread that called.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/net/connector.hpp"
#include "lib/net/stream.hpp"
#include "lib/net/task_group.hpp"
#include "lib/net/tls.hpp"
#include "lib/protocol/smtp/dot_reader.hpp"
#include "lib/store/store.hpp"
#include "server/accounts/accounts.hpp"
#include "server/mailbox/mailboxes.hpp"
#include "server/pop3/maildrop_locks.hpp"

namespace tandem::server {

struct ServerSettings {
  std::string hostname;
  std::vector<std::string> domains;
  std::uint64_t message_size = 50 * 1024 * 1024;  // of one message, bytes
  smtp::FramingPolicy framing = smtp::FramingPolicy::normalise;
  Duration greet_pause = std::chrono::seconds(2);  // T-13, for strangers
};

// How the bytes of a session got here.
enum class Trust : std::uint8_t {
  network,     // a password needs TLS, except from a loopback address
  in_process,  // never left this process: as good as TLS
};

class Server {
 public:
  // What it is given must outlive it. `tls` null: no STARTTLS is offered.
  [[nodiscard]] static Result<std::unique_ptr<Server>> open(
      store::Store& store, Accounts& accounts, ServerSettings settings, const Clock& clock,
      std::shared_ptr<const net::TlsServer> tls);
  // For the Store's open.
  [[nodiscard]] static std::vector<store::Schema> schemas();

  // One session, from greeting to end, as a child of `group`: its request_stop lets the session
  // finish the command under way and say goodbye.
  [[nodiscard]] net::Task<void> serve(net::StreamPtr stream, net::Protocol protocol, Trust trust,
                                      net::TaskGroup& group);
  // For Connector::register_in_process: serves on the calling thread. `group_of_thread` gives that
  // thread's group.
  [[nodiscard]] net::InProcessServer in_process(std::function<net::TaskGroup&()> group_of_thread);

  [[nodiscard]] Mailboxes& mailboxes() { return *mailboxes_; }
  [[nodiscard]] Accounts& accounts() { return accounts_; }
  [[nodiscard]] const ServerSettings& settings() const { return settings_; }

 private:
  Server(std::unique_ptr<Mailboxes> mailboxes, Accounts& accounts, ServerSettings settings,
         std::shared_ptr<const net::TlsServer> tls);

  std::unique_ptr<Mailboxes> mailboxes_;
  Accounts& accounts_;
  ServerSettings settings_;
  std::shared_ptr<const net::TlsServer> tls_;
  MaildropLocks maildrops_;
};

}  // namespace tandem::server
