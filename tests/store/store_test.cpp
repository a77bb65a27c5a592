#include <sys/stat.h>
#include <unistd.h>

#include "tests/store/support.hpp"

namespace tandem::store::test {
namespace {

namespace fs = std::filesystem;

TEST_CASE("Files are the owner's alone, whatever the umask") {
  const Directory directory;
  const auto before = ::umask(0);
  {
    const auto store = must_open(directory.data);
    REQUIRE(store->committer().commit_blocking(delivery(*store, 1, message(1, 400'000))));
    CHECK(how_many(*store) == 1);
    int seen = 0;
    for (const auto& entry : fs::recursive_directory_iterator(directory.data)) {
      INFO(entry.path().string());
      CHECK((entry.status().permissions() & fs::perms(077)) == fs::perms::none);
      ++seen;
    }
    CHECK(seen >= 6);  // LOCK, the database, its WAL and index, two directories, a segment
  }
  ::umask(before);
}

TEST_CASE("A data directory that others can read is refused with what to do") {
  const Directory directory;
  must_open(directory.data).reset();
  fs::permissions(directory.data, fs::perms(0750));
  const auto store = Store::open(directory.data, schemas());
  REQUIRE(!store);
  CHECK(store.error().kind == ErrorKind::invalid);
  CHECK(store.error().next_step == "chmod 700 " + directory.data);
}

TEST_CASE("A second opener is told who has the directory; a reader may look beside it") {
  const Directory directory;
  auto store = must_open(directory.data);
  REQUIRE(store->committer().commit_blocking(delivery(*store, 1, "mail")));
  const auto second = Store::open(directory.data, schemas());
  REQUIRE(!second);
  CHECK(second.error().kind == ErrorKind::conflict);
  CHECK(second.error().what.find("process " + std::to_string(::getpid())) != std::string::npos);
  {
    StoreOptions look;
    look.read_only = true;
    const auto reader = must_open(directory.data, look);
    CHECK(how_many(*reader) == 1);
    CHECK(reader->blobs().read(find(*reader, 1).value()) == "mail");
    CHECK(!reader->committer().writable());
    CHECK(!reader->committer().commit_blocking(Unit()));
  }
  store.reset();
  must_open(directory.data);
}

}  // namespace
}  // namespace tandem::store::test
