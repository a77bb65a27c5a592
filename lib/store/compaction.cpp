#include "lib/store/compaction.hpp"

#include <algorithm>
#include <cerrno>
#include <unistd.h>
#include <utility>
#include <vector>

#include "lib/store/fault.hpp"
#include "lib/store/file.hpp"
#include "lib/store/segment.hpp"
#include "lib/store/store.hpp"

namespace tandem::store {
namespace {

struct Candidate {
  std::uint32_t segment = 0;
  std::uint64_t size = 0;
};

constexpr std::uint64_t bytes_per_unit = 4 * 1024 * 1024;
constexpr std::size_t records_per_unit = 256;

Result<std::vector<Candidate>> candidates(const Store& store, unsigned dead_percent) {
  return store.read([&](Sql& sql) -> Result<std::vector<Candidate>> {
    std::vector<Candidate> found;
    auto rows = sql.query(
        "SELECT segment, size FROM store_segments WHERE removed = 0 AND dead > 0"
        " AND dead * 100 >= size * $1"
        " AND segment < (SELECT max(segment) FROM store_segments) ORDER BY segment",
        dead_percent);
    while (rows.next())
      found.push_back({.segment = static_cast<std::uint32_t>(rows.integer(0)),
                       .size = static_cast<std::uint64_t>(rows.integer(1))});
    if (!rows.status()) return fail(rows.status().error());
    return found;
  });
}

Result<bool> is_released(Sql& sql, std::int64_t position) {
  const auto found = sql.integer("SELECT 1 FROM store_released WHERE position = $1", position);
  if (!found) return fail(found.error());
  return found->has_value();
}

// Where the blob that lies at `from` will be looked for from now on. If it was released between
// being read and this, the copy is dead at once.
Result<void> note_moved(Sql& sql, BlobRef from, BlobRef to) {
  const auto released = is_released(sql, from.position());
  if (!released) return fail(released.error());
  if (*released) return release(sql, to);
  const auto again = sql.execute("UPDATE store_moved SET location = $1 WHERE location = $2",
                                 to.position(), from.position());
  if (!again) return fail(again.error());
  if (*again == 0) {
    const auto first = sql.execute("INSERT INTO store_moved (position, location) VALUES ($1, $2)",
                                   from.position(), to.position());
    if (!first) return fail(first.error());
  }
  const auto dead = sql.execute("INSERT INTO store_released (position, segment) VALUES ($1, $2)",
                                from.position(), from.segment);
  if (!dead) return fail(dead.error());
  return {};
}

class Move {
 public:
  Move(Store& store, Blobs& blobs, Candidate of) : store_(store), blobs_(blobs), of_(of) {}

  Result<void> run() {
    auto walked = blobs_.walk(of_.segment, of_.size, [this](BlobRef at) { return add(at); });
    if (!walked) return walked;
    return commit();
  }
  [[nodiscard]] std::uint64_t bytes() const { return all_; }

 private:
  Result<void> add(BlobRef at) {
    const auto dead = store_.read([&](Sql& sql) { return is_released(sql, at.position()); });
    if (!dead) return fail(dead.error());
    if (*dead) return {};
    auto draft = copy(at);
    if (!draft) return fail(std::move(draft.error()));
    drafts_.push_back(std::move(*draft));
    from_.push_back(at);
    in_unit_ += at.size;
    all_ += at.size;
    if (in_unit_ < bytes_per_unit && from_.size() < records_per_unit) return {};
    return commit();
  }

  // A record whose checksum does not hold stays where it is, and its segment with it.
  Result<BlobDraft> copy(BlobRef at) {
    auto reader = blobs_.open(at);
    if (!reader) return fail(std::move(reader.error()));
    auto draft = store_.draft();
    for (;;) {
      const auto piece = reader->next();
      if (!piece) return fail(piece.error());
      if (piece->empty()) break;
      if (auto added = draft.append(*piece); !added) return fail(std::move(added.error()));
    }
    if (draft.digest() != reader->digest())
      return fail(ErrorKind::storage, "damaged blob " + at.to_text() + ": SHA-256");
    return draft;
  }

  Result<void> commit() {
    if (from_.empty()) return {};
    Unit unit{.blobs = std::exchange(drafts_, {}),
              .apply = [from = std::exchange(from_, {})](
                           Sql& sql, std::span<const BlobRef> to) -> Result<void> {
                for (std::size_t i = 0; i < from.size(); ++i)
                  if (auto noted = note_moved(sql, from[i], to[i]); !noted) return noted;
                return {};
              }};
    in_unit_ = 0;
    auto committed = store_.committer().commit_blocking(std::move(unit));
    if (!committed) return fail(std::move(committed.error()));
    return {};
  }

  Store& store_;
  Blobs& blobs_;
  Candidate of_;
  std::vector<BlobDraft> drafts_;
  std::vector<BlobRef> from_;
  std::uint64_t in_unit_ = 0;
  std::uint64_t all_ = 0;
};

Result<void> remove_segment(Store& store, Blobs& blobs, const std::string& directory,
                            std::uint32_t segment) {
  Unit unit{.apply = [segment](Sql& sql, std::span<const BlobRef>) -> Result<void> {
    const auto removed = sql.execute(
        "UPDATE store_segments SET removed = 1, size = 0, dead = 0 WHERE segment = $1", segment);
    if (!removed) return fail(removed.error());
    const auto forgotten = sql.execute("DELETE FROM store_released WHERE segment = $1", segment);
    if (!forgotten) return fail(forgotten.error());
    return {};
  }};
  auto committed = store.committer().commit_blocking(std::move(unit));
  if (!committed) return fail(std::move(committed.error()));
  const auto path = segment_path(directory, segment);
  int code = fault::point("store.unlink");
  if (code == 0 && ::unlink(path.c_str()) != 0 && errno != ENOENT) code = errno;
  blobs.forget(segment);
  // Left behind, it is removed when the store is opened the next time.
  if (code != 0) return fail(errno_error("cannot remove " + path, code));
  return {};
}

}  // namespace

Result<std::uint64_t> compact_segments(Store& store, Blobs& blobs, const std::string& directory,
                                       unsigned dead_percent) {
  const auto found = candidates(store, dead_percent);
  if (!found) return fail(found.error());
  std::uint64_t won = 0;
  for (const auto& candidate : *found) {
    Move move(store, blobs, candidate);
    if (auto moved = move.run(); !moved) return fail(std::move(moved.error()));
    if (auto gone = remove_segment(store, blobs, directory, candidate.segment); !gone)
      return fail(std::move(gone.error()));
    won += candidate.size - std::min(candidate.size, move.bytes());
  }
  return won;
}

}  // namespace tandem::store
