// Tunnel: a session after its log-in. Bytes flow both ways, each piece only when the one before
// was taken (back-pressure); while nothing flows there is no buffer. The client's half-close is
// passed on, so the answers to LOGOUT and QUIT arrive; the end of the backend is the end of both.
//
// A kick ends it where the tracker says that nothing is under way: the client is told goodbye, and
// the backend's connection is closed. A cut ends it at once.
//
// One io thread. Both streams must outlive run().
#pragma once

#include <memory>
#include <string>

#include "lib/net/stream.hpp"
#include "lib/net/task_group.hpp"
#include "proxy/session/roster.hpp"
#include "proxy/session/tracker.hpp"

namespace tandem::session {

class Tunnel final : public Endable {
 public:
  Tunnel(net::Stream& client, net::Stream& backend, std::unique_ptr<Tracker> tracker,
         Roster::Place place, Duration idle_limit);
  ~Tunnel() override;

  // First what was read ahead on either side, then whatever comes. `group`'s request_stop kicks.
  [[nodiscard]] Task<void> run(std::string to_backend, std::string to_client,
                               net::TaskGroup& group);

  void kick() override;
  void cut() override;

 private:
  [[nodiscard]] Task<void> up(std::string ahead);    // client → backend
  [[nodiscard]] Task<void> down(std::string ahead);  // backend → client
  [[nodiscard]] Task<bool> pass_up();                // one piece; false: the end
  [[nodiscard]] Task<bool> pass_down();
  [[nodiscard]] Task<void> to_backend(std::string_view bytes);
  [[nodiscard]] Task<bool> to_client(std::string_view bytes);
  [[nodiscard]] Task<void> finish();
  [[nodiscard]] bool may_leave() const { return kicked_ && tracker_->idle(); }
  void nudge();

  net::Stream& client_;
  net::Stream& backend_;
  const std::unique_ptr<Tracker> tracker_;
  Roster::Place place_;  // left as soon as the backend is: a drain waits for no slow client
  const std::shared_ptr<Guest> guest_;
  const Duration idle_limit_;
  bool kicked_ = false;
  bool leaving_ = false;         // kicked and idle: nothing more goes to the backend
  bool waiting_down_ = false;    // down() waits for the backend
  bool client_ended_ = false;    // it half-closed
  bool backend_broken_ = false;  // it takes no more bytes
  bool finished_ = false;        // the client is let go: what it still sends is dropped
};

}  // namespace tandem::session
