// A file by its descriptor, with errors as values and every durable step a fault point. For
// lib/store. Reads and writes go to an offset, never to a shared position: any thread may read.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <utility>

#include "lib/base/result.hpp"

namespace tandem::store {

// Kind storage, temporary where waiting or making room can help.
[[nodiscard]] Error errno_error(const std::string& what, int code);

class File {
 public:
  File() = default;
  File(File&& other) noexcept : fd_(std::exchange(other.fd_, -1)), path_(std::move(other.path_)) {}
  File& operator=(File&& other) noexcept;
  ~File();

  // `flags` and `mode` as in open(2); O_CLOEXEC is added. Kind not_found when there is no such
  // file.
  [[nodiscard]] static Result<File> open(std::string path, int flags, mode_t mode = 0600);

  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] Result<std::uint64_t> size() const;

  // Reads exactly `into.size()` bytes; an earlier end is an error (storage).
  [[nodiscard]] Result<void> read(std::span<char> into, std::uint64_t offset) const;
  // Writes all. Fault point `step`.
  [[nodiscard]] Result<void> write(std::string_view bytes, std::uint64_t offset,
                                   std::string_view step);
  [[nodiscard]] Result<void> truncate(std::uint64_t size);
  // fdatasync. Fault point "store.fdatasync".
  [[nodiscard]] Result<void> flush();

 private:
  int fd_ = -1;
  std::string path_;
};

// Makes the names in a directory durable. Fault point "store.fsync_directory".
[[nodiscard]] Result<void> flush_directory(const std::string& directory);

}  // namespace tandem::store
