// What the page, the CLI and the alerts see of the running rooms: plain values, made on request,
// and a bus on which rooms say that something changed. Rooms implement the views; webui/ reads
// them.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/net/task.hpp"
#include "migration/account.hpp"

namespace tandem::migration {

using net::Task;

// The states people see (design: "States"). `switched` and `rolled_back` follow from the phase.
enum class CopyState : std::uint8_t {
  waiting,        // nothing done yet
  checking,       // logging in, listing folders
  copying,        // messages are being copied
  in_sync,        // everything seen on the source is on the target
  in_sync_notes,  // as before, but some items were impossible; each has a reason
  needs_you,      // stopped until a person acts (wrong password, quota, …)
  paused,         // the operator stopped it
  failed,         // stopped by a fault that will be tried again by itself
};
[[nodiscard]] std::string_view name_of(CopyState state);

struct FolderProgress {
  std::string name;  // UTF-8, as on the home side
  std::uint64_t source_messages = 0;
  std::uint64_t target_messages = 0;  // of those, present on the other side
  std::string mirror_name;            // as on the other side; empty: the same
  std::uint64_t source_bytes = 0;     // of what was not looked at yet, an estimate
};

struct SkippedMessage {
  std::string folder;
  std::uint64_t uid = 0;  // 0: the whole folder
  std::string subject;    // UTF-8; may be empty
  std::uint64_t size = 0;
  std::string reason;     // plain words
  std::string next_step;  // plain words
  // The same as long as it is listed; what LeftOut knows it by.
  std::string id;
  Side side = Side::old_side;   // that has the message
  std::optional<WallTime> at;   // INTERNALDATE; nothing: not known
  std::string server_words;     // may be empty
  bool is_tried_again = false;  // a person asked for it, and no pass has tried it since
};

// What a provider lets through in a day, of one account (download_per_day, upload_per_day).
struct DailyQuota {
  Side side = Side::old_side;
  bool upload = false;  // else download
  std::uint64_t per_day = 0;
  std::uint64_t used = 0;              // in the last 24 hours, as the sync counts them
  std::optional<WallTime> goes_on_at;  // something waits for it until then
};

// A server asked to be left alone.
struct HostPause {
  std::optional<Side> side;  // whose; nothing: not known
  WallTime until{};
};

struct CopyProgress {
  AccountId account = 0;
  CopyState state = CopyState::waiting;
  std::uint64_t messages_total = 0;
  std::uint64_t messages_done = 0;
  std::uint64_t bytes_total = 0;  // of what was not looked at yet, an estimate
  std::uint64_t bytes_done = 0;
  std::uint64_t skipped = 0;
  std::vector<DailyQuota> quotas;
  // For how long messages under way had to wait for each side, by Side: of this pass, and what is
  // longer ago than a minute or two of waiting counts less and less.
  std::array<Duration, 2> waited{};
  std::optional<HostPause> pause;
  std::optional<WallTime> in_sync_at;  // when a pass last found nothing left to do
  std::string problem;                 // plain words; empty: none
  std::string server_words;
  std::string next_step;
};

class CopyView {  // implemented by sync/
 public:
  virtual ~CopyView() = default;
  [[nodiscard]] virtual CopyProgress progress(AccountId account) const = 0;
  [[nodiscard]] virtual std::vector<FolderProgress> folders(AccountId account) const = 0;
  [[nodiscard]] virtual std::vector<SkippedMessage> skipped(AccountId account) const = 0;
  // A pass of its own accord is under way: after a pause, until the batch at hand is done.
  [[nodiscard]] virtual bool is_copying(AccountId account) const = 0;
  // Asks for a pass now; returns at once.
  virtual void run_now(AccountId account) = 0;
};

// One line of "the last deliveries".
struct Delivery {
  std::string trace_id;
  WallTime at{};
  std::string sender;
  std::string recipient;
  std::string home;    // "delivered", "refused", "waiting", "owed", "returned", "quarantined" …
  std::string mirror;  // "none", "pending", "copied", "debt", "cancelled", "waived"
  std::string answer;  // what the sending server was told
  std::string mirror_words;         // why there is no copy: a server's words, or a person's
  Side home_side = Side::old_side;  // of the recipient when the message came
  std::uint64_t size = 0;           // bytes; 0: not kept
  // The reader's side did not know the recipient; home_side stands in for it, and somebody should
  // make the mailbox there.
  bool fallback = false;
};

struct DeliveryCounts {
  std::uint64_t accepted = 0;
  std::uint64_t refused = 0;
  std::uint64_t deferred = 0;
  std::uint64_t mirrors_pending = 0;
  std::uint64_t mirrors_made = 0;
  std::uint64_t debts = 0;
  std::uint64_t owed = 0;         // promised to the sender, not yet delivered
  std::uint64_t returned = 0;     // given up; the sender has a report
  std::uint64_t quarantined = 0;  // nobody could be told, or a filter asked: a person decides
  // Of all migrations: messages not judged by a filter that is still down.
  std::uint64_t not_judged = 0;
  std::optional<WallTime> since;  // the first message that is counted
};

// Something that waits in the gateway: a message that is owed, one that nobody could be told of, or
// a mirror copy that could not be made yet.
struct QueueItem {
  std::string trace_id;
  WallTime at{};  // of the message
  std::string sender;
  std::string recipient;
  std::string kind;             // "owed", "quarantined", "debt"
  Side side = Side::old_side;   // where it shall go
  std::string words;            // the last refusal, in the server's words
  unsigned attempts = 0;        // so far
  std::optional<WallTime> due;  // the next attempt; nothing: under way, or a person decides
  std::string report_on;        // it is our report to a sender, on the message with this trace id
  std::uint64_t size = 0;       // bytes
  bool may_be_double = false;   // sent again without proof that the first was lost
};

class DeliveryView {  // implemented by proxy/gateway
 public:
  virtual ~DeliveryView() = default;
  // Newest first, at most `limit`; `search` matches sender, recipient, Message-ID or trace id;
  // empty: all.
  [[nodiscard]] virtual std::vector<Delivery> recent(std::size_t limit,
                                                     const std::string& search) const = 0;
  [[nodiscard]] virtual DeliveryCounts counts(const std::string& migration) const = 0;
  // What waits, oldest first, at most `limit`.
  [[nodiscard]] virtual std::vector<QueueItem> queue(std::size_t limit) const = 0;
  // Tries what waits under this trace id now (for one recipient, or all if empty); how many.
  // not_found: nothing waits there.
  virtual Task<Result<std::uint64_t>> retry(std::string trace_id, std::string recipient) = 0;
  // Gives up what waits there, a copy too (R9); the reason is kept. not_found: as above.
  virtual Task<Result<std::uint64_t>> drop(std::string trace_id, std::string recipient,
                                           std::string reason) = 0;
};

// Something changed. Values only; listeners are called on the speaker's thread and must be quick.
struct Event {
  enum class Kind : std::uint8_t { account, delivery, run };
  Kind kind = Kind::account;
  AccountId account = 0;
  std::string trace_id;  // delivery
  std::string step;      // run: "prepare", "fence", "drain", "commit", "observe"
  bool ok = true;
  std::string text;  // run: what happened, in plain words
};

class EventBus {
 public:
  using Listener = std::function<void(const Event&)>;
  void publish(const Event& event) const;
  // The listener lives until `unsubscribe`.
  std::uint64_t subscribe(Listener listener);
  void unsubscribe(std::uint64_t id);

 private:
  mutable std::mutex mutex_;
  std::map<std::uint64_t, Listener> listeners_;
  std::uint64_t next_ = 1;
};

}  // namespace tandem::migration
