// Folder pairs between servers of different makers.
#include "sync/folders.hpp"

#include <catch2/catch.hpp>

namespace tandem::sync {
namespace {

using migration::NameChange;
using migration::PairedBy;
using migration::Side;
using migration::WhyLeftOut;

struct Listed {
  std::string name;
  SpecialUse use = SpecialUse::none;
  bool selectable = true;
};

SideFolders side(std::string prefix, char delimiter, const std::vector<Listed>& listed) {
  SideFolders made;
  made.naming = {std::move(prefix), delimiter};
  for (const Listed& one : listed) {
    Folder& folder = made.folders.emplace_back();
    folder.name = one.name;
    folder.path = made.naming.path_of(one.name);
    folder.use = one.use;
    folder.selectable = one.selectable;
  }
  return made;
}

std::string mirror_of(const std::vector<FolderPair>& pairs, std::string_view home) {
  for (const FolderPair& pair : pairs)
    if (pair.home->name == home) return pair.mirror_name;
  return "(none)";
}

std::vector<FolderPair> paired(const SideFolders& home, const SideFolders& mirror,
                               const config::SyncSettings& settings = {},
                               Side home_side = Side::old_side) {
  return pair_folders(home, mirror, {}, settings, home_side);
}

}  // namespace

TEST_CASE("Courier to a flat namespace") {
  const auto home = side("INBOX.", '.', {{"INBOX.Sent"}, {"INBOX"}, {"INBOX.a.b"}, {"INBOX.a"}});
  const auto mirror = side("", '/', {{"INBOX"}, {"Sent", SpecialUse::sent}});
  const auto pairs = paired(home, mirror);
  REQUIRE(pairs.size() == 4);
  CHECK(pairs[0].mirror_name == "INBOX");
  CHECK(pairs[0].mirror != nullptr);
  CHECK(mirror_of(pairs, "INBOX.Sent") == "Sent");
  CHECK(mirror_of(pairs, "INBOX.a.b") == "a/b");
  CHECK(paired(mirror, home).size() == 2);
}

TEST_CASE("Folders below INBOX go below the prefix, and keep apart") {
  const auto home = side("", '/', {{"INBOX"}, {"INBOX/Sub"}, {"Sub"}});
  const auto mirror = side("INBOX.", '.', {{"INBOX"}});
  const auto pairs = paired(home, mirror);
  CHECK(mirror_of(pairs, "Sub") == "INBOX.Sub");
  CHECK(mirror_of(pairs, "INBOX/Sub") == "INBOX.Sub (2)");
}

TEST_CASE("A delimiter inside a name is replaced") {
  const auto home = side("INBOX.", '.', {{"INBOX.見積書/2024"}});
  CHECK(mirror_of(paired(home, side("", '/', {})), "INBOX.見積書/2024") == "見積書／2024");
  const auto other = side("", '/', {{"Ver 1.2/x"}});
  CHECK(mirror_of(paired(other, side("INBOX.", '.', {})), "Ver 1.2/x") == "INBOX.Ver 1-2.x");
}

TEST_CASE("SPECIAL-USE first, then the names people's servers use") {
  const auto home = side("", '/',
                         {{"送信済みアイテム"},
                          {"ごみ箱"},
                          {"下書き", SpecialUse::drafts},
                          {"送信トレイ"},
                          {"迷惑メール/古い"},
                          {"迷惑メール"}});
  const auto mirror = side("", '/',
                           {{"Sent", SpecialUse::sent},
                            {"Trash", SpecialUse::trash},
                            {"Entwürfe", SpecialUse::drafts},
                            {"Junk"}});
  const auto pairs = paired(home, mirror);
  CHECK(mirror_of(pairs, "送信済みアイテム") == "Sent");
  CHECK(mirror_of(pairs, "ごみ箱") == "Trash");
  CHECK(mirror_of(pairs, "下書き") == "Entwürfe");
  CHECK(mirror_of(pairs, "送信トレイ") == "送信トレイ");
  CHECK(mirror_of(pairs, "迷惑メール") == "Junk");
  CHECK(mirror_of(pairs, "迷惑メール/古い") == "Junk/古い");
}

TEST_CASE("Two folders of one use: the second keeps its name") {
  const auto home = side("", '/', {{"Sent Messages"}, {"Sent", SpecialUse::sent}});
  const auto pairs = paired(home, side("", '/', {{"Sent", SpecialUse::sent}}));
  CHECK(mirror_of(pairs, "Sent") == "Sent");
  CHECK(mirror_of(pairs, "Sent Messages") == "Sent Messages");
}

TEST_CASE("map and exclude have the last word, children included, in both directions") {
  config::SyncSettings settings;
  settings.map = {{"Kunden", "営業部/顧客"}};
  settings.exclude = {"tmp"};
  const auto old_side = side("", '.', {{"Kunden.A"}, {"tmp"}, {"tmp.x"}, {"tmpx"}});
  const auto new_side = side("", '/', {{"営業部/顧客/A"}});
  const auto pairs = paired(old_side, new_side, settings);
  CHECK(pairs.size() == 2);
  CHECK(mirror_of(pairs, "Kunden.A") == "営業部/顧客/A");
  CHECK(mirror_of(pairs, "tmpx") == "tmpx");
  const auto back = paired(new_side, old_side, settings, Side::new_side);
  CHECK(mirror_of(back, "営業部/顧客/A") == "Kunden.A");
}

TEST_CASE("What is excluded on the old side is so, too, when the new side is home") {
  config::SyncSettings settings;
  settings.exclude = {"ごみ箱", "tmp", "Kunden.alt", "Weg"};
  settings.map = {{"Kunden", "営業部/顧客"}};
  const auto old_side = side("INBOX.", '.',
                             {{"INBOX"},
                              {"INBOX.ごみ箱"},
                              {"INBOX.ごみ箱.x"},
                              {"INBOX.tmp"},
                              {"INBOX.Kunden.alt"},
                              {"INBOX.Weg"},
                              {"INBOX.Bleibt"}});
  const auto new_side = side("", '/',
                             {{"INBOX"},
                              {"Trash", SpecialUse::trash},
                              {"Trash/x"},
                              {"tmp"},
                              {"営業部/顧客/alt"},
                              {"営業部/顧客/neu"},
                              {"Woanders"},
                              {"ごみ箱"}});
  const std::vector<KnownPair> known = {{"Woanders", "INBOX.Weg"}};
  const auto back = pair_folders(new_side, old_side, known, settings, Side::new_side);
  CHECK(mirror_of(back, "Trash") == "(none)");            // by its use
  CHECK(mirror_of(back, "Trash/x") == "(none)");          // below it
  CHECK(mirror_of(back, "tmp") == "(none)");              // by the same name
  CHECK(mirror_of(back, "営業部/顧客/alt") == "(none)");  // by the map line
  CHECK(mirror_of(back, "Woanders") == "(none)");         // by the ledger
  CHECK(mirror_of(back, "営業部/顧客/neu") == "INBOX.Kunden.neu");
  CHECK(mirror_of(back, "INBOX") == "INBOX");
  const auto forth = paired(old_side, new_side, settings);
  CHECK(mirror_of(forth, "INBOX.Bleibt") == "Bleibt");
  CHECK(forth.size() == 2);
}

TEST_CASE("A counterpart's name is not given to another folder, also when the first has gone") {
  const auto home = side("", '/', {{"INBOX"}, {"Sent"}, {"Neu"}, {"alt"}});
  const auto mirror = side("", '/', {{"INBOX"}, {"Sent", SpecialUse::sent}, {"Neu"}});
  config::SyncSettings settings;
  settings.map = {{"Neu", "Alt"}};
  const std::vector<KnownPair> known = {{"送信済みアイテム", "Sent"}, {"Weg", "Alt"}};
  const auto pairs = pair_folders(home, mirror, known, settings, Side::old_side);
  CHECK(mirror_of(pairs, "Sent") == "Sent (2)");
  CHECK(mirror_of(pairs, "Neu") == "Alt (2)");
  CHECK(mirror_of(pairs, "alt") == "alt (3)");  // (2) differs from "Alt (2)" in case alone
  CHECK(mirror_of(pairs, "INBOX") == "INBOX");
}

TEST_CASE("What the other side refuses in names is replaced, what it reserves numbered") {
  config::SyncSettings settings;
  settings.new_names = {{"^", "\"", "\\", "  "}, {"Files"}};
  const auto home = side("", '.',
                         {{"a^b"},
                          {"say \"x\""},
                          {"c:\\d"},
                          {"two   spaces"},
                          {" around "},
                          {"files"},
                          {"FILES.x"},
                          {"Work.Files"}});
  const auto plan = plan_folders(home, side("", '/', {{"INBOX"}}), {}, settings, Side::old_side);
  CHECK(mirror_of(plan.pairs, "a^b") == "a＾b");
  CHECK(mirror_of(plan.pairs, "say \"x\"") == "say ＂x＂");
  CHECK(mirror_of(plan.pairs, "c:\\d") == "c:＼d");
  CHECK(mirror_of(plan.pairs, "two   spaces") == "two spaces");
  CHECK(mirror_of(plan.pairs, " around ") == "around");
  CHECK(mirror_of(plan.pairs, "files") == "files (2)");
  CHECK(mirror_of(plan.pairs, "FILES.x") == "FILES (2)/x");
  CHECK(mirror_of(plan.pairs, "Work.Files") == "Work/Files");
  for (const FolderPair& pair : plan.pairs) {
    const bool taken = pair.home->name == "files" || pair.home->name == "FILES.x";
    const bool kept = pair.home->name == "Work.Files";
    const auto change = taken ? NameChange::taken : kept ? NameChange::none : NameChange::unfit;
    INFO(pair.home->name);
    CHECK(pair.change == change);
  }
  // The names are those of the side that is copied to.
  const auto back = plan_folders(home, side("", '/', {}), {}, settings, Side::new_side);
  CHECK(mirror_of(back.pairs, "a^b") == "a^b");
}

TEST_CASE("A plan says why each folder has its counterpart, and why others have none") {
  config::SyncSettings settings;
  settings.map = {{"Kunden", "営業部"}, {"Alt", "Archiv"}, {"Doppelt", "営業部"}};
  settings.exclude = {"tmp"};
  const auto home = side("", '/',
                         {{"INBOX"},
                          {"Kunden/A"},
                          {"Alt"},
                          {"Gesendet", SpecialUse::sent},
                          {"ごみ箱"},
                          {"Sonst"},
                          {"tmp/x"},
                          {"Alles", SpecialUse::all},
                          {"Oben", SpecialUse::none, false}});
  const auto mirror =
      side("", '/', {{"INBOX"}, {"Sent", SpecialUse::sent}, {"Trash", SpecialUse::trash}});
  const std::vector<KnownPair> known = {{"Alt", "Alt"}};
  const auto plan = plan_folders(home, mirror, known, settings, Side::old_side);
  const auto pair_of = [&](std::string_view name) {
    const auto found = std::ranges::find_if(
        plan.pairs, [name](const FolderPair& pair) { return pair.home->name == name; });
    REQUIRE(found != plan.pairs.end());
    return *found;
  };
  CHECK(pair_of("INBOX").by == PairedBy::inbox);
  CHECK(pair_of("Kunden/A").by == PairedBy::map);
  CHECK(pair_of("Kunden/A").map == &settings.map[0]);
  CHECK(pair_of("Gesendet").by == PairedBy::special_use);
  CHECK(pair_of("ごみ箱").by == PairedBy::name);
  CHECK(pair_of("Sonst").by == PairedBy::path);
  CHECK(pair_of("Sonst").mirror == nullptr);
  // A line that came too late.
  CHECK(pair_of("Alt").mirror_name == "Alt");
  CHECK(pair_of("Alt").by == PairedBy::known);
  CHECK(pair_of("Alt").map == &settings.map[1]);
  REQUIRE(plan.left_out.size() == 3);
  for (const LeftOut& one : plan.left_out) {
    INFO(one.home->name);
    if (one.home->name == "tmp/x") {
      CHECK(one.why == WhyLeftOut::excluded);
      CHECK(one.exclude == &settings.exclude[0]);
    } else {
      CHECK(one.exclude == nullptr);
      CHECK(one.why == (one.home->selectable ? WhyLeftOut::virtual_one : WhyLeftOut::no_messages));
    }
  }
  // Once it is where the line says, also under a number, the line is heeded.
  const std::vector<KnownPair> there = {{"Alt", "Archiv"}, {"Kunden/A", "営業部/A (2)"}};
  for (const FolderPair& pair : pair_folders(home, mirror, there, settings, Side::old_side))
    if (pair.by == PairedBy::known) CHECK(pair.map == nullptr);
}

TEST_CASE("INBOX stays INBOX where a map line names it for another folder") {
  config::SyncSettings settings;
  settings.map = {{"Eingang", "INBOX"}};
  const auto home = side("", '/', {{"Eingang"}, {"INBOX"}});
  const auto pairs = paired(home, side("", '/', {{"INBOX"}}), settings);
  CHECK(mirror_of(pairs, "INBOX") == "INBOX");
  CHECK(mirror_of(pairs, "Eingang") == "INBOX (2)");
  settings.map = {{"INBOX", "Alt/Eingang"}};
  const auto moved = paired(home, side("", '/', {{"INBOX"}}), settings);
  CHECK(mirror_of(moved, "INBOX") == "Alt/Eingang");
}

TEST_CASE("What was decided once is not decided again; virtual folders are left out") {
  const auto home =
      side("", '/', {{"Sent"}, {"All", SpecialUse::all}, {"X", SpecialUse::none, false}});
  const auto mirror = side("", '/', {{"Sent", SpecialUse::sent}, {"Elsewhere"}});
  const std::vector<KnownPair> known = {{"Sent", "Elsewhere"}};
  const auto pairs = pair_folders(home, mirror, known, {}, Side::old_side);
  REQUIRE(pairs.size() == 1);
  CHECK(pairs[0].mirror_name == "Elsewhere");
}

TEST_CASE("Names that differ in case alone keep apart where the mirror may not tell them apart") {
  const auto home = side("", '/', {{"Work"}, {"work"}, {"work/a"}});
  const auto pairs = paired(home, side("", '/', {}));
  CHECK(mirror_of(pairs, "Work") == "Work");
  CHECK(mirror_of(pairs, "work") == "work (2)");
  CHECK(mirror_of(pairs, "work/a") == "work (2)/a");
  const auto there = paired(home, side("", '/', {{"Work"}, {"work"}}));
  CHECK(mirror_of(there, "work") == "work");
}

TEST_CASE("No two folders share a mirror") {
  const auto home = side("", '/', {{"a.b"}, {"a-b"}, {" a-b"}});
  const auto pairs = paired(home, side("", '.', {}));
  CHECK(mirror_of(pairs, "a.b") != mirror_of(pairs, "a-b"));
  CHECK(mirror_of(pairs, " a-b") != mirror_of(pairs, "a-b"));
}

}  // namespace tandem::sync
