// Worker: keeps one account alike in the background: a pass, then watching both sides until
// something changes, the interval is over or somebody rings. Watched are all folders that are
// copied, where the server tells of them on one connection (NOTIFY, RFC 5465), else INBOX alone
// (IDLE; where that is not offered, STATUS now and then).
// After a fault nothing is tried until its time is over, this account's own entry has changed or a
// person asks for a pass: what concerns other accounts ends no back-off.
// One per mirrored account; the executor's thread, but for ring() and state().
#pragma once

#include <array>
#include <atomic>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "lib/net/sync.hpp"
#include "lib/net/task_group.hpp"
#include "lib/net/wait.hpp"
#include "sync/state.hpp"

namespace tandem::sync {

// What a worker is doing, and what is true meanwhile.
enum class WorkerState : std::uint8_t {
  waiting_for_a_slot,  // as many passes run as may; connections may be open from before
  passing,             // a pass is under way
  watching,            // the last pass found nothing left; both sides are watched
  backing_off,         // the last pass met a fault; it is tried again after a while
  needs_you,           // a person has to act; nothing is tried until somebody has
  held_elsewhere,      // another process has the account's lease; it is looked again
  ended,               // the account is paused, finished, gone, or the program stops
};

class Worker {
 public:
  Worker(Sync::State& state, net::TaskGroup& group, migration::Account account);

  static Task<void> run(std::shared_ptr<Worker> self);
  void ring() const { bell_.notify(); }
  // The registry has changed. Rings if this account's entry is another than at the last time.
  void show(const migration::Account& now);
  void stop();   // ends the watching, and a pass between two batches
  void pause();  // the same for an account that is not to be copied any more
  [[nodiscard]] WorkerState state() const { return now_; }  // any thread

 private:
  Task<void> work();
  void tell() const;  // that the account may look different
  // `entry`: as it was when the pass was to begin.
  Task<void> without_lease(Error error, migration::Account entry);
  // `entry`: as it was when the pass began.
  Task<void> after_fault(Error error, migration::Account entry);
  Task<void> wait_for_person(migration::Account entry);
  Task<void> back_off(Duration time, migration::Account entry);
  [[nodiscard]] bool is_asked() const;
  [[nodiscard]] bool stores_tokens(const migration::Account& account) const;
  Task<void> watch();
  // How far a folder was when it was last told of.
  struct Seen {
    std::uint64_t next = 0, messages = 0;  // UIDNEXT, MESSAGES
    std::uint64_t modseq = 0;              // HIGHESTMODSEQ; 0: not told
    [[nodiscard]] bool is_alike(const Seen& other) const {
      return next == other.next && messages == other.messages;
    }
    [[nodiscard]] bool is_behind(const Seen& other) const {
      return modseq != 0 && modseq < other.modseq;
    }
  };
  static Seen seen_in(const imap::response::MailboxStatus& told, Seen before);
  Task<void> watch_by_idle();
  Task<Result<bool>> begin_watch();
  Task<void> wait_for_news();
  bool tells_news(Side side, const std::vector<FolderRow>& rows,
                  const std::vector<imap::response::MailboxStatus>& told);
  bool is_news(Side side, const net::ImapChanges& changes);
  Task<void> watch_by_status();
  Task<bool> inbox_changed(const std::vector<FolderRow>& rows);
  [[nodiscard]] Duration rest() const;
  Task<void> idle(Side side);
  [[nodiscard]] std::optional<migration::Account> account() const;
  [[nodiscard]] bool has_idle() const;
  [[nodiscard]] bool can_watch() const;

  Sync::State& state_;
  net::TaskGroup& group_;
  AccountId id_;
  migration::Account shown_;
  net::RemoteNotifier bell_;
  Clients clients_;
  std::atomic<WorkerState> now_ = WorkerState::waiting_for_a_slot;
  bool halted_ = false;  // the pass that runs ends
  Duration retry_{0};
  bool asked_ = false;                  // for a pass that does more than measure
  std::optional<WallTime> goes_on_at_;  // until then something waits for a daily quota
  std::optional<SteadyTime> flags_at_;  // last comparison of all flags
  std::size_t idling_ = 0;
  bool listening_ = false;  // the first IDLE to end rings
  net::WaitList idle_ended_;
  std::array<std::map<std::string, Seen>, 2> seen_;  // by Side; of no others than are copied
};

}  // namespace tandem::sync
