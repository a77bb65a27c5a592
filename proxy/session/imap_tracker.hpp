// IMAP between log-in and end (RFC 9051 2.2, 4.3, RFC 2177): tags and IDLE on the client's side,
// tagged answers on the backend's, literals skipped by count.
#pragma once

#include <cstdint>

#include "proxy/session/line_edges.hpp"
#include "proxy/session/tracker.hpp"

namespace tandem::session {

class ImapTracker final : public Tracker {
 public:
  void from_client(std::string_view bytes) override;
  void from_backend(std::string_view bytes) override;
  [[nodiscard]] bool idle() const override;
  [[nodiscard]] std::string goodbye() const override;

 private:
  void client_line();
  void backend_line();
  void answered(std::string_view tag, std::string_view status);

  LineEdges client_;
  std::uint64_t client_skip_ = 0;
  bool in_command_ = false;       // behind a literal of a command that goes on
  bool literal_awaited_ = false;  // the client waits for `+` before it sends client_skip_ bytes
  std::string tag_;               // of the command that goes on
  std::string verb_;              // likewise, upper case
  std::string idle_tag_;          // of an IDLE that was not ended; empty: none
  std::string compress_tag_;      // of a COMPRESS under way
  std::uint64_t open_ = 0;        // complete commands without a tagged answer
  LineEdges backend_;
  std::uint64_t backend_skip_ = 0;
  bool in_response_ = false;  // behind a literal of a response that goes on
  bool blind_ = false;        // compressed: nothing can be followed
};

}  // namespace tandem::session
