// Store: a directory that holds everything durable: `ledger.db` (SQLite, WAL), `segments/` (blobs),
// `spool/` (drafts; emptied at open), `LOCK`. One process writes to it; directories are 0700 and
// files 0600, and a directory that others can read is refused. See lib/store/README.md for what a
// crash leaves and what the next open does with it.
//
// Writing goes through committer() only. Reading is synchronous on the calling thread's own
// read-only connection and sees one snapshot:
//
//   auto name = store.read([&](Sql& sql) { return sql.text("SELECT …", id); });
#pragma once

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/store/blob.hpp"
#include "lib/store/committer.hpp"
#include "lib/store/draft.hpp"
#include "lib/store/schema.hpp"
#include "lib/store/sql.hpp"

namespace tandem::store {

struct StoreOptions {
  CommitterOptions committer;
  std::size_t draft_memory = 256 * 1024;
  // Looks only, beside a running process: no lock, no repair, every commit is refused.
  bool read_only = false;
  // For tests by the thousand: the database is in memory and gone with the Store, and a unit is
  // committed on the thread that hands it over. All of it on one thread, then.
  bool in_memory = false;
};

struct Usage {
  std::uint64_t segments = 0;  // files
  std::uint64_t bytes = 0;     // in them
  std::uint64_t dead = 0;      // of these, released
};

class Store {
 public:
  // Creates what is missing, takes the lock, cleans up after a crash, applies the schemas.
  // Kinds: conflict (another process has it), invalid (permissions, a newer database), storage.
  [[nodiscard]] static Result<std::unique_ptr<Store>> open(std::string directory,
                                                           std::vector<Schema> schemas,
                                                           StoreOptions options = {});
  ~Store();  // commits what is queued
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;

  [[nodiscard]] Committer& committer();
  [[nodiscard]] const Blobs& blobs() const;
  [[nodiscard]] BlobDraft draft() const;
  [[nodiscard]] const std::string& directory() const;

  // Runs `look(Sql&)`, which returns a Result, on this thread in one read transaction. Any thread;
  // for short looks: what it sees cannot be checkpointed meanwhile. Nested calls share the
  // snapshot.
  template <std::invocable<Sql&> F>
  [[nodiscard]] std::invoke_result_t<F, Sql&> read(F&& look) const {
    auto reading = begin_read();
    if (!reading) return std::unexpected(std::move(reading.error()));
    return std::forward<F>(look)(reading->sql());
  }

  // What is wrong with the segments (shorter than the database says): found at open, for doctor.
  [[nodiscard]] const std::vector<std::string>& damage() const;
  [[nodiscard]] Result<Usage> usage() const;
  // Visits every blob that is not released, by its name (doctor: is there a row for it? verify it).
  // Framing is checked, bytes are not read. Not while compact() runs.
  [[nodiscard]] Result<void> each_blob(const Blobs::Visit& visit) const;
  // Copies the live blobs out of segments of which at least `dead_percent` is dead and removes
  // these. Crash-safe at any instruction; runs beside everything else; blocking, for a thread of
  // its own. Returns the number of bytes won back.
  [[nodiscard]] Result<std::uint64_t> compact(unsigned dead_percent = 50);

 private:
  struct Connection;
  struct State;
  class Reading {
   public:
    explicit Reading(Connection* connection) : connection_(connection) {}
    Reading(Reading&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
    Reading& operator=(Reading&&) = delete;
    ~Reading();
    [[nodiscard]] Sql& sql() const;

   private:
    Connection* connection_;
  };
  explicit Store(std::unique_ptr<State> state);
  [[nodiscard]] Result<Reading> begin_read() const;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::store
