// Worker: keeps one account alike in the background: a pass, then watching both INBOXes (IDLE, or
// STATUS now and then) until something changes, the interval is over or somebody rings.
// One per mirrored account; the executor's thread, but for ring() and state().
#pragma once

#include <atomic>
#include <optional>

#include "lib/net/sync.hpp"
#include "lib/net/task_group.hpp"
#include "lib/net/wait.hpp"
#include "sync/state.hpp"

namespace tandem::sync {

// What a worker is doing, and what is true meanwhile.
enum class WorkerState : std::uint8_t {
  waiting_for_a_slot,  // as many passes run as may; connections may be open from before
  passing,             // a pass is under way
  watching,            // the last pass found nothing left; INBOX is watched
  backing_off,         // the last pass met a fault; it is tried again after a while
  needs_you,           // a person has to act; nothing is tried until somebody rings
  ended,               // the account is paused, finished, gone, or the program stops
};

class Worker {
 public:
  Worker(Sync::State& state, net::TaskGroup& group, AccountId account);

  static Task<void> run(std::shared_ptr<Worker> self);
  void ring() const { bell_.notify(); }
  void stop();   // ends the watching, and a pass between two batches
  void pause();  // the same for an account that is not to be copied any more
  [[nodiscard]] WorkerState state() const { return now_; }  // any thread

 private:
  Task<void> work();
  void tell() const;  // that the account may look different
  Task<void> after_fault(Error error);
  Task<void> watch();
  Task<void> watch_by_idle();
  Task<void> watch_by_status();
  Task<bool> inbox_changed();
  [[nodiscard]] Duration rest() const;
  Task<void> idle(Side side);
  [[nodiscard]] std::optional<migration::Account> account() const;
  [[nodiscard]] bool has_idle() const;
  [[nodiscard]] bool can_watch() const;

  Sync::State& state_;
  net::TaskGroup& group_;
  AccountId id_;
  net::RemoteNotifier bell_;
  Clients clients_;
  std::atomic<WorkerState> now_ = WorkerState::waiting_for_a_slot;
  bool halted_ = false;  // the pass that runs ends
  Duration retry_{0};
  std::optional<WallTime> goes_on_at_;  // until then something waits for a daily quota
  std::optional<SteadyTime> flags_at_;  // last comparison of all flags
  std::size_t idling_ = 0;
  net::WaitList idle_ended_;
  std::array<std::pair<std::uint64_t, std::uint64_t>, 2> inbox_{};  // UIDNEXT, messages
};

}  // namespace tandem::sync
