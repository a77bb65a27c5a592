// Tracker: follows a session that is passed on, both directions, just far enough to know when no
// command is under way: then, and only then, the proxy may say goodbye in the backend's place. It
// decides nothing about the bytes; whatever it misreads, they are passed on unchanged. When in
// doubt it says "busy": such a session is ended by the drain's limit instead.
//
// Memory is bounded (a line's edges, a queue of at most 4096 marks) and small while idle.
// One session's thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "lib/net/endpoint.hpp"

namespace tandem::session {

class Tracker {
 public:
  virtual ~Tracker() = default;
  // Bytes as they pass, at any split; told before they are passed on.
  virtual void from_client(std::string_view bytes) = 0;
  virtual void from_backend(std::string_view bytes) = 0;
  // Nothing is under way, in either direction.
  [[nodiscard]] virtual bool idle() const = 0;
  // What the client is told at the end of an idle session; it may come unasked.
  [[nodiscard]] virtual std::string goodbye() const = 0;
};

// For imap, pop3 and submission. `hostname` is ours, for SMTP's 421.
[[nodiscard]] std::unique_ptr<Tracker> make_tracker(net::Protocol protocol,
                                                    const std::string& hostname);

}  // namespace tandem::session
