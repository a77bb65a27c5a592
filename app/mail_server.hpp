// MailServer: the built-in server with its own store and accounts, as one thing to open and hand
// around. serve runs it for its domains; demo runs two of them as the providers.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "app/threads.hpp"
#include "config/process_settings.hpp"
#include "config/secret_box.hpp"
#include "lib/net/sync.hpp"
#include "lib/net/tls.hpp"
#include "lib/protocol/smtp/dot_reader.hpp"
#include "lib/store/store.hpp"
#include "server/accounts/account_book.hpp"
#include "server/server.hpp"

namespace tandem::app {

struct MailServerSettings {
  std::string directory;
  std::string hostname;
  std::vector<std::string> domains;
  std::uint64_t message_size = 100ULL << 20;
  config::SmtpSettings smtp;
};

// What [smtp] bare_newlines means to a session.
[[nodiscard]] inline smtp::FramingPolicy framing_of(const config::SmtpSettings& settings) {
  using enum smtp::FramingPolicy;
  return settings.refuse_bare_newlines ? reject : normalise;
}

class MailServer {
 public:
  [[nodiscard]] static Result<std::unique_ptr<MailServer>> open(
      Threads& threads, MailServerSettings settings, const config::SecretBox& secrets,
      const Clock& clock, net::Offload& offload, std::shared_ptr<const net::TlsServer> tls);

  net::Task<void> serve(net::StreamPtr stream, net::Protocol protocol, net::TaskGroup& group);
  net::Task<void> serve_lmtp(net::StreamPtr stream, std::shared_ptr<const net::TlsServer> tls,
                             net::TaskGroup& group);
  // For Connector::register_in_process.
  [[nodiscard]] net::InProcessServer in_process();
  [[nodiscard]] server::AccountBook& accounts() { return *accounts_; }
  [[nodiscard]] server::Server& server() { return *server_; }

 private:
  explicit MailServer(Threads& threads) : threads_(threads) {}
  Threads& threads_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<server::AccountBook> accounts_;
  std::unique_ptr<server::Server> server_;
};

}  // namespace tandem::app
