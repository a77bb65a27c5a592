#include "lib/store/blob.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fmt/core.h>
#include <map>
#include <mutex>
#include <shared_mutex>

#include "lib/base/text.hpp"
#include "lib/store/digest.hpp"
#include "lib/store/file.hpp"
#include "lib/store/record.hpp"
#include "lib/store/segment.hpp"
#include "lib/store/sql.hpp"

namespace tandem::store {

BlobRef BlobRef::at(std::int64_t position, std::int64_t size) {
  const auto bits = static_cast<std::uint64_t>(position);
  return {.segment = static_cast<std::uint32_t>(bits >> 32),
          .offset = static_cast<std::uint32_t>(bits),
          .size = static_cast<std::uint32_t>(size)};
}

std::string BlobRef::to_text() const {
  return fmt::format("{}-{}-{}", segment, offset, size);
}

std::optional<BlobRef> BlobRef::from_text(std::string_view text) {
  const auto parts = split(text, '-');
  if (parts.size() != 3) return std::nullopt;
  std::uint32_t numbers[3] = {};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto number = parse_number(parts[i]);
    if (!number || *number > 0xffffffffU) return std::nullopt;
    numbers[i] = static_cast<std::uint32_t>(*number);
  }
  if (numbers[0] == 0) return std::nullopt;
  return BlobRef{numbers[0], numbers[1], numbers[2]};
}

namespace {

std::unexpected<Error> broken(const File& file, std::uint64_t offset, std::string_view what) {
  return fail(Error{.kind = ErrorKind::storage,
                    .what = fmt::format("damaged blob in {} at {}: {}", file.path(), offset, what),
                    .next_step = "Run `tandemail doctor`, and check the disk"});
}

Result<record::Header> read_header(const File& file, std::uint64_t offset) {
  std::string bytes(record::header, '\0');
  if (auto got = file.read(bytes, offset); !got) return fail(std::move(got.error()));
  auto header = record::decode(bytes);
  if (!header) return broken(file, offset, "no record");
  return std::move(*header);
}

}  // namespace

Result<std::string_view> BlobReader::next() {
  if (position_ >= size_) return std::string_view();
  const auto index = position_ / record::piece;
  const auto from = index * record::piece;
  piece_.resize(std::min(record::piece, size_ - from));
  if (auto got = file_->read(piece_, start_ + from); !got) return fail(std::move(got.error()));
  std::string sum(4, '\0');
  if (auto got = file_->read(sum, start_ + size_ + 4 * index); !got)
    return fail(std::move(got.error()));
  if (crc32(piece_) != record::get_u32(sum)) return broken(*file_, start_ + from, "checksum");
  const auto skipped = position_ - from;
  position_ = from + piece_.size();
  return std::string_view(piece_).substr(skipped);
}

void BlobReader::seek(std::uint64_t offset) {
  position_ = std::min(offset, size_);
}

struct Blobs::Cache {
  std::shared_mutex mutex;
  std::map<std::uint32_t, std::shared_ptr<const File>> files;
};

namespace {
constexpr std::size_t open_segments = 256;
}

Blobs::Blobs(std::string directory, Resolve resolve)
    : directory_(std::move(directory)),
      resolve_(std::move(resolve)),
      cache_(std::make_unique<Cache>()) {}
Blobs::~Blobs() = default;

Result<std::shared_ptr<const File>> Blobs::segment_file(std::uint32_t segment) const {
  {
    const std::shared_lock lock(cache_->mutex);
    const auto found = cache_->files.find(segment);
    if (found != cache_->files.end()) return found->second;
  }
  auto file = File::open(segment_path(directory_, segment), O_RDONLY);
  if (!file) return fail(std::move(file.error()));
  auto shared = std::make_shared<const File>(std::move(*file));
  const std::lock_guard lock(cache_->mutex);
  if (cache_->files.size() >= open_segments) cache_->files.clear();
  return cache_->files.emplace(segment, std::move(shared)).first->second;
}

Result<std::shared_ptr<const File>> Blobs::locate(BlobRef& ref) const {
  if (!ref) return fail(ErrorKind::not_found, "no such blob");
  // Twice, since what one compaction moved another may be moving.
  const BlobRef name = ref;
  for (int attempt = 0;; ++attempt) {
    auto file = segment_file(ref.segment);
    if (file || file.error().kind != ErrorKind::not_found || attempt == 3) return file;
    auto moved = resolve_(name.position());
    if (!moved) return fail(std::move(moved.error()));
    if (!*moved) return fail(ErrorKind::not_found, "the blob " + name.to_text() + " is gone");
    ref = BlobRef::at(**moved, name.size);
  }
}

Result<BlobReader> Blobs::open(BlobRef ref) const {
  auto file = locate(ref);
  if (!file) return fail(std::move(file.error()));
  auto header = read_header(**file, ref.offset);
  if (!header) return fail(std::move(header.error()));
  if (header->size != ref.size) return broken(**file, ref.offset, "another size");
  BlobReader reader;
  reader.file_ = std::move(*file);
  reader.start_ = ref.offset + record::header;
  reader.size_ = ref.size;
  reader.digest_ = std::move(header->digest);
  return reader;
}

Result<std::string> Blobs::read(BlobRef ref) const {
  return read(ref, 0, ref.size);
}

Result<std::string> Blobs::read(BlobRef ref, std::uint64_t offset, std::uint64_t length) const {
  auto reader = open(ref);
  if (!reader) return fail(std::move(reader.error()));
  reader->seek(offset);
  length = std::min<std::uint64_t>(length, reader->size() - reader->position());
  std::string bytes;
  bytes.reserve(length);
  while (bytes.size() < length) {
    const auto piece = reader->next();
    if (!piece) return fail(piece.error());
    bytes += piece->substr(0, length - bytes.size());
  }
  return bytes;
}

Result<void> Blobs::verify(BlobRef ref) const {
  auto reader = open(ref);
  if (!reader) return fail(std::move(reader.error()));
  Sha256 sha;
  for (;;) {
    const auto piece = reader->next();
    if (!piece) return fail(piece.error());
    if (piece->empty()) break;
    sha.add(*piece);
  }
  if (sha.value() != reader->digest())
    return fail(ErrorKind::storage, "damaged blob " + ref.to_text() + ": SHA-256");
  return {};
}

Result<void> Blobs::walk(std::uint32_t segment, std::uint64_t size, Visit visit) const {
  const auto file = segment_file(segment);
  if (!file) return fail(file.error());
  for (auto offset = record::segment_header; offset < size;) {
    const auto header = read_header(**file, offset);
    if (!header) return fail(header.error());
    const BlobRef location{segment, static_cast<std::uint32_t>(offset), header->size};
    if (auto visited = visit(location); !visited) return visited;
    offset += record::framed(header->size);
  }
  return {};
}

void Blobs::forget(std::uint32_t segment) {
  const std::lock_guard lock(cache_->mutex);
  cache_->files.erase(segment);
}

namespace {

Result<void> mark_dead(Sql& sql, std::int64_t position, std::uint64_t size) {
  const auto segment = position >> 32;
  const auto marked = sql.execute(
      "INSERT INTO store_released (position, segment) VALUES ($1, $2) ON CONFLICT DO NOTHING",
      position, segment);
  if (!marked) return fail(marked.error());
  if (*marked == 0) return {};
  const auto counted = sql.execute("UPDATE store_segments SET dead = dead + $1 WHERE segment = $2",
                                   record::framed(size), segment);
  if (!counted) return fail(counted.error());
  return {};
}

}  // namespace

Result<void> release(Sql& sql, BlobRef ref) {
  if (!ref) return {};
  const auto moved =
      sql.integer("SELECT location FROM store_moved WHERE position = $1", ref.position());
  if (!moved) return fail(moved.error());
  if (*moved) {
    if (auto marked = mark_dead(sql, **moved, ref.size); !marked) return marked;
    const auto forgotten =
        sql.execute("DELETE FROM store_moved WHERE position = $1", ref.position());
    if (!forgotten) return fail(forgotten.error());
  }
  // Where it was written, if that segment is still there.
  const auto there =
      sql.integer("SELECT 1 FROM store_segments WHERE segment = $1 AND removed = 0", ref.segment);
  if (!there) return fail(there.error());
  return *there ? mark_dead(sql, ref.position(), ref.size) : Result<void>();
}

}  // namespace tandem::store
