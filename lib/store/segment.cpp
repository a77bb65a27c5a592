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
      at_{.segment = last.segment, .size = last.size, .next = next},
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
  const auto path = segment_path(directory_, at_.next);
  auto file = File::open(path, O_RDWR | O_CREAT | O_TRUNC);
  if (!file) return fail(std::move(file.error()));
  if (auto written = file->write(record::segment_start(at_.next), 0, "store.write"); !written) {
    ::unlink(path.c_str());
    return written;
  }
  if (grown_.contains(at_.segment)) finished_.emplace_back(at_.segment, std::move(file_));
  file_ = std::move(*file);
  at_ = {.segment = at_.next, .size = record::segment_header, .next = at_.next + 1};
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
  for (auto begun = to.next; begun < at_.next; ++begun) {
    ::unlink(segment_path(directory_, begun).c_str());
    grown_.erase(begun);
  }
  if (at_.segment != to.segment) {
    file_ = File();
    for (auto& [segment, file] : finished_)
      if (segment == to.segment) file_ = std::move(file);
    std::erase_if(finished_, [&](const auto& each) { return each.first >= to.segment; });
  }
  at_ = to;
  if (auto opened = open_last(); !opened || to.segment == 0) return;
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
  if (new_names_) {
    if (auto flushed = flush_directory(directory_); !flushed)
      return fail(std::move(flushed.error()));
    ++flushes;
  }
  grown_.clear();
  finished_.clear();
  new_names_ = false;
  return flushes;
}

Result<void> record_sizes(Sql& sql, const SegmentWriter::Sizes& sizes) {
  for (const auto& [segment, size] : sizes) {
    const auto done = sql.execute(
        "INSERT INTO store_segments (segment, size) VALUES ($1, $2)"
        " ON CONFLICT (segment) DO UPDATE SET size = excluded.size",
        segment, size);
    if (!done) return fail(done.error());
  }
  return {};
}

}  // namespace tandem::store
