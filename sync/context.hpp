// What every step of a pass needs, gathered once. Values of one Sync, referred to by its passes.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <tuple>
#include <vector>

#include "lib/base/clock.hpp"
#include "migration/views.hpp"
#include "sync/ledger.hpp"
#include "sync/sync.hpp"
#include "sync/waits.hpp"

namespace tandem::sync {

// What people see of running passes. Any thread.
class Board {
 public:
  struct Shown {
    migration::CopyProgress progress;
    std::vector<migration::FolderProgress> folders;
  };
  [[nodiscard]] std::optional<Shown> find(AccountId account) const;
  void put(AccountId account, Shown shown);
  // Nothing while the account is not shown.
  void count(AccountId account, std::size_t folder, std::uint64_t messages, std::uint64_t bytes);
  // Messages under way had to wait so long for that side.
  void waited(AccountId account, Side side, Duration time);
  // How many bytes a folder has, now that it was looked at: before, they were estimated.
  void correct_bytes(AccountId account, std::size_t folder, std::uint64_t bytes);
  void set_state(AccountId account, migration::CopyState state);
  void set_quotas(AccountId account, std::vector<migration::DailyQuota> quotas);

 private:
  mutable std::mutex mutex_;
  std::map<AccountId, Shown> shown_;
};

// Messages that were under way when a connection broke: tried in ever smaller batches, so that one
// which breaks it each time is found and left out. By the side that they come from: equal UIDs of
// the two sides are different messages. In memory: a restart begins anew. The executor's thread.
class Suspects {
 public:
  [[nodiscard]] unsigned count(std::int64_t folder, Side source, Uid uid) const;
  void raise(std::int64_t folder, Side source, const std::vector<Uid>& uids);
  void clear(std::int64_t folder, Side source, const std::vector<Uid>& uids);
  // How many messages a batch may hold with one that was under way `count` times: an eighth of the
  // usual for each time.
  [[nodiscard]] static std::size_t batch_size(unsigned count, std::size_t usual);
  static constexpr unsigned hopeless = 5;

 private:
  std::map<std::tuple<std::int64_t, Side, Uid>, unsigned> counts_;
};

// Which system flags a side of an account was seen to keep when an APPEND gave them: they are not
// looked at again in each folder. Keywords are: some servers hold few in one folder. In memory; the
// executor's thread.
class KeptFlags {
 public:
  [[nodiscard]] Flags of(AccountId account, Side side) const;
  void add(AccountId account, Side side, const Flags& kept);

 private:
  std::map<std::pair<AccountId, Side>, std::uint8_t> kept_;
};

struct Context {
  Ledger& ledger;
  migration::AccountLocks& locks;
  const SyncOptions& options;
  const Clock& clock;
  const migration::EventBus& events;
  Board& board;
  Suspects& suspects;
  Waits& waits;
  KeptFlags& kept_flags;
  const bool& stopping;  // what runs ends between two batches

  // The same for what ends when `halted` comes true.
  [[nodiscard]] Context until(const bool& halted) const;
};

[[nodiscard]] std::unexpected<Error> stopped();

}  // namespace tandem::sync
