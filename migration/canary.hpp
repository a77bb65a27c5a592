// A canary: one message sent through the gateway to see what a side makes of mail that comes from
// us. Its reader's mailboxes are looked at afterwards: which folder it is in, and what that side
// says of its sender. Nothing is removed: the message stays where it was filed, and says so itself.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/net/task.hpp"
#include "migration/preflight.hpp"

namespace tandem::migration {

struct CanaryOrder {
  std::string recipient;
  std::string sender;  // MAIL FROM and From; empty: postmaster at our host name
  // Whom the gateway takes for the sending client: an address that a side which trusts us is told
  // (forward_client) and that our own filters judge. Empty: nobody in particular.
  std::string client;
  Duration patience = std::chrono::seconds(60);  // for each mailbox
};

// What one side shows.
struct CanarySight {
  Side side = Side::old_side;
  bool is_copy = false;               // the mirror's; else the home's own delivery
  std::optional<std::string> folder;  // nothing: not found in time
  Duration after{0};                  // until it was seen, from our answer on
  // Authentication-Results and Received-SPF that this side put in front of our Received field, each
  // on one line. None of a copy: it passed no filter, and what the sync copied bears home's.
  std::vector<std::string> judged;
  std::optional<Error> trouble;  // the mailbox could not be looked at
};

struct CanaryRemark {
  enum class Kind : std::uint8_t {
    refused,         // red: the gateway said no, in the home side's words or ours
    not_found,       // red: it was accepted and is nowhere
    cannot_look,     // red: the mailbox could not be searched
    no_mailbox,      // red: its home has no such mailbox, the other side took it (on_unknown =
                     // fallback)
    filed_away,      // amber: not in INBOX
    sender_doubted,  // amber: SPF or DMARC fails there
  };
  Kind kind = Kind::refused;
  Light light = Light::red;
  std::optional<Side> side;
  std::string what;
  std::string next_step;
};
[[nodiscard]] std::string_view name_of(CanaryRemark::Kind kind);

struct CanaryReport {
  CanaryOrder order;
  std::string answer;  // ours, after the dot, or the refusal
  bool accepted = false;
  std::string trace_id;               // empty: not accepted
  bool fallback = false;              // the home side has no such mailbox
  std::vector<CanarySight> sights;    // home, then the copy's side if there is one
  std::vector<CanaryRemark> remarks;  // from judge()
  [[nodiscard]] Light light() const;
};

// What follows from what was seen. Pure.
[[nodiscard]] std::vector<CanaryRemark> judge(const CanaryReport& report);

class CanarySender {  // implemented by proxy/gateway
 public:
  virtual ~CanarySender() = default;
  // Errors: not_found (no such account), invalid (an address that cannot stand in a command).
  // Takes up to twice the order's patience. Any io thread.
  virtual Task<Result<CanaryReport>> send_canary(CanaryOrder order) = 0;
};

}  // namespace tandem::migration
