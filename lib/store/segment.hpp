// The writing side of segments, used by one of the committer's threads at a time. What is appended
// becomes real when flush() and then the database's COMMIT have succeeded; until then rewind()
// takes it back, flushed or not.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/store/blob.hpp"
#include "lib/store/draft.hpp"
#include "lib/store/file.hpp"
#include "lib/store/sql.hpp"

namespace tandem::store {

[[nodiscard]] std::string segment_path(const std::string& directory, std::uint32_t segment);

class SegmentWriter {
 public:
  struct Position {
    std::uint32_t segment = 0;  // 0: none yet
    std::uint64_t size = 0;
    std::uint32_t next = 0;  // the number of the next new one
  };
  using Sizes = std::map<std::uint32_t, std::uint64_t>;  // by segment

  // `last`: the newest segment that may be appended to (segment 0: begin a new one); `next`: the
  // number of the next new one.
  SegmentWriter(std::string directory, Position last, std::uint32_t next,
                std::uint64_t segment_bytes);

  [[nodiscard]] Position position() const { return at_; }
  [[nodiscard]] Result<BlobRef> append(const BlobDraft& draft);
  // Takes back everything after `to`. Best effort on the disk: what stays there is not referenced.
  void rewind(Position to);
  // The segments that grew since the last flush that succeeded.
  [[nodiscard]] const Sizes& grown() const { return grown_; }
  // Makes all that was appended durable; the number of flushes.
  [[nodiscard]] Result<unsigned> flush();

 private:
  [[nodiscard]] Result<void> open_last();
  [[nodiscard]] Result<void> begin_segment();
  [[nodiscard]] Result<void> write_record(const BlobDraft& draft);

  std::string directory_;
  Position at_;
  std::uint64_t segment_bytes_;
  File file_;  // of at_.segment
  Sizes grown_;
  std::vector<std::pair<std::uint32_t, File>> finished_;  // full, to be flushed
  bool new_names_ = false;
};

// Writes sizes of segments into the database, inside the batch's transaction.
[[nodiscard]] Result<void> record_sizes(Sql& sql, const SegmentWriter::Sizes& sizes);

}  // namespace tandem::store
