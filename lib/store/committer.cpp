#include "lib/store/committer.hpp"

#include <atomic>
#include <memory>
#include <thread>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "lib/base/log.hpp"
#include "lib/store/committer_state.hpp"
#include "lib/store/record.hpp"

namespace tandem::store {
namespace {

constexpr std::size_t most_later = 16384;
// From here on a flush takes so much longer than another thread costs that the SQL is run beside
// it, and that a batch is begun while one is still being committed.
constexpr std::uint64_t long_flush = 256 * 1024;  // bytes
constexpr std::size_t most_in_flight = 2;

}  // namespace

void Committer::State::put(Unit unit, CommitDone done) {
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
  QueuedUnit queued{.unit = std::move(unit), .done = std::move(done), .bytes = bytes};
  if (!options.own_thread) {
    lock.unlock();
    CommitBatch batch;
    batch.units.push_back(std::move(queued));
    pass(batch);
    return finish(batch);
  }
  // The writer waits for company for what is queued for later: more of the kind does not wake it.
  const bool news = queued.done || queue.empty();
  waiting += queued.done ? 1 : 0;
  queued_bytes += bytes;
  queue.push_back(std::move(queued));
  const bool wakes = news && may_take();
  lock.unlock();
  if (wakes) wake.notify_one();
}

// A second batch is begun beside the first only if it is much: else it had better grow.
bool Committer::State::may_take() const {
  if (queue.empty()) return stopping;
  if (flight.empty()) return true;
  return flight.size() < most_in_flight && queued_bytes >= long_flush;
}

// Waits for work, then takes as much as fits in one batch. Nothing: the end.
std::unique_ptr<CommitBatch> Committer::State::take() {
  std::unique_lock lock(mutex);
  wake.wait(lock, [&] { return may_take(); });
  if (queue.empty()) return nullptr;
  if (waiting == 0) wake.wait_for(lock, options.later, [&] { return stopping || waiting > 0; });
  auto batch = std::make_unique<CommitBatch>();
  while (!queue.empty() && batch->units.size() < options.batch_units) {
    const auto bytes = queue.front().bytes;
    if (!batch->units.empty() && batch->bytes + bytes > options.batch_bytes) break;
    batch->bytes += bytes;
    queued_bytes -= bytes;
    waiting -= queue.front().done ? 1 : 0;
    batch->units.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  return batch;
}

void Committer::State::run_writer() {
  while (auto batch = take()) {
    std::unique_lock lock(mutex);
    const bool alone = flight.empty() && batch->bytes < long_flush;
    lock.unlock();
    if (alone) {
      pass(*batch);
      finish(*batch);
    } else {
      hand_over(std::move(batch));
    }
  }
  const std::lock_guard lock(mutex);
  all_written = true;
  written.notify_one();
}

void Committer::State::run_committer() {
  for (;;) {
    std::unique_lock lock(mutex);
    written.wait(lock, [&] { return all_written || !flight.empty(); });
    if (flight.empty()) return;
    auto& batch = *flight.front();
    lock.unlock();
    commit(batch);
    lock.lock();
    const auto done = std::move(flight.front());
    flight.pop_front();
    lock.unlock();
    wake.notify_one();
    finish(*done);
  }
}

void Committer::State::finish(CommitBatch& batch) {
  {
    const std::lock_guard lock(mutex);
    for (const auto& queued : batch.units) ++(queued.error ? counts.failed : counts.units);
  }
  for (auto& queued : batch.units) {
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
  if (state_->sql && options.own_thread) {
    state_->writer = std::thread([state = state_.get()] { state->run_writer(); });
    state_->committer = std::thread([state = state_.get()] { state->run_committer(); });
  } else if (!state_->sql) {
    state_->refusal = Error{.kind = ErrorKind::storage, .what = "the store was opened read-only"};
  }
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
  if (state_->writer.joinable()) state_->writer.join();
  if (state_->committer.joinable()) state_->committer.join();
}

namespace {

// Resumes the coroutine on its own executor, which is kept running until then. Everything of the
// coroutine is moved into what is posted: this thread touches nothing of it afterwards. The
// coroutine in turn does not go on before this thread has left its context: what it does next may
// be to end, and the context with it, while Asio still signals in there.
template <class Handler, class Executor, class Work>
CommitDone resume_with(Handler handler, Executor executor, Work work) {
  return [handler = std::move(handler), executor = std::move(executor),
          work = std::move(work)](Result<BlobRefs> outcome) mutable {
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
  std::promise<Result<BlobRefs>> promise;
  auto outcome = promise.get_future();
  state_->put(std::move(unit),
              [&promise](Result<BlobRefs> got) { promise.set_value(std::move(got)); });
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
  state_->put(std::move(unit), CommitDone());
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
