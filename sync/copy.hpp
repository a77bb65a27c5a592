// BatchCopy: the bodies of one batch, from a FETCH straight into APPENDs of another connection,
// in bounded memory. It is the handler of the source's FETCH; begin, feed, then collect().
//
// With MULTIAPPEND many messages are one command (all or nothing, RFC 3502): if it is refused, its
// messages are `retry`, to be appended one by one. A message that is refused alone is `refused`,
// with the server's words. With `retry` and `refused` nothing of the message is on the target.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/net/imap_client.hpp"
#include "sync/message.hpp"

namespace tandem::sync {

using net::Task;

struct Copied {
  enum class State : std::uint8_t {
    waiting,   // its body has not come
    sent,      // in a command that is not answered yet
    appended,  // on the target; `uid` 0: the server did not say which
    refused,   // `error`
    retry,
    vanished,  // no longer on the source, or listed there and not given
  };
  State state = State::waiting;
  Uid uid = 0;
  Identity identity;
  std::string trace;
  std::uint64_t size = 0;
  Error error;
};

class BatchCopy final : public net::ImapHandler {
 public:
  struct Options {
    bool multi = false;  // MULTIAPPEND may be used
    std::size_t command_messages = 100;
    std::uint64_t command_bytes = 4 * 1024 * 1024;
    mail::DigestOptions digest;
    const Clock* clock = nullptr;  // to measure waited() by; null: it is not
  };
  // `items` ascending by UID, their flags as they are to be stored.
  BatchCopy(net::ImapClient& target, std::string mailbox, std::vector<Item> items, Options options);

  // After the FETCH is finished: ends what is open and waits for all answers. `refused`: what the
  // source said instead of what it did not give, which is `retry` then. An error: the connection,
  // and nobody knows what is on the target.
  Task<Result<void>> collect(const std::optional<Error>& refused = std::nullopt);
  [[nodiscard]] const std::vector<Item>& items() const { return items_; }
  [[nodiscard]] std::vector<Copied>& results() { return results_; }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }
  // How long the source's FETCH was held up by the target.
  [[nodiscard]] Duration waited() const { return waited_; }
  [[nodiscard]] std::optional<std::uint32_t> target_validity() const { return validity_; }

  Task<Result<void>> on_body(const imap::response::Fetch& so_far, std::uint64_t size) override;
  Task<Result<void>> on_body_bytes(std::string_view bytes) override;
  Task<Result<void>> on_body_end() override;
  Task<Result<void>> on_message(const imap::response::Fetch& message) override;

 private:
  struct Command {
    net::ImapTag tag = 0;
    std::vector<std::size_t> members;
    std::uint64_t bytes = 0;
  };

  [[nodiscard]] std::optional<std::size_t> position_of(Uid uid) const;
  Task<Result<void>> begin(std::size_t at, std::uint64_t size);
  Task<Result<void>> open_command(net::ImapAppend message);
  Task<Result<void>> end_command();
  Task<Result<void>> refuse(Error error, std::size_t at);
  [[nodiscard]] SteadyTime now() const;
  void digest(std::string_view bytes);
  void finish_digest();
  void answer(const Command& command, const net::ImapCompletion& completion);

  net::ImapClient& target_;
  std::string mailbox_;
  std::vector<Item> items_;
  Options options_;
  std::vector<Copied> results_;
  std::optional<Command> open_;     // bytes may still follow in it
  std::vector<Command> under_way_;  // complete, not yet answered
  std::optional<std::size_t> current_;
  std::string header_;  // of the current message, until its empty line
  bool header_done_ = false;
  std::optional<mail::DigestStream> whole_;  // of a message whose header says nothing
  mail::StableDigest digest_;
  std::uint64_t bytes_ = 0;
  Duration waited_{};
  std::optional<std::uint32_t> validity_;
};

// The connection is of no more use, as opposed to a refused command.
[[nodiscard]] bool is_fatal(const Error& error);

}  // namespace tandem::sync
