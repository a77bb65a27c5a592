// The committer's inside: its queue, and the walk of one batch. Internal to lib/store.
//
// Two threads. The writer takes what is queued, appends its blobs and flushes them; the other one
// runs the SQL meanwhile and COMMITs when the flush is over. While it does, the writer may be at
// the next batch already, if that is much: then the disk has something to do while both processors
// wait for a COMMIT, and the other way round. Batches are committed in the order in which they were
// written. Little is done by the writer alone, from end to end: another thread would cost more than
// it saves.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "lib/store/committer.hpp"
#include "lib/store/segment.hpp"

namespace tandem::store {

using CommitDone = std::move_only_function<void(Result<BlobRefs>)>;

struct QueuedUnit {
  Unit unit;
  CommitDone done;  // empty: nobody waits
  std::uint64_t bytes = 0;
  // While the batch runs:
  BlobRefs refs;
  std::optional<Error> error;
};

struct CommitBatch {
  std::deque<QueuedUnit> units;
  std::uint64_t bytes = 0;
  // Once it is written:
  SegmentWriter::Position before;         // where the segments ended without it
  SegmentWriter::Sizes sizes;             // of the segments that grew
  std::future<Result<unsigned>> flushed;  // how many flushes it took
  bool given_up = false;                  // with one before it; its units have their error
};

struct Committer::State {
  std::unique_ptr<Sql> sql;
  std::unique_ptr<SegmentWriter> segments;
  CommitterOptions options;

  // Held while a batch is appended, put in flight and flushed, and while bytes are taken back.
  // Taken before `mutex`.
  std::mutex writing;

  mutable std::mutex mutex;         // for all below
  std::condition_variable wake;     // the writer
  std::condition_variable written;  // the other one
  std::deque<QueuedUnit> queue;
  std::uint64_t queued_bytes = 0;
  std::size_t waiting = 0;  // queued units that somebody waits for
  bool stopping = false;
  bool all_written = false;
  std::deque<std::unique_ptr<CommitBatch>> flight;  // written or being flushed, not committed yet
  std::optional<Error> refusal;                     // why no units are taken
  CommitterCounts counts;
  std::thread writer, committer;

  // The queue (committer.cpp)
  void put(Unit unit, CommitDone done);
  [[nodiscard]] bool may_take() const;  // `mutex` is held
  [[nodiscard]] std::unique_ptr<CommitBatch> take();
  void run_writer();
  void run_committer();
  void finish(CommitBatch& batch);

  // A batch (committer_batch.cpp)
  void pass(CommitBatch& batch);  // from end to end, on this thread
  void hand_over(std::unique_ptr<CommitBatch> batch);
  [[nodiscard]] bool append_blobs(CommitBatch& batch);
  void commit(CommitBatch& batch);
  [[nodiscard]] Result<bool> apply(CommitBatch& batch);
  [[nodiscard]] Result<void> drop_blobs(const QueuedUnit& queued);
  void take_back(CommitBatch& batch, const Error& error);
  [[nodiscard]] bool take_back_alone(CommitBatch& batch);
  [[nodiscard]] std::vector<CommitBatch*> written_after(const CommitBatch& batch) const;
  void doubt(CommitBatch& batch, const Error& error);
  void refuse(const Error& cause);
};

}  // namespace tandem::store
