// What Store::open does to the files before anything else: makes the directories, takes the lock
// and brings the segment files to what the database says. For lib/store.
#pragma once

#include <string>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/store/file.hpp"
#include "lib/store/schema.hpp"
#include "lib/store/segment.hpp"
#include "lib/store/sql.hpp"

namespace tandem::store {

// The tables of the store itself.
[[nodiscard]] Schema own_schema();

// Creates `directory` (0700) where it is missing; refuses one that others can enter (kind invalid).
[[nodiscard]] Result<void> private_directory(const std::string& directory);
// Held as long as the file is open. Kind conflict when another process has it.
[[nodiscard]] Result<File> take_lock(const std::string& directory);
// Drafts of a process that died where they had names.
[[nodiscard]] Result<void> clean_spool(const std::string& spool);

struct Recovered {
  SegmentWriter::Position last;     // where appending goes on; segment 0: with a new one
  std::uint32_t next = 1;           // the number of the next new segment
  std::vector<std::string> damage;  // one sentence per segment that lacks what was committed
};
// Cuts off what was never committed and removes segments that were compacted away. With `repair`
// false it only looks.
[[nodiscard]] Result<Recovered> recover_segments(Sql& sql, const std::string& directory,
                                                 bool repair);

}  // namespace tandem::store
