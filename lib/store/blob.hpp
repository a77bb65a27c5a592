// Blobs: message bytes, written once, in append-only segment files `segments/NNNNNNNN.seg`.
// A record is: magic, length, SHA-256 and a checksum of these; the bytes; one CRC-32 per 32 KiB of
// them. So a part can be read and checked without the whole. What the database does not count as
// committed (store_segments) does not exist: it is cut off when the store is opened.
//
// A BlobRef is a blob's name for ever: when compaction moves the bytes, the ref stays good.
// Reading: any thread; synchronous (page cache or one disk access). Error kinds: not_found
// (released and compacted away), storage (unreadable, or the bytes are not those that were
// written).
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "lib/base/result.hpp"

namespace tandem::store {

class File;
class Sql;

struct BlobRef {
  std::uint32_t segment = 0;  // from 1; 0: no blob
  std::uint32_t offset = 0;   // of the record in the segment
  std::uint32_t size = 0;     // of the bytes

  explicit operator bool() const { return segment != 0; }
  auto operator<=>(const BlobRef&) const = default;

  // For SQL: two INTEGER columns (position unique, in storage order), or one TEXT column.
  [[nodiscard]] std::int64_t position() const {
    return static_cast<std::int64_t>(std::uint64_t{segment} << 32 | offset);
  }
  [[nodiscard]] static BlobRef at(std::int64_t position, std::int64_t size);
  [[nodiscard]] std::string to_text() const;  // "7-1024-5120"
  [[nodiscard]] static std::optional<BlobRef> from_text(std::string_view text);
};

// Reads a blob piece by piece in bounded memory. It keeps the bytes readable even if the blob is
// released and compacted meanwhile. One thread at a time.
class BlobReader {
 public:
  // The next piece, at most 32 KiB, checked; empty at the end. Good until the next call.
  [[nodiscard]] Result<std::string_view> next();
  // Continues at `offset` (at most size()).
  void seek(std::uint64_t offset);
  [[nodiscard]] std::uint64_t size() const { return size_; }
  [[nodiscard]] std::uint64_t position() const { return position_; }
  // SHA-256 of the bytes, 32 bytes raw, as recorded when they were written.
  [[nodiscard]] const std::string& digest() const { return digest_; }

 private:
  friend class Blobs;
  std::shared_ptr<const File> file_;
  std::uint64_t start_ = 0;  // of the bytes in the file
  std::uint64_t size_ = 0;
  std::uint64_t position_ = 0;
  std::string digest_;
  std::string piece_;
};

class Blobs {
 public:
  // Where a blob that compaction moved is now; nothing: never moved.
  using Resolve = std::function<Result<std::optional<std::int64_t>>(std::int64_t position)>;

  Blobs(std::string directory, Resolve resolve);
  ~Blobs();

  [[nodiscard]] Result<std::string> read(BlobRef ref) const;
  // `length` bytes from `offset`, fewer where the blob ends.
  [[nodiscard]] Result<std::string> read(BlobRef ref, std::uint64_t offset,
                                         std::uint64_t length) const;
  [[nodiscard]] Result<BlobReader> open(BlobRef ref) const;
  // Reads everything and compares the SHA-256.
  [[nodiscard]] Result<void> verify(BlobRef ref) const;

  // Walks the records in the first `size` bytes of a segment, without reading their bytes
  // (compaction, doctor). Stops with an error where the framing does not hold.
  using Visit = std::function<Result<void>(BlobRef location)>;
  [[nodiscard]] Result<void> walk(std::uint32_t segment, std::uint64_t size, Visit visit) const;
  // Forgets a segment whose file is gone.
  void forget(std::uint32_t segment);

 private:
  struct Cache;
  [[nodiscard]] Result<std::shared_ptr<const File>> segment_file(std::uint32_t segment) const;
  // The file that holds the blob now, and where in it.
  [[nodiscard]] Result<std::shared_ptr<const File>> locate(BlobRef& ref) const;
  std::string directory_;
  Resolve resolve_;
  std::unique_ptr<Cache> cache_;
};

// In the unit that drops the last reference to a blob: its space is counted as dead and is won back
// by compaction. Whoever shares a blob between several rows counts them. Harmless when repeated.
[[nodiscard]] Result<void> release(Sql& sql, BlobRef ref);

}  // namespace tandem::store
