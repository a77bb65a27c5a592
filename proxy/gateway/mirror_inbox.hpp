// MirrorInbox: an account's INBOX on the side that gets quiet copies, over a session that may serve
// several batches. It looks for copies that are there already (R7) and appends those that are not.
//
// The first look goes over all messages since the day before the oldest. Later ones need less: what
// the journal took up after a look cannot have had a copy at that time, so it can only be behind
// the UIDNEXT of that look. The order of the rows tells, no clock.
//
// One coroutine at a time; its io_context's thread only.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>

#include "lib/net/imap_client.hpp"
#include "lib/store/store.hpp"
#include "proxy/gateway/journal.hpp"

namespace tandem::gateway {

class MirrorInbox {
 public:
  MirrorInbox(std::unique_ptr<net::ImapClient> client, const Journal& journal,
              const store::Store& store)
      : client_(std::move(client)), journal_(journal), store_(store) {}

  // The trace ids of those of `copies` that are there; see traces_in() for how many at once.
  Task<Result<std::set<std::string>>> look(std::span<const Pending> copies);
  // How many of `copies`, from the first on, append() takes at once: several small ones where the
  // server has MULTIAPPEND.
  [[nodiscard]] std::size_t at_once(std::span<const Pending> copies) const;
  // All of them or, after an error of kind refused, none (RFC 3502); after another, nobody knows.
  Task<Result<void>> append(std::span<const Pending> copies);
  Task<void> leave() { co_await client_->logout(); }

 private:
  // What a look saw.
  struct Look {
    std::uint32_t uid_validity = 0;
    std::uint32_t uid_next = 0;
    std::int64_t newest = 0;  // row of the journal's newest recipient, read after the two
  };

  [[nodiscard]] std::uint32_t first_uid(std::span<const Pending> copies,
                                        std::uint32_t uid_validity) const;
  Task<Result<void>> send(store::BlobReader body, const std::string& received);

  std::unique_ptr<net::ImapClient> client_;
  const Journal& journal_;
  const store::Store& store_;
  std::optional<Look> last_;
};

}  // namespace tandem::gateway
