// POP3 between log-in and end (RFC 1939 3): which answers are due, and whether one of several lines
// is under way.
#pragma once

#include "proxy/session/line_edges.hpp"
#include "proxy/session/tracker.hpp"

namespace tandem::session {

class Pop3Tracker final : public Tracker {
 public:
  void from_client(std::string_view bytes) override;
  void from_backend(std::string_view bytes) override;
  [[nodiscard]] bool idle() const override;
  [[nodiscard]] std::string goodbye() const override;

 private:
  void backend_line();

  LineEdges client_;
  LineEdges backend_;
  std::string due_;  // a mark for each command without an answer: 'm' has several lines, 's' one
  bool in_lines_ = false;
  bool blind_ = false;  // too many commands at once to keep count
};

}  // namespace tandem::session
