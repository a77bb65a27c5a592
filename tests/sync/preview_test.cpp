// The preview of folders: it says what the next pass does, and does nothing itself.
#include "migration/folder_preview.hpp"
#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

using migration::NameChange;
using migration::PairedBy;
using migration::PlannedFolder;
using migration::WhyLeftOut;
using server::test::letter;

Task<migration::FolderPreview> preview(TwoSides& two) {
  auto made = co_await two.world->sync->preview_folders(two.world->account);
  if (!made) FAIL(made.error().to_string());
  co_return *made;
}

PlannedFolder find(const migration::FolderPreview& made, std::string_view name) {
  const auto found = std::ranges::find(made.folders, name, &PlannedFolder::name);
  REQUIRE(found != made.folders.end());
  return *found;
}

Task<void> create(TwoSides& two, Side side, std::string name) {
  const auto user = co_await two.client(side);
  REQUIRE(co_await user->create(name));
}

Task<void> before_and_after(TwoSides& two) {
  for (const std::string name : {"Kunden", "a^b", "tmp"}) {
    co_await create(two, old_side, name);
    co_await two.put(old_side, letter(name), "", name);
  }
  co_await two.put(old_side, letter("1"));
  two.at(old_side).listen = two.at(new_side).listen = true;
  const auto first = co_await preview(two);
  CHECK(first.home == old_side);
  for (const Side side : {old_side, new_side})
    for (const auto* word : {"CREATE", "APPEND", "SELECT", "STORE", "SUBSCRIBE"})
      CHECK(two.heard(side, word) == 0);
  CHECK(find(first, "INBOX").by == PairedBy::inbox);
  CHECK(find(first, "INBOX").exists);
  CHECK(find(first, "INBOX").messages == 1U);
  const auto mapped = find(first, "Kunden");
  CHECK(mapped.other_name == "Customers");
  CHECK(mapped.by == PairedBy::map);
  CHECK(mapped.line == "Kunden -> Customers");
  CHECK_FALSE(mapped.exists);
  const auto unfit = find(first, "a^b");
  CHECK(unfit.other_name == "a＾b");
  CHECK(unfit.change == NameChange::unfit);
  const auto excluded = find(first, "tmp");
  CHECK(excluded.left_out == WhyLeftOut::excluded);
  CHECK(excluded.line == "tmp");
  CHECK(excluded.messages == 1U);
  CHECK(excluded.other_name.empty());
  CHECK_FALSE(co_await two.world->sync->preview_folders(two.world->account + 1));

  co_await two.pass();
  for (const PlannedFolder& folder : first.folders) {
    INFO(folder.name);
    if (!folder.left_out)
      CHECK(two.mailbox(new_side, folder.other_name) == two.mailbox(old_side, folder.name));
  }
  CHECK(two.mailbox(new_side, "tmp").empty());
  const auto second = co_await preview(two);
  REQUIRE(second.folders.size() == first.folders.size());
  for (const PlannedFolder& folder : second.folders) {
    INFO(folder.name);
    CHECK(folder.other_name == find(first, folder.name).other_name);
    if (folder.left_out) continue;
    CHECK(folder.by == PairedBy::known);
    CHECK(folder.exists);
    CHECK(folder.unheeded_line.empty());
  }
}

// The line comes when Kunden has been copied.
Task<void> too_late(TwoSides& two) {
  co_await create(two, old_side, "Kunden");
  co_await two.put(old_side, letter("k"), "", "Kunden");
  co_await two.pass();
  two.world->close();
  two.world->settings.sync.map = {{"Kunden", "Customers"}};
  co_await two.world->open();
  const auto kept = find(co_await preview(two), "Kunden");
  CHECK(kept.other_name == "Kunden");
  CHECK(kept.unheeded_line == "Kunden -> Customers");
  CHECK((co_await two.pass()).copied == 0);
  CHECK(two.mailbox(new_side, "Kunden").size() == 1);
  // What people are told to do.
  const auto user = co_await two.client(new_side);
  const std::string from("Kunden");
  const std::string to("Customers");
  REQUIRE(co_await user->rename(from, to));
  CHECK((co_await two.pass()).copied == 0);
  const auto moved = find(co_await preview(two), "Kunden");
  CHECK(moved.other_name == "Customers");
  CHECK(moved.unheeded_line.empty());
  CHECK(two.mailbox(new_side, "Customers").size() == 1);
  CHECK(two.mailbox(new_side, "Kunden").empty());
}

}  // namespace

TEST_CASE("A preview of folders says what the pass does, and changes nothing") {
  TwoSides two;
  two.world->settings.sync.map = {{"Kunden", "Customers"}};
  two.world->settings.sync.exclude = {"tmp"};
  two.world->settings.sync.new_names.refused = {"^"};
  two.run(before_and_after(two));
}

TEST_CASE(
    "A map line that comes after the first copy is named, with the folder that keeps its place") {
  TwoSides two;
  two.run(too_late(two));
}

}  // namespace tandem::sync
