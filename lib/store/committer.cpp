#include "lib/store/committer.hpp"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <exception>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "lib/base/log.hpp"
#include "lib/store/fault.hpp"
#include "lib/store/file.hpp"
#include "lib/store/record.hpp"
#include "lib/store/segment.hpp"

namespace tandem::store {
namespace {

using Outcome = Result<BlobRefs>;
using Done = std::move_only_function<void(Outcome)>;

struct Queued {
  Unit unit;
  Done done;  // empty: nobody waits
  std::uint64_t bytes = 0;
  // While the batch runs:
  BlobRefs refs;
  std::optional<Error> error;
};

constexpr std::size_t most_later = 16384;
// From here on a flush takes so much longer than another thread costs that the SQL is run beside
// it.
constexpr std::uint64_t long_flush = 256 * 1024;  // bytes

Result<void> apply_unit(Sql& sql, Queued& queued) {
  auto savepoint = Savepoint::begin(sql);
  if (!savepoint) return fail(std::move(savepoint.error()));
  Result<void> applied;
  try {
    if (queued.unit.apply) applied = queued.unit.apply(sql, queued.refs);
  } catch (const std::exception& thrown) {  // a bug in the unit fails the unit, not the store
    applied = fail(ErrorKind::internal, std::string("a unit of work threw: ") + thrown.what());
  }
  if (!applied) return applied;
  if (!sql.in_transaction())
    return fail(ErrorKind::internal, "a unit of work ended the transaction");
  return savepoint->release();
}

}  // namespace

struct Committer::State {
  std::unique_ptr<Sql> sql;
  std::unique_ptr<SegmentWriter> segments;
  CommitterOptions options;

  mutable std::mutex mutex;
  std::condition_variable wake;
  std::deque<Queued> queue;
  std::size_t waiting = 0;  // queued units that somebody waits for
  bool stopping = false;
  std::optional<Error> refusal;  // why no units are taken
  CommitterCounts counts;
  std::thread thread;

  void put(Unit unit, Done done);
  [[nodiscard]] std::deque<Queued> take();
  void run();
  void commit_batch(std::deque<Queued>& batch);
  [[nodiscard]] unsigned append_blobs(std::deque<Queued>& batch);
  [[nodiscard]] std::future<Result<unsigned>> begin_flush(const std::deque<Queued>& batch);
  [[nodiscard]] Result<bool> apply_batch(std::deque<Queued>& batch);
  [[nodiscard]] Result<void> drop_blobs(const Queued& queued);
  void fail_all(std::deque<Queued>& batch, const Error& error);
  void refuse(const Error& cause);
  void finish(std::deque<Queued>& batch);
};

void Committer::State::put(Unit unit, Done done) {
  std::unique_lock lock(mutex);
  if (refusal || stopping) {
    auto error =
        refusal.value_or(Error{.kind = ErrorKind::cancelled, .what = "the store is closing"});
    lock.unlock();
    if (done) done(fail(std::move(error)));
    return;
  }
  std::uint64_t bytes = 0;
  for (const auto& draft : unit.blobs) bytes += record::framed(draft.size());
  Queued queued{.unit = std::move(unit), .done = std::move(done), .bytes = bytes};
  if (!options.own_thread) {
    lock.unlock();
    std::deque<Queued> batch;
    batch.push_back(std::move(queued));
    commit_batch(batch);
    return finish(batch);
  }
  // The thread waits for company for what is queued for later: more of the kind does not wake it.
  const bool wakes = queued.done || queue.empty();
  waiting += queued.done ? 1 : 0;
  queue.push_back(std::move(queued));
  lock.unlock();
  if (wakes) wake.notify_one();
}

// Waits for work, then takes as much as fits in one batch. Empty: the end.
std::deque<Queued> Committer::State::take() {
  std::unique_lock lock(mutex);
  wake.wait(lock, [&] { return stopping || !queue.empty(); });
  if (waiting == 0) wake.wait_for(lock, options.later, [&] { return stopping || waiting > 0; });
  std::deque<Queued> batch;
  std::uint64_t bytes = 0;
  while (!queue.empty() && batch.size() < options.batch_units) {
    bytes += queue.front().bytes;
    if (!batch.empty() && bytes > options.batch_bytes) break;
    waiting -= queue.front().done ? 1 : 0;
    batch.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  return batch;
}

void Committer::State::run() {
  for (auto batch = take(); !batch.empty(); batch = take()) {
    commit_batch(batch);
    finish(batch);
  }
}

void Committer::State::fail_all(std::deque<Queued>& batch, const Error& error) {
  for (auto& queued : batch)
    if (!queued.error) queued.error = error;
}

void Committer::State::refuse(const Error& cause) {
  log::error("E-STORE-1", "no more is written until a restart: {}", cause.to_string());
  const std::lock_guard lock(mutex);
  refusal = Error{.kind = ErrorKind::storage,
                  .what = "the store is read-only since a flush failed: " + cause.what,
                  .next_step = "Check the disk, then restart Tandemail"};
}

// The number of units whose blobs are all written.
unsigned Committer::State::append_blobs(std::deque<Queued>& batch) {
  unsigned written = 0;
  for (auto& queued : batch) {
    const auto before = segments->position();
    for (const auto& draft : queued.unit.blobs) {
      auto ref = segments->append(draft);
      if (!ref) {
        segments->rewind(before);
        queued.error = std::move(ref.error());
        break;
      }
      queued.refs.push_back(*ref);
    }
    written += queued.error ? 0 : 1;
  }
  return written;
}

// Whoever asks for its outcome waits for it; only then may there be a COMMIT.
std::future<Result<unsigned>> Committer::State::begin_flush(const std::deque<Queued>& batch) {
  std::uint64_t bytes = 0;
  for (const auto& queued : batch) bytes += queued.bytes;
  auto policy = std::launch::deferred;
  if (options.own_thread && bytes >= long_flush) policy |= std::launch::async;
  return std::async(policy, [this] { return segments->flush(); });
}

// The blobs of a unit that failed lie between those of others: dead space.
Result<void> Committer::State::drop_blobs(const Queued& queued) {
  for (const auto ref : queued.refs)
    if (auto dropped = release(*sql, ref); !dropped) return dropped;
  return {};
}

// Everything between BEGIN and COMMIT. False: nobody is left who wants it committed.
Result<bool> Committer::State::apply_batch(std::deque<Queued>& batch) {
  // Sizes first: releasing counts on the row of the segment.
  if (auto recorded = segments->record_sizes(*sql); !recorded) return fail(recorded.error());
  bool wanted = false;
  for (auto& queued : batch) {
    if (queued.error) continue;
    if (auto applied = apply_unit(*sql, queued); !applied) {
      if (!sql->in_transaction()) return fail(applied.error());  // SQLite gave up all of it
      queued.error = applied.error();
      if (auto dropped = drop_blobs(queued); !dropped) return fail(dropped.error());
      continue;
    }
    wanted = true;
  }
  return wanted;
}

void Committer::State::commit_batch(std::deque<Queued>& batch) {
  const auto before = segments->position();
  const auto give_up = [&](const Error& error, bool doubtful) {
    if (sql->in_transaction()) (void)sql->execute("ROLLBACK");
    fail_all(batch, error);
    // In doubt the COMMIT may turn out to be on the disk: then its blobs must be there too.
    if (!doubtful) segments->rewind(before);
    segments->settle();
    if (doubtful) refuse(error);
  };
  if (append_blobs(batch) == 0) return segments->settle();
  auto flush = begin_flush(batch);
  const auto begun = sql->execute("BEGIN IMMEDIATE");
  Result<bool> wanted = false;
  if (begun) wanted = apply_batch(batch);
  const auto flushed = flush.get();
  if (!flushed) return give_up(flushed.error(), true);
  if (!begun) return give_up(begun.error(), false);
  if (!wanted) return give_up(wanted.error(), false);
  if (!*wanted) return give_up(Error{.what = "nothing to commit"}, false);
  Result<void> committed;
  if (const int code = fault::point("store.commit"))
    committed = fail(errno_error("cannot commit", code));
  else if (auto done = sql->execute("COMMIT"); !done)
    committed = fail(done.error());
  if (!committed) {
    const auto& error = committed.error();
    return give_up(error, error.kind == ErrorKind::storage && !error.temporary);
  }
  segments->settle();
  const std::lock_guard lock(mutex);
  ++counts.batches;
  counts.flushes += *flushed + 1;
}

void Committer::State::finish(std::deque<Queued>& batch) {
  {
    const std::lock_guard lock(mutex);
    for (const auto& queued : batch) ++(queued.error ? counts.failed : counts.units);
  }
  for (auto& queued : batch) {
    queued.unit = Unit();  // what it captured goes before its owner is resumed
    if (!queued.done) {
      if (queued.error)
        log::error("E-STORE-2", "a unit that nobody waits for failed: {}",
                   queued.error->to_string());
      continue;
    }
    if (queued.error)
      queued.done(fail(std::move(*queued.error)));
    else
      queued.done(std::move(queued.refs));
  }
}

Committer::Committer(std::unique_ptr<Sql> sql, std::unique_ptr<SegmentWriter> segments,
                     CommitterOptions options)
    : state_(std::make_unique<State>()) {
  state_->sql = std::move(sql);
  state_->segments = std::move(segments);
  state_->options = options;
  if (state_->sql && options.own_thread)
    state_->thread = std::thread([state = state_.get()] { state->run(); });
  else if (!state_->sql)
    state_->refusal = Error{.kind = ErrorKind::storage, .what = "the store was opened read-only"};
}

Committer::~Committer() {
  stop();
}

void Committer::stop() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->wake.notify_one();
  if (state_->thread.joinable()) state_->thread.join();
}

namespace {

// Resumes the coroutine on its own executor, which is kept running until then. Everything of the
// coroutine is moved into what is posted: this thread touches nothing of it afterwards. The
// coroutine in turn does not go on before this thread has left its context: what it does next may
// be to end, and the context with it, while Asio still signals in there.
template <class Handler, class Executor, class Work>
Done resume_with(Handler handler, Executor executor, Work work) {
  return [handler = std::move(handler), executor = std::move(executor),
          work = std::move(work)](Outcome outcome) mutable {
    const auto left = std::make_shared<std::atomic<bool>>(false);
    boost::asio::post(executor, [handler = std::move(handler), work = std::move(work),
                                 outcome = std::move(outcome), left]() mutable {
      while (!left->load(std::memory_order_acquire)) std::this_thread::yield();
      std::move(handler)(std::move(outcome));
    });
    left->store(true, std::memory_order_release);
  };
}

}  // namespace

boost::asio::awaitable<Result<BlobRefs>> Committer::commit(Unit unit) {
  // Never cancelled: what is handed over will be answered.
  const auto initiate = [state = state_.get()](auto handler, Unit given) {
    const auto executor = boost::asio::get_associated_executor(handler);
    const auto work =
        boost::asio::prefer(executor, boost::asio::execution::outstanding_work.tracked);
    state->put(std::move(given), resume_with(std::move(handler), executor, work));
  };
  co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>,
                                                 void(Result<BlobRefs>)>(
      initiate, boost::asio::use_awaitable, std::move(unit));
}

Result<BlobRefs> Committer::commit_blocking(Unit unit) {
  std::promise<Outcome> promise;
  auto outcome = promise.get_future();
  state_->put(std::move(unit), [&promise](Outcome got) { promise.set_value(std::move(got)); });
  return outcome.get();
}

Result<void> Committer::commit_later(Unit unit) {
  if (auto taken = writable(); !taken) return taken;
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->queue.size() >= most_later)
      return fail(Error{
          .kind = ErrorKind::limit, .what = "the store has too much queued", .temporary = true});
  }
  state_->put(std::move(unit), Done());
  return {};
}

Result<void> Committer::writable() const {
  const std::lock_guard lock(state_->mutex);
  if (state_->refusal) return fail(*state_->refusal);
  if (state_->stopping) return fail(ErrorKind::cancelled, "the store is closing");
  return {};
}

CommitterCounts Committer::counts() const {
  const std::lock_guard lock(state_->mutex);
  return state_->counts;
}

}  // namespace tandem::store
