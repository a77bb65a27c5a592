// Pop3Drop: a POP3 session whose client sees its messages under ids and numbers of ours. Listings
// are answered here; messages come from the backend as they are asked for, in pieces; DELE reaches
// it at QUIT, and nothing before.
//
// One io thread. The client's stream must outlive run().
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/net/pop3_client.hpp"
#include "lib/net/pop3_server_driver.hpp"
#include "lib/net/task_group.hpp"
#include "proxy/session/pop3_ids.hpp"
#include "proxy/session/roster.hpp"

namespace tandem::session {

class Pop3Drop final : public net::Pop3Mailbox, public Endable {
 public:
  Pop3Drop(net::Stream& client, net::Pop3Client backend, std::vector<Pop3Shown> messages,
           Roster::Place place);
  ~Pop3Drop() override;

  // Until QUIT or the end. `rest`: what the client sent behind its log-in.
  [[nodiscard]] Task<void> run(std::string rest, net::TaskGroup& group);

  void begin(std::size_t index, std::optional<std::uint64_t> lines) override;
  Task<Result<std::string>> read(std::size_t index, std::uint64_t offset) override;
  Task<bool> remove(std::vector<std::size_t> indexes) override;

  void over() override;

  void kick() override;
  void cut() override;

 private:
  // What is left of a message that the client had enough of.
  [[nodiscard]] Task<Result<void>> finish_message();

  net::Stream& client_;
  net::Pop3Client backend_;
  const std::vector<Pop3Shown> messages_;
  Roster::Place place_;
  const std::shared_ptr<Guest> guest_;
  net::TaskGroup* session_ = nullptr;  // while run() runs
  std::optional<std::uint64_t> top_;   // lines
  bool reading_ = false;               // a message is under way
};

}  // namespace tandem::session
