// BlobDraft: bytes on their way to becoming a blob, of any size in bounded memory. Up to 256 KiB
// stay in memory; beyond, they go to a file without a name in `spool/`, which vanishes with the
// draft or the process. Made by Store::draft(); one thread at a time; moved into a Unit when
// complete.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"

namespace tandem::store {

class BlobDraft {
 public:
  static constexpr std::uint64_t largest = (std::uint64_t{1} << 31) - 1;

  explicit BlobDraft(std::string spool_directory, std::size_t in_memory = 256 * 1024);
  BlobDraft(BlobDraft&&) noexcept;
  BlobDraft& operator=(BlobDraft&&) noexcept;
  ~BlobDraft();

  // Kinds: storage (temporary when the disk is full), limit (more than `largest`). After an error
  // the draft can only be dropped.
  [[nodiscard]] Result<void> append(std::string_view bytes);
  [[nodiscard]] std::uint64_t size() const;
  // SHA-256 of what was appended so far, 32 bytes raw.
  [[nodiscard]] std::string digest() const;
  // Reads back, `length` bytes from `offset`, fewer where it ends.
  [[nodiscard]] Result<std::string> read(std::uint64_t offset, std::uint64_t length) const;
  // The same, without a copy where the bytes are in memory; else they are put into `room`. Good
  // until the draft or `room` changes.
  [[nodiscard]] Result<std::string_view> view(std::uint64_t offset, std::uint64_t length,
                                              std::string& room) const;
  [[nodiscard]] bool spilled() const;
  // One CRC-32 per 32 KiB, as the record wants them.
  [[nodiscard]] std::vector<std::uint32_t> checksums() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tandem::store
