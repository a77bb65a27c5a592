// Which deletions of a pass need a person's word.
#include "sync/brake.hpp"

#include <vector>

#include <catch2/catch.hpp>

namespace tandem::sync {
namespace {

using Folders = std::vector<FolderRemovals>;
using Ids = std::set<std::int64_t>;

FolderRemovals folder(std::int64_t id, std::uint64_t messages, std::uint64_t all) {
  return {.folder = id, .messages = messages, .all = all, .vanished = false, .held = false};
}

}  // namespace

TEST_CASE("Brake: 50 messages or 5 % of a folder, whichever is larger") {
  const BrakeLimits limits;
  CHECK(braked(Folders{folder(1, 50, 60)}, limits).empty());
  CHECK(braked(Folders{folder(1, 51, 60)}, limits) == Ids{1});
  CHECK(braked(Folders{folder(1, 500, 10'000)}, limits).empty());
  CHECK(braked(Folders{folder(1, 501, 10'000)}, limits) == Ids{1});
}

TEST_CASE("Brake: a folder with too many does not stop a large account's others") {
  const Folders folders{folder(1, 60, 100), folder(2, 3, 10'000)};
  CHECK(braked(folders, {}) == Ids{1});
}

TEST_CASE("Brake: many small folders are too many for the account") {
  Folders folders;
  for (std::int64_t id = 1; id <= 6; ++id) folders.push_back(folder(id, 9, 10));
  CHECK(braked(folders, {}).size() == 6);
  folders.pop_back();
  CHECK(braked(folders, {}).empty());
}

TEST_CASE("Brake: a folder that home does not list, or whose decision is awaited, always asks") {
  Folders folders{folder(1, 1, 1000), folder(2, 1, 1000), folder(3, 1, 1000)};
  folders[0].vanished = true;
  folders[2].held = true;
  CHECK(braked(folders, {}) == Ids{1, 3});
}

TEST_CASE("Brake: limits of zero ask for each") {
  CHECK(braked(Folders{folder(1, 1, 1000)}, {.messages = 0, .percent = 0}) == Ids{1});
  CHECK(braked(Folders{folder(1, 0, 1000)}, {.messages = 0, .percent = 0}).empty());
}

}  // namespace tandem::sync
