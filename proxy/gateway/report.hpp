// Report: tells a sender that a recipient will not get what was accepted for him, or not yet (RFC
// 3464, R6): what the server said, what it means, what to do. It is a message of our own from the
// null sender, owed like any other. There is none on a null sender's message (T-36), and for each
// recipient one at most of a failure: only one that becomes `returned` causes it, in the same unit
// of work.
//
// Any thread.
#pragma once

#include <string>
#include <vector>

#include "lib/store/store.hpp"
#include "migration/registry.hpp"
#include "proxy/gateway/journal_record.hpp"

namespace tandem::gateway {

class Reporter {
 public:
  Reporter(const store::Store& store, const migration::Registry& registry, const Clock& clock,
           std::string hostname)
      : store_(store), registry_(registry), clock_(clock), hostname_(std::move(hostname)) {}

  // `outcomes`: whom the message does not reach, or not yet (`until`), with the last server's
  // words. Kind invalid: nobody can be told (null sender).
  [[nodiscard]] Result<ReportMail> make(const MessageRecord& message,
                                        const std::vector<Outcome>& outcomes) const;

 private:
  const store::Store& store_;
  const migration::Registry& registry_;
  const Clock& clock_;
  std::string hostname_;
};

}  // namespace tandem::gateway
