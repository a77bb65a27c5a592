// The walk of one batch: append, flush and SQL side by side, COMMIT; and what is taken back where.
#include <exception>
#include <future>

#include "lib/base/log.hpp"
#include "lib/store/committer_state.hpp"
#include "lib/store/fault.hpp"
#include "lib/store/file.hpp"

namespace tandem::store {
namespace {

Result<void> apply_unit(Sql& sql, QueuedUnit& queued) {
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

void fail_all(CommitBatch& batch, const Error& error) {
  for (auto& queued : batch.units)
    if (!queued.error) queued.error = error;
}

Result<void> commit_transaction(Sql& sql) {
  if (const int code = fault::point("store.commit"))
    return fail(errno_error("cannot commit", code));
  if (auto done = sql.execute("COMMIT"); !done) return fail(done.error());
  return {};
}

}  // namespace

void Committer::State::pass(CommitBatch& batch) {
  if (!append_blobs(batch)) return;
  batch.flushed = std::async(std::launch::deferred, [this] { return segments->flush(); });
  commit(batch);
}

// The batch is in flight before it is flushed: so its SQL is run meanwhile.
void Committer::State::hand_over(std::unique_ptr<CommitBatch> batch) {
  std::unique_lock lock(writing);
  if (!append_blobs(*batch)) {
    lock.unlock();
    return finish(*batch);
  }
  std::packaged_task<Result<unsigned>()> flush([this] { return segments->flush(); });
  batch->flushed = flush.get_future();
  {
    const std::lock_guard queue_lock(mutex);
    flight.push_back(std::move(batch));
  }
  written.notify_one();
  flush();
}

// False: not one unit is written.
bool Committer::State::append_blobs(CommitBatch& batch) {
  bool any = false;
  batch.before = segments->position();
  for (auto& queued : batch.units) {
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
    any = any || !queued.error;
  }
  batch.sizes = segments->grown();
  return any;
}

// The blobs of a unit that failed lie between those of others: dead space.
Result<void> Committer::State::drop_blobs(const QueuedUnit& queued) {
  for (const auto ref : queued.refs)
    if (auto dropped = release(*sql, ref); !dropped) return dropped;
  return {};
}

// Everything between BEGIN and COMMIT. False: nobody is left who wants it committed.
Result<bool> Committer::State::apply(CommitBatch& batch) {
  if (auto begun = sql->execute("BEGIN IMMEDIATE"); !begun) return fail(begun.error());
  // Sizes first: releasing counts on the row of the segment.
  if (auto recorded = record_sizes(*sql, batch.sizes); !recorded) return fail(recorded.error());
  bool wanted = false;
  for (auto& queued : batch.units) {
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

void Committer::State::commit(CommitBatch& batch) {
  if (batch.given_up) return;
  {
    const std::lock_guard lock(mutex);
    if (refusal) return fail_all(batch, *refusal);
  }
  const auto wanted = apply(batch);
  const auto flushed = batch.flushed.get();
  if (!flushed) return doubt(batch, flushed.error());
  if (!wanted) return take_back(batch, wanted.error());
  if (!*wanted && take_back_alone(batch)) return;
  if (auto committed = commit_transaction(*sql); !committed) {
    const auto& error = committed.error();
    if (error.kind == ErrorKind::storage && !error.temporary) return doubt(batch, error);
    return take_back(batch, error);
  }
  const std::lock_guard lock(mutex);
  ++counts.batches;
  counts.flushes += *flushed + 1;
}

// The batch and those written after it: their bytes lie behind its own.
void Committer::State::take_back(CommitBatch& batch, const Error& error) {
  if (sql->in_transaction()) (void)sql->execute("ROLLBACK");
  fail_all(batch, error);
  const std::lock_guard no_more_bytes(writing);
  for (auto* const after : written_after(batch)) {
    fail_all(*after, error);
    after->given_up = true;
    if (const auto flushed = after->flushed.get(); !flushed) refuse(flushed.error());
  }
  segments->rewind(batch.before);
}

// False: others' bytes lie behind its own, which count as dead then; a COMMIT has to say so.
bool Committer::State::take_back_alone(CommitBatch& batch) {
  const std::lock_guard no_more_bytes(writing);
  if (!written_after(batch).empty()) return false;
  (void)sql->execute("ROLLBACK");
  segments->rewind(batch.before);
  return true;
}

// While `writing` is held.
std::vector<CommitBatch*> Committer::State::written_after(const CommitBatch& batch) const {
  std::vector<CommitBatch*> after;
  const std::lock_guard lock(mutex);
  for (const auto& each : flight)
    if (each.get() != &batch) after.push_back(each.get());
  return after;
}

// Nobody knows what is on the disk. The COMMIT may yet turn out to be there: then its blobs must be
// there too, and nothing is taken back.
void Committer::State::doubt(CommitBatch& batch, const Error& error) {
  if (sql->in_transaction()) (void)sql->execute("ROLLBACK");
  fail_all(batch, error);
  refuse(error);
}

void Committer::State::refuse(const Error& cause) {
  log::error("E-STORE-1", "no more is written until a restart: {}", cause.to_string());
  const std::lock_guard lock(mutex);
  refusal = Error{.kind = ErrorKind::storage,
                  .what = "the store is read-only since a flush failed: " + cause.what,
                  .next_step = "Check the disk, then restart Tandemail"};
}

}  // namespace tandem::store
