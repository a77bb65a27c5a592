#include "lib/store/segment.hpp"

#include <algorithm>
#include <fcntl.h>
#include <fmt/core.h>
#include <unistd.h>

#include "lib/store/record.hpp"

namespace tandem::store {

std::string segment_path(const std::string& directory, std::uint32_t segment) {
  return fmt::format("{}/{:08}.seg", directory, segment);
}

SegmentWriter::SegmentWriter(std::string directory, Position last, std::uint32_t next,
                             std::uint64_t segment_bytes)
    : directory_(std::move(directory)),
      at_(last),
      next_(next),
      // Offsets are 32 bits.
      segment_bytes_(std::min<std::uint64_t>(segment_bytes, std::uint64_t{1} << 31)) {}

Result<void> SegmentWriter::open_last() {
  if (file_.is_open() || at_.segment == 0) return {};
  auto file = File::open(segment_path(directory_, at_.segment), O_RDWR);
  if (!file) return fail(std::move(file.error()));
  file_ = std::move(*file);
  return {};
}

Result<void> SegmentWriter::begin_segment() {
  const auto path = segment_path(directory_, next_);
  auto file = File::open(path, O_RDWR | O_CREAT | O_TRUNC);
  if (!file) return fail(std::move(file.error()));
  if (auto written = file->write(record::segment_start(next_), 0, "store.write"); !written) {
    ::unlink(path.c_str());
    return written;
  }
  if (grown_.contains(at_.segment)) finished_.emplace_back(at_.segment, std::move(file_));
  file_ = std::move(*file);
  at_ = {.segment = next_++, .size = record::segment_header};
  grown_[at_.segment] = at_.size;
  new_names_ = true;
  return {};
}

Result<void> SegmentWriter::write_record(const BlobDraft& draft) {
  constexpr std::uint64_t step = 256 * 1024;
  constexpr std::size_t small = 16 * 1024;
  auto bytes =
      record::encode({.size = static_cast<std::uint32_t>(draft.size()), .digest = draft.digest()});
  auto offset = at_.size;
  const auto write = [&](std::string_view what) -> Result<void> {
    auto written = file_.write(what, offset, "store.write");
    offset += what.size();
    return written;
  };
  std::string room;
  for (std::uint64_t done = 0; done < draft.size(); done += step) {
    const auto part = draft.view(done, step, room);
    if (!part) return fail(part.error());
    // A small one is copied, so that the record is written in one piece.
    if (part->size() <= small) {
      bytes += *part;
      continue;
    }
    if (!bytes.empty())
      if (auto written = write(bytes); !written) return written;
    bytes.clear();
    if (auto written = write(*part); !written) return written;
  }
  for (const auto sum : draft.checksums()) record::put_u32(bytes, sum);
  return write(bytes);
}

Result<BlobRef> SegmentWriter::append(const BlobDraft& draft) {
  if (auto opened = open_last(); !opened) return fail(std::move(opened.error()));
  if (at_.segment == 0 || at_.size >= segment_bytes_)
    if (auto begun = begin_segment(); !begun) return fail(std::move(begun.error()));
  if (auto written = write_record(draft); !written) {
    (void)file_.truncate(at_.size);  // if that fails too, the rest is overwritten or cut at open
    return fail(std::move(written.error()));
  }
  const BlobRef ref{at_.segment, static_cast<std::uint32_t>(at_.size),
                    static_cast<std::uint32_t>(draft.size())};
  at_.size += record::framed(draft.size());
  grown_[at_.segment] = at_.size;
  return ref;
}

void SegmentWriter::rewind(Position to) {
  while (at_.segment != to.segment) {  // segments begun after it
    ::unlink(segment_path(directory_, at_.segment).c_str());
    grown_.erase(at_.segment);
    --next_;
    file_ = File();
    at_ = to;
    if (finished_.empty()) break;
    at_.segment = finished_.back().first;
    file_ = std::move(finished_.back().second);
    finished_.pop_back();
  }
  at_ = to;
  if (!file_.is_open() || to.segment == 0) return;
  (void)file_.truncate(to.size);
  if (const auto grown = grown_.find(to.segment); grown != grown_.end()) grown->second = to.size;
}

Result<unsigned> SegmentWriter::flush() {
  unsigned flushes = 0;
  if (grown_.empty()) return flushes;
  for (auto& [segment, file] : finished_) {
    if (auto flushed = file.flush(); !flushed) return fail(std::move(flushed.error()));
    ++flushes;
  }
  if (auto flushed = file_.flush(); !flushed) return fail(std::move(flushed.error()));
  ++flushes;
  if (!new_names_) return flushes;
  if (auto flushed = flush_directory(directory_); !flushed) return fail(std::move(flushed.error()));
  return flushes + 1;
}

Result<void> SegmentWriter::record_sizes(Sql& sql) const {
  for (const auto& [segment, size] : grown_) {
    const auto done = sql.execute(
        "INSERT INTO store_segments (segment, size) VALUES ($1, $2)"
        " ON CONFLICT (segment) DO UPDATE SET size = excluded.size",
        segment, size);
    if (!done) return fail(done.error());
  }
  return {};
}

void SegmentWriter::settle() {
  grown_.clear();
  finished_.clear();
  new_names_ = false;
}

}  // namespace tandem::store
