// The journal: what the gateway has promised, row by row. One message row per transaction that has
// a mirror or may be in doubt, one recipient row per recipient. Crash safety is the table in
// README.md: each state says what is true in it and what a restart does.
//
// Any thread; the coroutines wait for durability.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/net/task.hpp"
#include "lib/store/store.hpp"
#include "migration/account.hpp"
#include "migration/views.hpp"

namespace tandem::gateway {

using migration::AccountId;
using migration::Side;
using net::Task;

// What the recipient's home side said.
enum class HomeState : std::uint8_t {
  sent,      // durable before the dot went out: the answer is not known
  accepted,  // the home side has it (2yz, or found in its mailbox)
  refused,   // 4yz or 5yz: nothing may be delivered (R3)
  not_sent,  // after a crash: proven absent; the client, who got no answer, sends it again
};
[[nodiscard]] std::string_view name_of(HomeState state);

// The quiet copy at the other side.
enum class MirrorState : std::uint8_t {
  none,       // no mirror in this phase
  waiting,    // the home side has not accepted yet (R8)
  pending,    // to be made
  made,       // there, or found there
  debt,       // failed, tried again; healed by the sync (R9)
  cancelled,  // the home side refused
};
[[nodiscard]] std::string_view name_of(MirrorState state);

struct MessageRecord {
  std::string trace;
  WallTime at{};
  std::string sender;    // envelope; empty: null
  std::string received;  // our Received line, with its CRLF
  store::BlobRef blob;   // the bytes as received; none when there is no mirror to make
};

struct RecipientRecord {
  std::int64_t id = 0;
  std::string trace;
  std::string recipient;
  AccountId account = 0;
  std::uint64_t epoch = 0;
  Side home = Side::old_side;
  HomeState home_state = HomeState::sent;
  std::optional<Side> mirror;
  MirrorState mirror_state = MirrorState::none;
  std::string replay;  // H, 32 bytes
  WallTime at{};       // of the message; filled when read
  std::string words;   // the last refusal, in the server's words
  unsigned attempts = 0;
  WallTime due{};
};

struct PendingMirror {
  MessageRecord message;
  RecipientRecord recipient;
};

class Journal {
 public:
  [[nodiscard]] static store::Schema schema();
  explicit Journal(store::Store& store) : store_(store) {}

  // J1 and J2 in one: bytes, envelope, T, H, "sent". Durable when it returns: only then the dot.
  // The bytes can be read back under the ref.
  Task<Result<store::BlobRef>> begin(MessageRecord message, std::vector<RecipientRecord> recipients,
                                     store::BlobDraft body);
  // A transaction without a mirror: its outcome, for the list of deliveries. Nobody waits.
  void note(MessageRecord message, std::vector<RecipientRecord> recipients);
  // J3, before the client is answered: a replay that follows finds the outcome, not a doubt. If it
  // fails, a restart finds "sent" and looks into the mailbox.
  Task<Result<void>> home_answered(std::string trace, bool accepted, std::string words);
  // J4: the client has shown that it saw our 250; identical bytes are a new message from now on.
  void answer_seen(std::string trace);

  // A transaction with this H whose answer the client has not provably seen (R11).
  [[nodiscard]] Result<std::optional<RecipientRecord>> unseen(const std::string& replay,
                                                              WallTime not_before) const;
  // After a restart, and for the doubt worker.
  [[nodiscard]] Result<std::vector<RecipientRecord>> in_doubt() const;
  [[nodiscard]] Result<std::vector<PendingMirror>> mirrors_due(WallTime now,
                                                               std::size_t limit) const;
  Task<Result<void>> resolve(std::string trace, HomeState state);
  Task<Result<void>> mirror_made(RecipientRecord recipient);
  Task<Result<void>> mirror_failed(RecipientRecord recipient, std::string words, WallTime due);

  [[nodiscard]] std::uint64_t pending_mirrors(AccountId account) const;
  [[nodiscard]] std::vector<migration::Delivery> recent(std::size_t limit,
                                                        const std::string& search) const;
  [[nodiscard]] migration::DeliveryCounts counts(const std::string& migration) const;

 private:
  // Traces whose answer was seen, while that is on its way to the disk.
  class SeenLately {
   public:
    void add(const std::string& trace);
    [[nodiscard]] bool contains(const std::string& trace) const;

   private:
    mutable std::mutex mutex_;
    std::deque<std::string> order_;
    std::unordered_set<std::string> traces_;
  };

  store::Store& store_;
  SeenLately seen_;
};

}  // namespace tandem::gateway
