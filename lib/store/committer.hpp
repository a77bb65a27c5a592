// Committer: the one place that makes things durable. Sessions hand it units of work and are
// resumed when these are safe. A batch is: append the blobs, fdatasync the segments (and run the
// SQL meanwhile), one COMMIT; however many units are in it, that is two flushes. While one batch is
// being committed the next may be appended and flushed (committer_state.hpp). Units are applied in
// the order in which they were handed over, one at a time.
//
// Each unit's `apply` runs in a savepoint on a thread of ours: a unit that fails fails alone, and
// leaves nothing that is reachable. What fails for all (flush, COMMIT) is an Error storage for each
// of them, and for those that were written after them. After a failed flush nobody knows what is on
// the disk: the store goes read-only until the program is restarted (a flush is never tried again).
// A full disk is temporary and leaves nothing half done.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "lib/base/result.hpp"
#include "lib/store/blob.hpp"
#include "lib/store/draft.hpp"
#include "lib/store/sql.hpp"

namespace tandem::store {

struct Unit {
  std::vector<BlobDraft> blobs;
  // Gets one ref per blob, in order. It may take pointers to what the waiting coroutine owns. It
  // must be quick and must not wait for other units. Empty: nothing to do in the database.
  std::move_only_function<Result<void>(Sql&, std::span<const BlobRef>)> apply;
};

using BlobRefs = std::vector<BlobRef>;

struct CommitterOptions {
  std::size_t batch_units = 256;
  std::uint64_t batch_bytes = 64 * 1024 * 1024;
  std::uint64_t segment_bytes = 256 * 1024 * 1024;  // then a new one is begun
  // How long units of commit_later may wait for company.
  std::chrono::milliseconds later = std::chrono::milliseconds(20);
  bool own_thread = true;  // false: each unit is a batch, on the thread that hands it over
};

struct CommitterCounts {
  std::uint64_t batches = 0;
  std::uint64_t units = 0;    // committed
  std::uint64_t failed = 0;   // units
  std::uint64_t flushes = 0;  // fdatasync of segments and directories, and COMMITs
};

class SegmentWriter;

class Committer {
 public:
  Committer(std::unique_ptr<Sql> sql, std::unique_ptr<SegmentWriter> segments,
            CommitterOptions options);
  ~Committer();  // stop()
  Committer(const Committer&) = delete;
  Committer& operator=(const Committer&) = delete;

  // Waits until the unit is durable and resumes on the caller's own executor. A commit under way is
  // not cancelled. An io_context from which commits were made is destroyed after stop() only.
  [[nodiscard]] boost::asio::awaitable<Result<BlobRefs>> commit(Unit unit);
  // For commands and tests; never on an io thread.
  [[nodiscard]] Result<BlobRefs> commit_blocking(Unit unit);
  // Nobody waits: durable with the next batch, and before any unit handed over after it. What
  // becomes of it is logged only. Kind limit: too many are queued.
  [[nodiscard]] Result<void> commit_later(Unit unit);

  // Whether units are taken; otherwise why not.
  [[nodiscard]] Result<void> writable() const;
  [[nodiscard]] CommitterCounts counts() const;
  // Commits everything that is queued, then ends the thread. Later units fail with cancelled.
  void stop();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::store
