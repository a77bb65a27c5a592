#include <fstream>

#include "tests/store/support.hpp"

namespace tandem::store::test {
namespace {

namespace fs = std::filesystem;

BlobRef put(Store& store, std::string_view bytes) {
  Unit unit;
  unit.blobs.push_back(store.draft());
  REQUIRE(unit.blobs[0].append(bytes));
  const auto refs = store.committer().commit_blocking(std::move(unit));
  REQUIRE(refs);
  return refs->at(0);
}

std::string segment(const Directory& directory, int number) {
  return directory.data + "/segments/0000000" + std::to_string(number) + ".seg";
}

void overwrite(const std::string& path, std::uint64_t at, std::string_view bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(at));
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  REQUIRE(file.good());
}

TEST_CASE("Blobs of all sizes are read back whole, in parts and piece by piece") {
  const Directory directory;
  constexpr std::size_t piece = 32 * 1024, memory = 256 * 1024;
  std::vector<std::pair<BlobRef, std::string>> all;
  {
    const auto store = must_open(directory.data);
    for (const std::size_t size : {std::size_t{0}, std::size_t{1}, piece - 1, piece, piece + 1,
                                   memory, memory + 1, std::size_t{3'000'000}}) {
      const auto bytes = message(static_cast<std::int64_t>(size), size);
      all.emplace_back(put(*store, bytes), bytes);
      CHECK(all.back().first.size == size);
    }
  }
  const auto store = must_open(directory.data);
  for (const auto& [ref, bytes] : all) {
    CHECK(store->blobs().read(ref) == bytes);
    CHECK(store->blobs().verify(ref));
    for (const std::size_t offset :
         {std::size_t{0}, std::size_t{1}, piece - 1, piece, bytes.size()})
      for (const std::size_t length : {std::size_t{0}, std::size_t{1}, piece, piece + 2})
        CHECK(store->blobs().read(ref, offset, length) ==
              bytes.substr(std::min(offset, bytes.size()), length));
    auto reader = store->blobs().open(ref);
    REQUIRE(reader);
    CHECK(reader->digest() == sha256(bytes));
    std::string joined;
    for (auto part = reader->next(); part && !part->empty(); part = reader->next()) {
      CHECK(part->size() <= piece);
      joined += *part;
    }
    CHECK(joined == bytes);
  }
}

TEST_CASE("A ref survives SQL and text; nonsense is no ref") {
  const BlobRef ref{7, 0xfffffff0U, 0x7fffffffU};
  CHECK(BlobRef::at(ref.position(), ref.size) == ref);
  CHECK(ref.position() > 0);
  CHECK(BlobRef::from_text(ref.to_text()) == ref);
  for (const auto* text : {"", "1-2", "0-1-2", "1-2-3-4", "1-2-4294967296", "1--2", "a-1-2"})
    CHECK(!BlobRef::from_text(text));
}

TEST_CASE("A draft knows its size and digest at any split, in memory and spilled") {
  const Directory directory;
  const auto store = must_open(directory.data);
  const auto bytes = message(1, 700'000);
  for (const std::size_t split : {std::size_t{1009}, std::size_t{40'000}, std::size_t{700'000}}) {
    auto draft = store->draft();
    for (std::size_t at = 0; at < bytes.size(); at += split) {
      REQUIRE(draft.append(std::string_view(bytes).substr(at, split)));
      CHECK(draft.spilled() == (draft.size() > 256 * 1024));
    }
    CHECK(draft.size() == bytes.size());
    CHECK(draft.digest() == sha256(bytes));
    CHECK(draft.read(0, 1 << 20) == bytes);
    CHECK(draft.read(262'100, 100) == bytes.substr(262'100, 100));
    CHECK(draft.read(700'000, 5) == "");
    CHECK(fs::is_empty(directory.data + "/spool"));  // the file has no name
    Unit unit;
    unit.blobs.push_back(std::move(draft));
    const auto refs = store->committer().commit_blocking(std::move(unit));
    REQUIRE(refs);
    CHECK(store->blobs().read(refs->at(0)) == bytes);
  }
}

TEST_CASE("A full segment is followed by a new one, also within one unit") {
  const Directory directory;
  StoreOptions options;
  options.committer.segment_bytes = 10'000;
  Unit unit;
  std::vector<std::string> bytes;
  {
    const auto store = must_open(directory.data, options);
    for (int i = 0; i < 5; ++i) {
      bytes.push_back(message(i, 6000));
      unit.blobs.push_back(store->draft());
      REQUIRE(unit.blobs.back().append(bytes.back()));
    }
    const auto refs = store->committer().commit_blocking(std::move(unit));
    REQUIRE(refs);
    CHECK(refs->front().segment == 1);
    CHECK(refs->back().segment == 3);
    for (std::size_t i = 0; i < 5; ++i) CHECK(store->blobs().read((*refs)[i]) == bytes[i]);
  }
  const auto store = must_open(directory.data, options);
  const auto ref = put(*store, "goes on");
  CHECK(ref.segment == 3);
  CHECK(store->blobs().read(ref) == "goes on");
}

TEST_CASE("A changed byte is found in its piece and nowhere else") {
  const Directory directory;
  const auto store = must_open(directory.data);
  const auto bytes = message(1, 100'000);
  const auto ref = put(*store, bytes);
  overwrite(segment(directory, 1), ref.offset + 44 + 50'000, "!");
  CHECK(store->blobs().read(ref).error().kind == ErrorKind::storage);
  CHECK(store->blobs().read(ref, 40'000, 100).error().kind == ErrorKind::storage);
  CHECK(store->blobs().verify(ref).error().kind == ErrorKind::storage);
  CHECK(store->blobs().read(ref, 0, 32'768) == bytes.substr(0, 32'768));
  CHECK(store->blobs().read(ref, 70'000, 100) == bytes.substr(70'000, 100));
  overwrite(segment(directory, 1), ref.offset + 4, "!");  // the length
  CHECK(store->blobs().read(ref, 0, 1).error().kind == ErrorKind::storage);
}

TEST_CASE("A ref that leads nowhere is an error, not a crash") {
  const Directory directory;
  const auto store = must_open(directory.data);
  const auto ref = put(*store, "here");
  CHECK(store->blobs().read(BlobRef{}).error().kind == ErrorKind::not_found);
  CHECK(store->blobs().read(BlobRef{9, 16, 4}).error().kind == ErrorKind::not_found);
  CHECK(store->blobs().read(BlobRef{1, 17, 4}).error().kind == ErrorKind::storage);
  CHECK(store->blobs().read(BlobRef{1, 0xffffff00U, 4}).error().kind == ErrorKind::storage);
  CHECK(store->blobs().read(BlobRef{1, ref.offset, 2'000'000'000}).error().kind ==
        ErrorKind::storage);
}

TEST_CASE("What was never committed is cut off when the store is opened") {
  const Directory directory;
  BlobRef ref;
  {
    const auto store = must_open(directory.data);
    ref = put(*store, "kept");
  }
  const auto size = fs::file_size(segment(directory, 1));
  overwrite(segment(directory, 1), size, "TmB1 half a rec");
  std::ofstream(segment(directory, 2)) << "a segment nobody committed to";
  std::ofstream(directory.data + "/spool/abandoned") << "draft";
  const auto store = must_open(directory.data);
  CHECK(fs::file_size(segment(directory, 1)) == size);
  CHECK(!fs::exists(segment(directory, 2)));
  CHECK(fs::is_empty(directory.data + "/spool"));
  CHECK(store->damage().empty());
  CHECK(store->blobs().read(ref) == "kept");
  CHECK(store->blobs().read(put(*store, "next")) == "next");
}

TEST_CASE("A segment that lost bytes is reported and never appended to") {
  const Directory directory;
  BlobRef first, second;
  {
    const auto store = must_open(directory.data);
    first = put(*store, "first");
    second = put(*store, "second");
  }
  fs::resize_file(segment(directory, 1), second.offset + 20);
  const auto store = must_open(directory.data);
  REQUIRE(store->damage().size() == 1);
  CHECK(store->blobs().read(first) == "first");
  CHECK(store->blobs().read(second).error().kind == ErrorKind::storage);
  const auto third = put(*store, "third");
  CHECK(third.segment == 2);
  CHECK(store->blobs().read(third) == "third");
}

}  // namespace
}  // namespace tandem::store::test
