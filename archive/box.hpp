// Box: one folder of an archive on disk, to be read, and to be written one message after the other.
// Blocking; one user at a time. Errors: kind storage, with the path.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "archive/content.hpp"

namespace tandem::archive {

enum class Format : std::uint8_t { maildir, mbox };

// A message of the server, as it is kept.
struct Kept {
  Origin origin;
  imap::DateTime date;
  sync::Flags flags;
};

class Box {
 public:
  virtual ~Box() = default;

  // In the order of its mailbox, as far as that can be told.
  [[nodiscard]] virtual Result<std::vector<Local>> list() = 0;

  // A message: begin, its bytes, end. It is in the box, and durable, after commit().
  [[nodiscard]] virtual Result<void> begin() = 0;
  [[nodiscard]] virtual Result<void> put(std::string_view bytes) = 0;
  [[nodiscard]] virtual Result<void> end(const Kept& kept) = 0;
  // What was begun and not ended goes.
  virtual void drop() = 0;
  [[nodiscard]] virtual Result<void> commit() = 0;

  // `local`, a message that we wrote, is this one of the server and has these flags. True: that was
  // news, and is written. Where flags are not written anew: never.
  [[nodiscard]] virtual Result<bool> renew(const Local& local, const Kept& kept) = 0;

  // Messages that list() left out because their writing was broken off.
  [[nodiscard]] virtual std::uint64_t incomplete() const { return 0; }

  // Keywords that the format could not hold, each once.
  [[nodiscard]] const std::vector<std::string>& without() const { return without_; }

 protected:
  std::vector<std::string> without_;
};

// What a full disk and the like mean to somebody who writes an archive.
[[nodiscard]] Error write_error(Error error);

}  // namespace tandem::archive
