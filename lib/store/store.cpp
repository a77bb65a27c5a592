#include "lib/store/store.hpp"

#include <fcntl.h>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <sys/stat.h>
#include <thread>

#include "lib/base/log.hpp"
#include "lib/store/compaction.hpp"
#include "lib/store/recovery.hpp"
#include "lib/store/segment.hpp"
#include "lib/store/sqlite.hpp"

namespace tandem::store {

// One thread's connection; `depth` counts nested reads.
struct Store::Connection {
  std::unique_ptr<Sql> sql;
  int depth = 0;
};

struct Store::State {
  std::string directory;
  StoreOptions options;
  File held;  // the lock
  std::vector<std::string> damage;

  mutable std::shared_mutex mutex;
  mutable std::map<std::thread::id, std::unique_ptr<Connection>> connections;

  // Asked for moved blobs. Not the thread's own: its snapshot may be older than the move.
  std::mutex resolving;
  std::unique_ptr<Sql> resolver;

  std::unique_ptr<Blobs> blobs;
  std::unique_ptr<Committer> committer;
  std::mutex compacting;

  [[nodiscard]] std::string database() const {
    return options.in_memory ? memory_database(directory) : directory + "/ledger.db";
  }
  [[nodiscard]] std::string segments() const { return directory + "/segments"; }
  [[nodiscard]] std::string spool() const { return directory + "/spool"; }

  [[nodiscard]] Result<void> prepare_directories();
  [[nodiscard]] Result<std::unique_ptr<Sql>> open_database(std::vector<Schema> schemas) const;
  [[nodiscard]] Result<Connection*> connection() const;
  [[nodiscard]] Result<std::optional<std::int64_t>> resolve(std::int64_t position);
};

Result<void> Store::State::prepare_directories() {
  if (options.read_only) return {};
  for (const auto& each : {directory, segments(), spool()})
    if (auto made = private_directory(each); !made) return made;
  auto taken = take_lock(directory);
  if (!taken) return fail(std::move(taken.error()));
  held = std::move(*taken);
  return clean_spool(spool());
}

Result<std::unique_ptr<Sql>> Store::State::open_database(std::vector<Schema> schemas) const {
  if (options.read_only) return open_sqlite(database(), SqliteMode::read);
  // Created here, so that its mode is ours; SQLite gives its other files the same.
  if (!options.in_memory)
    if (auto file = File::open(database(), O_RDWR | O_CREAT); !file) return fail(file.error());
  auto sql = open_sqlite(database(), SqliteMode::write);
  if (!sql) return sql;
  schemas.insert(schemas.begin(), own_schema());
  if (auto applied = apply_schemas(**sql, schemas); !applied) return fail(applied.error());
  if (auto flushed = flush_directory(directory); !flushed) return fail(flushed.error());
  return sql;
}

Result<Store::Connection*> Store::State::connection() const {
  const auto thread = std::this_thread::get_id();
  {
    const std::shared_lock shared(mutex);
    const auto found = connections.find(thread);
    if (found != connections.end()) return found->second.get();
  }
  auto sql = open_sqlite(database(), SqliteMode::read);
  if (!sql) return fail(std::move(sql.error()));
  auto made = std::make_unique<Connection>(std::move(*sql));
  const std::lock_guard exclusive(mutex);
  return connections.emplace(thread, std::move(made)).first->second.get();
}

Result<std::optional<std::int64_t>> Store::State::resolve(std::int64_t position) {
  const std::lock_guard lock(resolving);
  if (!resolver) {
    auto opened = open_sqlite(database(), SqliteMode::read);
    if (!opened) return fail(std::move(opened.error()));
    resolver = std::move(*opened);
  }
  return resolver->integer("SELECT location FROM store_moved WHERE position = $1", position);
}

Result<std::unique_ptr<Store>> Store::open(std::string directory, std::vector<Schema> schemas,
                                           StoreOptions options) {
  auto state = std::make_unique<State>();
  state->directory = std::move(directory);
  state->options = options;
  if (auto made = state->prepare_directories(); !made) return fail(made.error());
  auto sql = state->open_database(std::move(schemas));
  if (!sql) return fail(std::move(sql.error()));
  auto recovered = recover_segments(**sql, state->segments(), !options.read_only);
  if (!recovered) return fail(std::move(recovered.error()));
  for (const auto& each : recovered->damage) log::error("E-STORE-4", "{}", each);
  state->damage = std::move(recovered->damage);
  auto writer = std::make_unique<SegmentWriter>(state->segments(), recovered->last, recovered->next,
                                                options.committer.segment_bytes);
  if (options.read_only) sql->reset();
  if (options.in_memory) options.committer.own_thread = false;
  state->committer =
      std::make_unique<Committer>(std::move(*sql), std::move(writer), options.committer);
  std::unique_ptr<Store> store(new Store(std::move(state)));
  store->state_->blobs = std::make_unique<Blobs>(
      store->state_->segments(),
      [the = store->state_.get()](std::int64_t position) { return the->resolve(position); });
  return store;
}

Store::Store(std::unique_ptr<State> state) : state_(std::move(state)) {}
Store::~Store() {
  state_->committer->stop();
}

Committer& Store::committer() {
  return *state_->committer;
}
const Blobs& Store::blobs() const {
  return *state_->blobs;
}
BlobDraft Store::draft() const {
  return BlobDraft(state_->spool(), state_->options.draft_memory);
}
const std::string& Store::directory() const {
  return state_->directory;
}
const std::vector<std::string>& Store::damage() const {
  return state_->damage;
}

Result<Store::Reading> Store::begin_read() const {
  auto connection = state_->connection();
  if (!connection) return fail(std::move(connection.error()));
  if ((*connection)->depth == 0)
    if (auto begun = (*connection)->sql->execute("BEGIN"); !begun) return fail(begun.error());
  ++(*connection)->depth;
  return Reading(*connection);
}

Store::Reading::~Reading() {
  if (connection_ != nullptr && --connection_->depth == 0)
    (void)connection_->sql->execute("COMMIT");
}

Sql& Store::Reading::sql() const {
  return *connection_->sql;
}

Result<Usage> Store::usage() const {
  return read([](Sql& sql) -> Result<Usage> {
    auto rows =
        sql.query("SELECT count(*), sum(size), sum(dead) FROM store_segments WHERE removed = 0");
    Usage usage;
    if (rows.next())
      usage = {.segments = static_cast<std::uint64_t>(rows.integer(0)),
               .bytes = static_cast<std::uint64_t>(rows.integer(1)),
               .dead = static_cast<std::uint64_t>(rows.integer(2))};
    if (!rows.status()) return fail(rows.status().error());
    return usage;
  });
}

namespace {

struct Extent {
  std::uint32_t segment = 0;
  std::uint64_t size = 0;
};

Result<std::vector<Extent>> extents(Sql& sql) {
  std::vector<Extent> all;
  auto rows = sql.query("SELECT segment, size FROM store_segments WHERE removed = 0");
  while (rows.next())
    all.push_back({.segment = static_cast<std::uint32_t>(rows.integer(0)),
                   .size = static_cast<std::uint64_t>(rows.integer(1))});
  if (!rows.status()) return fail(rows.status().error());
  return all;
}

// The name under which the record at `location` is known; nothing: it is dead.
Result<std::optional<BlobRef>> name_of_record(Sql& sql, BlobRef location) {
  auto rows = sql.query(
      "SELECT (SELECT 1 FROM store_released WHERE position = $1),"
      " (SELECT position FROM store_moved WHERE location = $1)",
      location.position());
  if (!rows.next()) return fail(rows.status().error());
  if (!rows.is_null(0)) return std::nullopt;
  return rows.is_null(1) ? location : BlobRef::at(rows.integer(1), location.size);
}

}  // namespace

Result<void> Store::each_blob(const Blobs::Visit& visit) const {
  const auto all = read(extents);
  if (!all) return fail(all.error());
  for (const auto& [segment, size] : *all) {
    auto walked = state_->blobs->walk(segment, size, [&](BlobRef location) -> Result<void> {
      const auto name = read([&](Sql& sql) { return name_of_record(sql, location); });
      if (!name) return fail(name.error());
      return *name ? visit(**name) : Result<void>();
    });
    if (!walked) return walked;
  }
  return {};
}

Result<std::uint64_t> Store::compact(unsigned dead_percent) {
  const std::lock_guard one_at_a_time(state_->compacting);
  return compact_segments(*this, *state_->blobs, state_->segments(), dead_percent);
}

}  // namespace tandem::store
