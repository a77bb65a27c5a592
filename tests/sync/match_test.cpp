// match and diff against slow references, by the thousand.
#include "sync/match.hpp"

#include <map>
#include <random>
#include <set>

#include <catch2/catch.hpp>

#include "sync/diff.hpp"

namespace tandem::sync {
namespace {

Identity identity(std::uint64_t number) {
  Identity made;
  made.words = {number, number};
  return made;
}

struct Made {
  std::vector<Candidate> all;
  std::vector<std::string> traces;  // owns
};

Made make(std::mt19937& random, std::size_t count, unsigned kinds, bool with_traces) {
  Made made;
  made.traces.reserve(count);
  for (std::size_t at = 0; at < count; ++at) {
    Candidate one;
    one.index = at;
    one.uid = static_cast<Uid>(at + 1);
    one.identity = identity(random() % (kinds + 1));  // 0: not known
    one.date = static_cast<std::int64_t>(random() % 3);
    made.traces.push_back(with_traces && random() % 4 == 0 ? std::to_string(random() % 5) : "");
    one.trace = made.traces.back();
    made.all.push_back(one);
  }
  return made;
}

std::map<Identity, std::size_t> count_identities(const std::vector<Candidate>& all) {
  std::map<Identity, std::size_t> counts;
  for (const Candidate& one : all)
    if (one.identity.known()) ++counts[one.identity];
  return counts;
}

// Every pair shares a key, nobody is in two pairs, and no two that are left share one.
void check_invariants(const Made& left, const Made& right, const std::vector<Match>& found) {
  std::set<std::size_t> left_taken;
  std::set<std::size_t> right_taken;
  for (const Match& pair : found) {
    CHECK(left_taken.insert(pair.left).second);
    CHECK(right_taken.insert(pair.right).second);
    const Candidate& a = left.all[pair.left];
    const Candidate& b = right.all[pair.right];
    CHECK(((!a.trace.empty() && a.trace == b.trace) ||
           (a.identity.known() && a.identity == b.identity)));
  }
  for (const Candidate& a : left.all) {
    if (left_taken.contains(a.index)) continue;
    for (const Candidate& b : right.all) {
      if (right_taken.contains(b.index)) continue;
      CHECK_FALSE((!a.trace.empty() && a.trace == b.trace));
      CHECK_FALSE((a.identity.known() && a.identity == b.identity));
    }
  }
}

}  // namespace

TEST_CASE("Random multisets pair on counts") {
  std::mt19937 random(20261124);
  for (int round = 0; round < 2000; ++round) {
    const unsigned kinds = 1 + random() % 6;
    const Made left = make(random, random() % 12, kinds, false);
    const Made right = make(random, random() % 12, kinds, false);
    const auto found = match(left.all, right.all);
    check_invariants(left, right, found);
    std::size_t expected = 0;
    const auto there = count_identities(right.all);
    for (const auto& [key, count] : count_identities(left.all))
      if (const auto same = there.find(key); same != there.end())
        expected += std::min(count, same->second);
    CHECK(found.size() == expected);
  }
}

TEST_CASE("Random multisets with trace ids leave no two equal ones alone") {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    const unsigned kinds = 1 + random() % 6;
    const Made left = make(random, random() % 12, kinds, true);
    const Made right = make(random, random() % 12, kinds, true);
    check_invariants(left, right, match(left.all, right.all));
  }
}

TEST_CASE("A trace id decides before the digest does") {
  const std::vector<Candidate> left = {{0, 1, identity(5), "", 0}, {1, 2, identity(5), "t", 0}};
  const std::vector<Candidate> right = {{0, 1, identity(9), "t", 0}};
  const auto found = match(left, right);
  REQUIRE(found.size() == 1);
  CHECK(found[0].left == 1);
}

TEST_CASE(
    "A young message with a trace id waits for its own copy: an equal one without is its twin") {
  const auto with = [](bool young) {
    return std::vector<Candidate>{{0, 1, identity(5), "t", 1000, young}};
  };
  const std::vector<Candidate> twin = {{0, 1, identity(5), "", 1000}};
  CHECK(match(with(true), twin).empty());
  CHECK(match(twin, with(true)).empty());
  CHECK(match(with(true), with(true)).size() == 1);
  CHECK(match(with(false), twin).size() == 1);  // a host that takes our Received line away
  Item item;
  item.look = Look{{}, {}, "t"};
  item.date.unix_seconds = 1000;
  CHECK(is_young(item, 1000));
  CHECK_FALSE(is_young(item, 1001));
  item.look = Look();
  CHECK_FALSE(is_young(item, 1000));
}

TEST_CASE("Twins: those of one date meet, then the lower UIDs") {
  const std::vector<Candidate> left = {{0, 1, identity(5), "", 10}, {1, 2, identity(5), "", 20}};
  const std::vector<Candidate> right = {{0, 1, identity(5), "", 20}, {1, 2, identity(5), "", 30}};
  const auto found = match(left, right);
  REQUIRE(found.size() == 2);
  CHECK(found[0].right == 1);
  CHECK(found[1].right == 0);
}

namespace {

SideScan scan_of(const std::set<Uid>& uids, Uid from, std::mt19937& random) {
  SideScan scan;
  scan.complete_from = from;
  for (const Uid uid : uids) {
    if (uid < from && random() % 2 == 0) continue;  // of lower ones, some
    Item& item = scan.items.emplace_back();
    item.uid = uid;
    item.flags.system = static_cast<std::uint8_t>(random() % 4);
  }
  return scan;
}

}  // namespace

TEST_CASE("diff against its definition, random folders") {
  std::mt19937 random(99);
  for (int round = 0; round < 3000; ++round) {
    std::set<Uid> home;
    std::set<Uid> mirror;
    for (int at = 0; at < 12; ++at) {
      if (random() % 2 != 0) home.insert(1 + random() % 20);
      if (random() % 2 != 0) mirror.insert(1 + random() % 20);
    }
    std::vector<Row> rows;
    std::set<Uid> known_home;
    std::set<Uid> known_mirror;
    for (std::int64_t id = 1; id < 12; ++id) {
      Row row;
      row.id = id;
      row.home = random() % 21;
      row.mirror = random() % 21;
      if ((row.home == 0 && row.mirror == 0) || known_home.contains(row.home) ||
          known_mirror.contains(row.mirror))
        continue;
      row.home_gone = random() % 5 == 0;
      row.mirror_gone = random() % 5 == 0;
      if (row.home != 0) known_home.insert(row.home);
      if (row.mirror != 0) known_mirror.insert(row.mirror);
      row.flags.system = static_cast<std::uint8_t>(random() % 4);
      rows.push_back(row);
    }
    const std::vector<Uid> skipped = {3, 7};
    SideScan home_scan = scan_of(home, 1 + random() % 10, random);
    SideScan mirror_scan = scan_of(mirror, 1 + random() % 10, random);
    mirror_scan.settled_below = 1 + random() % 40;
    const FolderDiff found = diff(home_scan, mirror_scan, rows, skipped, {});

    std::vector<std::size_t> home_new;
    for (std::size_t at = 0; at < home_scan.items.size(); ++at) {
      const Uid uid = home_scan.items[at].uid;
      if (!known_home.contains(uid) && uid != 3 && uid != 7) home_new.push_back(at);
    }
    CHECK(found.home_new == home_new);
    std::vector<std::size_t> mirror_new;
    for (std::size_t at = 0; at < mirror_scan.items.size(); ++at)
      if (!known_mirror.contains(mirror_scan.items[at].uid)) mirror_new.push_back(at);
    CHECK(found.mirror_new == mirror_new);

    std::set<std::int64_t> gone;
    std::map<std::int64_t, std::uint8_t> changed;
    for (const Row& row : rows) {
      if (row.home == 0) continue;
      const auto h = std::ranges::find(home_scan.items, row.home, &Item::uid);
      const bool at_home = h != home_scan.items.end();
      const bool home_left = !at_home && row.home >= home_scan.complete_from;
      if (home_left && !row.home_gone) gone.insert(row.id);
      const auto m = std::ranges::find(mirror_scan.items, row.mirror, &Item::uid);
      const bool on_mirror = m != mirror_scan.items.end();
      const bool mirror_left = !on_mirror && row.mirror >= mirror_scan.complete_from;
      if (row.mirror == 0 || home_left || mirror_left || (!at_home && !on_mirror)) continue;
      if ((!at_home && row.home_gone) || (!on_mirror && row.mirror_gone)) continue;
      const std::uint8_t base = row.flags.system;
      const std::uint8_t a = at_home ? h->flags.system : base;
      const std::uint8_t b = on_mirror ? m->flags.system : base;
      if (a == base && b == base) continue;
      changed[row.id] = row.mirror >= mirror_scan.settled_below
                            ? a
                            : static_cast<std::uint8_t>(base ^ ((a ^ base) | (b ^ base)));
    }
    CHECK(std::set(found.home_gone.begin(), found.home_gone.end()) == gone);
    std::map<std::int64_t, std::uint8_t> changed_found;
    for (const FlagChange& change : found.flags) {
      changed_found[change.row] = change.now.system;
      CHECK((change.mirror_add.system & change.mirror_remove.system) == 0);
      CHECK((change.home_add.system & change.home_remove.system) == 0);
    }
    CHECK(changed_found == changed);
  }
}

TEST_CASE("Flags: keywords keep their spelling and compare without case") {
  Flags flags;
  for (const auto* word : {"\\Seen", "\\Recent", "$Label1", "$label1", "Wichtig"}) flags.add(word);
  CHECK(flags.system == Flags::seen);
  CHECK(flags.keywords.list() == Keywords::List{"$Label1", "Wichtig"});
  CHECK(Flags::keywords_from(flags.keyword_text()) == flags.keywords);
  CHECK(permitted(flags, {{"\\Seen", "$label1"}}).keywords.list() == Keywords::List{"$Label1"});
  CHECK(permitted(flags, {{"\\Seen", "\\*"}}) == flags);
  CHECK(permitted(flags, {{"\\Answered"}}).empty());
}

TEST_CASE("A message that was only listed costs little, and equal keywords are held once") {
  CHECK(sizeof(Item) <= 56);  // a million of them are held at a time, and as many rows
  CHECK(sizeof(Row) <= 64);
  Item item;
  CHECK(item.look->trace.empty());
  item.look = Look{identity(1), {}, "t"};
  Item copy = item;
  item.look = Look();
  CHECK(copy.look->trace == "t");
  CHECK(item.look->trace.empty());
  KeywordPool pool;
  Keywords a({"$Forwarded", "NonJunk"});
  Keywords b({"$Forwarded", "NonJunk"});
  CHECK(&a.list() != &b.list());
  CHECK(a == b);
  pool.share(a);
  pool.share(b);
  CHECK(&a.list() == &b.list());
  CHECK_FALSE(a == Keywords({"NonJunk"}));
}

TEST_CASE("An identity survives the ledger and tells sizes apart") {
  const auto digest = mail::digest_header("Subject: a\r\nFrom: b@c\r\n\r\n");
  const Identity one = identity_of(digest, 10);
  CHECK(one.known());
  CHECK(one != identity_of(digest, 11));
  CHECK(Identity::from_bytes(one.to_bytes()) == one);
  CHECK_FALSE(identity_of(mail::digest_header("X-Only: this\r\n\r\n"), 10).known());
}

}  // namespace tandem::sync
