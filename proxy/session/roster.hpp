// Roster: who is in, per account, and whose log-ins are held. A log-in enters before it looks its
// route up and leaves when its session is over; so whoever holds an account and then waits for it
// to be empty knows that nothing of the old route is left.
//
// Any thread; the mutex is held for moments only. A Guest's session is touched on its own thread.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "lib/net/sync.hpp"
#include "lib/net/task.hpp"
#include "migration/account.hpp"

namespace tandem::session {

using net::Task;

// What can be done to a session from outside. Called on the session's thread.
class Endable {
 public:
  virtual ~Endable() = default;
  virtual void kick() = 0;  // end between two commands, with a goodbye
  virtual void cut() = 0;   // end now
};

// One session, or one log-in that is under way, as the others see it.
class Guest : public std::enable_shared_from_this<Guest> {
 public:
  Guest(migration::AccountId account, net::Executor executor)
      : account_(account), executor_(std::move(executor)) {}

  // Any thread.
  void kick();
  void cut();
  [[nodiscard]] migration::AccountId account() const { return account_; }
  [[nodiscard]] bool idle() const { return idle_.load(std::memory_order_relaxed); }
  [[nodiscard]] bool gone() const { return gone_.load(); }

  // The session's thread. Kicked before a session was there: the log-in must not become one.
  [[nodiscard]] bool kicked() const { return kicked_; }
  void attach(Endable* session) { session_ = session; }  // null: it is over
  void set_idle(bool idle) { idle_.store(idle, std::memory_order_relaxed); }

 private:
  friend class Roster;
  const migration::AccountId account_;
  const net::Executor executor_;
  std::atomic<bool> idle_ = false;
  std::atomic<bool> gone_ = false;
  bool kicked_ = false;
  Endable* session_ = nullptr;
};

class Roster {
 public:
  // In the roster for as long as it lives.
  class Place {
   public:
    Place() = default;
    Place(Roster& roster, std::shared_ptr<Guest> guest)
        : roster_(&roster), guest_(std::move(guest)) {}
    Place(Place&& other) noexcept = default;
    Place& operator=(Place&& other) noexcept;
    ~Place() { leave(); }
    [[nodiscard]] Guest& guest() const { return *guest_; }
    void leave();  // before its end: nothing of the backend's is left

   private:
    Roster* roster_ = nullptr;
    std::shared_ptr<Guest> guest_;  // null: not in
  };

  // Nothing: log-ins of this account are held.
  [[nodiscard]] std::optional<Place> enter(migration::AccountId account, net::Executor executor);
  // Waits for the end of a hold, `limit` at most; true: look again.
  [[nodiscard]] Task<bool> wait_released(migration::AccountId account, Duration limit);

  // Log-ins that come while it lasts wait for min(`limit`, what they are ready to wait).
  void hold(migration::AccountId account, Duration limit);
  void release(migration::AccountId account);
  // Kicks everybody of the account, idle ones first and `pace` apart, waits until they are gone,
  // cuts who is left after `limit`. How many they were.
  [[nodiscard]] Task<std::size_t> drain(migration::AccountId account, Duration limit,
                                        Duration pace);
  [[nodiscard]] std::size_t size() const;

 private:
  using Guests = std::vector<std::shared_ptr<Guest>>;
  struct Hold {
    Duration limit{};
    std::vector<net::RemoteNotifier> waiting;
  };
  void leave(const std::shared_ptr<Guest>& guest);
  [[nodiscard]] Guests idle_first(migration::AccountId account) const;

  mutable std::mutex mutex_;
  std::map<migration::AccountId, Guests> guests_;
  std::map<migration::AccountId, Hold> holds_;
  std::vector<std::pair<migration::AccountId, net::RemoteNotifier>> draining_;
  std::size_t size_ = 0;
};

}  // namespace tandem::session
