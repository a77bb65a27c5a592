#include "lib/store/draft.hpp"

#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/text.hpp"
#include "lib/store/digest.hpp"
#include "lib/store/file.hpp"
#include "lib/store/record.hpp"

namespace tandem::store {

struct BlobDraft::State {
  std::string spool;
  std::size_t in_memory;
  std::string tail;  // what is not in the file
  File file;
  std::uint64_t in_file = 0;
  Sha256 sha;
  std::vector<std::uint32_t> checksums;  // the last one of a piece that is not full yet

  [[nodiscard]] std::uint64_t size() const { return in_file + tail.size(); }
  void digest(std::string_view bytes);
  Result<void> spill();
};

void BlobDraft::State::digest(std::string_view bytes) {
  sha.add(bytes);
  auto filled = size() % record::piece;
  while (!bytes.empty()) {
    if (filled == 0) checksums.push_back(0);
    const auto part = bytes.substr(0, record::piece - filled);
    checksums.back() = crc32(part, checksums.back());
    bytes.remove_prefix(part.size());
    filled = 0;
  }
}

namespace {

// A file without a name; where the file system has no such thing, one whose name is removed at
// once.
Result<File> unnamed_file(const std::string& directory) {
  if (auto file = File::open(directory, O_TMPFILE | O_RDWR)) return file;
  auto path = directory + "/" + hex_encode(random_bytes(12));
  auto file = File::open(path, O_CREAT | O_EXCL | O_RDWR);
  if (file) ::unlink(path.c_str());
  return file;
}

}  // namespace

Result<void> BlobDraft::State::spill() {
  if (!file.is_open()) {
    auto opened = unnamed_file(spool);
    if (!opened) return fail(std::move(opened.error()));
    file = std::move(*opened);
  }
  if (auto written = file.write(tail, in_file, "store.spool"); !written) return written;
  in_file += tail.size();
  tail.clear();
  return {};
}

BlobDraft::BlobDraft(std::string spool_directory, std::size_t in_memory)
    : state_(std::make_unique<State>(std::move(spool_directory), in_memory)) {}
BlobDraft::BlobDraft(BlobDraft&&) noexcept = default;
BlobDraft& BlobDraft::operator=(BlobDraft&&) noexcept = default;
BlobDraft::~BlobDraft() = default;

Result<void> BlobDraft::append(std::string_view bytes) {
  if (bytes.size() > largest - state_->size())
    return fail(ErrorKind::limit, "a message of more than 2 GiB cannot be stored");
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, state_->in_memory - state_->tail.size());
    state_->digest(part);
    state_->tail += part;
    bytes.remove_prefix(part.size());
    if (bytes.empty() && !spilled()) break;
    if (state_->tail.size() < state_->in_memory) continue;
    if (auto spilt = state_->spill(); !spilt) return spilt;
  }
  return {};
}

std::uint64_t BlobDraft::size() const {
  return state_->size();
}
std::string BlobDraft::digest() const {
  return state_->sha.value();
}
bool BlobDraft::spilled() const {
  return state_->file.is_open();
}
std::vector<std::uint32_t> BlobDraft::checksums() const {
  return state_->checksums;
}

Result<std::string> BlobDraft::read(std::uint64_t offset, std::uint64_t length) const {
  offset = std::min(offset, size());
  length = std::min(length, size() - offset);
  std::string bytes;
  if (offset < state_->in_file) {
    bytes.resize(std::min(length, state_->in_file - offset));
    if (auto got = state_->file.read(bytes, offset); !got) return fail(std::move(got.error()));
    offset += bytes.size();
    length -= bytes.size();
  }
  if (length > 0) bytes += std::string_view(state_->tail).substr(offset - state_->in_file, length);
  return bytes;
}

Result<std::string_view> BlobDraft::view(std::uint64_t offset, std::uint64_t length,
                                         std::string& room) const {
  offset = std::min(offset, size());
  if (offset >= state_->in_file)
    return std::string_view(state_->tail).substr(offset - state_->in_file, length);
  auto bytes = read(offset, length);
  if (!bytes) return fail(std::move(bytes.error()));
  room = std::move(*bytes);
  return room;
}

}  // namespace tandem::store
