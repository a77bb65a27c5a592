// Submission between AUTH and end (RFC 5321 4, RFC 3030 2): commands and their replies, message
// content, and whether a transaction is open. Idle: between transactions, nothing unanswered.
#pragma once

#include <cstdint>

#include "proxy/session/line_edges.hpp"
#include "proxy/session/tracker.hpp"

namespace tandem::session {

class SmtpTracker final : public Tracker {
 public:
  explicit SmtpTracker(std::string hostname) : hostname_(std::move(hostname)) {}
  void from_client(std::string_view bytes) override;
  void from_backend(std::string_view bytes) override;
  [[nodiscard]] bool idle() const override;
  [[nodiscard]] std::string goodbye() const override;

 private:
  void client_line();
  void backend_line();
  void push(char mark);

  std::string hostname_;
  LineEdges client_;
  LineEdges backend_;
  // A mark for each reply that is due: m MAIL, r RSET and the greetings, d DATA, e end of content,
  // b BDAT, c anything else.
  std::string due_;
  std::uint64_t skip_ = 0;  // bytes of a BDAT chunk
  bool content_ = false;    // behind a 354, up to the dot
  bool transaction_ = false;
  bool blind_ = false;  // too many commands at once to keep count
};

}  // namespace tandem::session
