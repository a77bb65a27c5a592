// Verdict: from what each recipient's server did to the one answer that SMTP has for all of them
// (RFC 5321 4.2.5, 4.4; rules R2, R3, R6, R12, R13). Pure: this is where it is decided whether a
// message becomes ours.
#pragma once

#include <string>
#include <vector>

#include "lib/delivery/handover.hpp"
#include "proxy/gateway/journal_record.hpp"

namespace tandem::gateway {

struct Finding {
  delivery::Told told;
  // We may answer for it: an unsent message that is spooled (R12), a silence that can be looked
  // into the mailbox for (R13). Only where the bytes are durable.
  bool ours = false;
};

struct Verdict {
  smtp::Reply answer;
  // By finding. `returned` stands for "refused for good after we said 250": the sender gets a
  // report, or where that cannot be, it is quarantined.
  std::vector<HomeState> states;
  bool promised = false;  // 250: what is not accepted is owed

  [[nodiscard]] bool owes() const;
};

// `delivered_before`: further recipients have it from an earlier, unseen transaction (R11).
// `findings` is not empty.
[[nodiscard]] Verdict judge(const std::vector<Finding>& findings, bool delivered_before,
                            const std::string& trace);

// The same where nothing is stored, so that nothing can be owed: 250 only if all have it. Who has
// it is known when the message comes again.
[[nodiscard]] Verdict judge_passing(const std::vector<Finding>& findings, const std::string& trace);

}  // namespace tandem::gateway
