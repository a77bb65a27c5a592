// Several folders of one account at a time, over further connections: the same as one after the
// other, and no more connections than may be.
#include "sync/folder_queue.hpp"
#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

using server::test::letter;

// As many as folders, if there are messages in them.
void allow_lanes(TwoSides& two) {
  two.world->options.lane_messages = 1;
}

std::string name_of_folder(int number) {
  return number == 0 ? "INBOX" : "Folder " + std::to_string(number);
}

Task<void> make_folders(TwoSides& two, int folders) {
  const auto there = co_await two.client(old_side);
  for (int number = 1; number < folders; ++number) {
    const std::string name = name_of_folder(number);
    (void)co_await there->create(name);  // or it is there
  }
}

Task<void> fill(TwoSides& two, int folders, int messages) {
  co_await make_folders(two, folders);
  for (int number = 0; number < folders; ++number)
    for (int at = 0; at < messages; ++at) {
      const std::string subject = std::to_string(number * 100 + at);
      co_await two.put(old_side, letter(subject, std::string(400, 'a') + "\r\n"), "\\Seen",
                       name_of_folder(number));
    }
}

void check_alike(TwoSides& two, int folders, std::size_t messages) {
  for (int number = 0; number < folders; ++number) {
    INFO(name_of_folder(number));
    CHECK(two.mailbox(old_side, name_of_folder(number)).size() == messages);
    CHECK(two.mailbox(old_side, name_of_folder(number)) ==
          two.mailbox(new_side, name_of_folder(number)));
  }
}

void count_from_here(TwoSides& two) {
  for (const Side side : {old_side, new_side}) {
    two.at(side).connections = 0;
    two.at(side).heard_by.clear();
    two.at(side).heard.clear();
    two.at(side).listen = true;
  }
}

Task<void> several_at_a_time(TwoSides& two, std::size_t expected) {
  co_await fill(two, 6, 10);
  count_from_here(two);
  const auto report = co_await two.pass();
  CHECK(report.copied == 60);
  CHECK(report.matched == 60);
  CHECK(two.at(old_side).connections == expected);
  CHECK(two.at(new_side).connections == expected);
  // Each has brought at least one folder: ten messages of more than 400 bytes.
  CHECK(std::ranges::count_if(two.at(new_side).heard_by, [](const std::string& heard) {
          return heard.size() > 4000;
        }) == static_cast<std::ptrdiff_t>(expected));
  check_alike(two, 6, 10);
  count_from_here(two);
  CHECK((co_await two.pass()).copied == 0);
  CHECK(two.at(old_side).connections == 1);
}

Task<void> no_more_let_in(TwoSides& two, Side side) {
  co_await fill(two, 4, 10);
  count_from_here(two);
  two.at(side).most_connections = 1;
  const auto report = co_await two.pass();
  CHECK(report.copied == 40);
  CHECK(report.skipped == 0);
  check_alike(two, 4, 10);
}

// What is moved at home into folders that are being copied is moved on the mirror too.
Task<void> moved_meanwhile(TwoSides& two) {
  co_await fill(two, 2, 10);
  co_await two.pass();
  co_await make_folders(two, 5);
  const auto there = co_await two.client(old_side);
  const std::string inbox("INBOX");
  for (const int number : {2, 3}) {
    REQUIRE(co_await there->select(inbox));
    imap::SequenceSet set;
    set.add(static_cast<Uid>(number));
    const std::string name = name_of_folder(number);
    REQUIRE(co_await there->move(set, name));
  }
  for (const int number : {2, 3, 4})
    for (const auto* subject : {"x", "y"})
      co_await two.put(old_side, letter(subject), "", name_of_folder(number));
  count_from_here(two);
  co_await two.pass();
  CHECK(two.at(new_side).connections > 1);
  // Afterwards, by the pass's own connection.
  CHECK(two.heard(new_side, " MOVE ") == 2);
  for (std::size_t lane = 1; lane < two.at(new_side).heard_by.size(); ++lane)
    CHECK(two.at(new_side).heard_by[lane].find(" MOVE ") == std::string::npos);
  for (int number = 0; number < 5; ++number)
    CHECK(two.mailbox(old_side, name_of_folder(number)) ==
          two.mailbox(new_side, name_of_folder(number)));
  CHECK(two.mailbox(new_side).size() == 8);
}

// All connections of a side break after so many bytes.
Task<void> broken(TwoSides& two, Side side, std::uint64_t byte) {
  co_await fill(two, 4, 5);
  two.heal();
  two.at(side).cut_after = byte;
  (void)co_await two.world->sync->run_delta(two.world->account, old_side);
  two.heal();
  const auto report = co_await two.pass();
  CHECK(report.matched == 20);
  check_alike(two, 4, 5);
}

// A further connection breaks in the middle of a folder: the others go on, and do what it left.
Task<void> one_breaks(TwoSides& two, Side side, std::string_view when) {
  co_await fill(two, 4, 10);
  count_from_here(two);
  two.at(side).breaks = 2;
  two.at(side).breaks_at = when;
  const auto report = co_await two.pass();
  CHECK(two.at(side).connections == 4);  // none was opened again: the pass did not fail
  CHECK(report.matched == 40);
  CHECK(report.skipped == 0);
  check_alike(two, 4, 10);
}

}  // namespace

TEST_CASE("Lanes: folders are copied several at a time, as many as slots are free") {
  for (const auto& [slots, expected] :
       std::initializer_list<std::pair<std::size_t, std::size_t>>{{1, 1}, {2, 2}, {4, 4}, {9, 6}}) {
    INFO(slots << " slots");
    TwoSides two;
    allow_lanes(two);
    two.world->options.accounts_at_once = slots;
    two.run(several_at_a_time(two, expected));
  }
}

TEST_CASE(
    "Lanes: half of the connections that a provider lets an account have are left to people") {
  for (const Side side : {old_side, new_side})
    for (const auto& [limit, expected] : std::initializer_list<std::pair<unsigned, std::size_t>>{
             {1, 1}, {4, 1}, {6, 2}, {10, 4}, {100, 6}}) {
      INFO(limit << " at the " << migration::name_of(side));
      TwoSides two;
      allow_lanes(two);
      two.world->options.accounts_at_once = 9;
      auto& settings = two.world->settings;
      (side == old_side ? settings.old_side : settings.new_side).connection_limit = limit;
      two.run(several_at_a_time(two, expected));
    }
}

TEST_CASE("Lanes: few messages are not worth a connection") {
  TwoSides two;
  two.run(several_at_a_time(two, 1));
}

TEST_CASE("Lanes: a side that lets no more connections in is copied from over one") {
  for (const Side side : {old_side, new_side}) {
    TwoSides two;
    allow_lanes(two);
    two.run(no_more_let_in(two, side));
  }
}

TEST_CASE("Lanes: what is moved between folders is moved, not copied") {
  TwoSides two;
  allow_lanes(two);
  two.run(moved_meanwhile(two));
}

TEST_CASE("Lanes: all connections of a side break at byte n") {
  for (const Side side : {old_side, new_side})
    for (std::uint64_t byte = 0; byte < 14000; byte += 523) {
      INFO("cut after " << byte << " bytes");
      TwoSides two;
      allow_lanes(two);
      two.run(broken(two, side, byte));
    }
}

TEST_CASE("Lanes: one further connection breaks") {
  for (const auto& [side, when] : std::initializer_list<std::pair<Side, std::string_view>>{
           {old_side, "SELECT"}, {old_side, "FETCH"}, {new_side, "CREATE"}, {new_side, "APPEND"}}) {
    INFO(migration::name_of(side) << " at " << when);
    TwoSides two;
    allow_lanes(two);
    two.run(one_breaks(two, side, when));
  }
}

TEST_CASE("Lanes: INBOX first, then parents, then what has most messages") {
  FolderQueue queue;
  queue.add(0, {"INBOX"}, 5);
  queue.add(1, {"Archive"}, 1);
  queue.add(2, {"Archive", "2024"}, 900);
  queue.add(3, {"Sent"}, 40);
  queue.add(4, {"Small"}, 7);
  CHECK(queue.beside_the_largest() == 53);
  CHECK(queue.take() == 0);
  CHECK(queue.take() == std::nullopt);
  queue.set_known(0);
  CHECK(queue.take() == 3);
  CHECK(queue.take() == 4);
  CHECK(queue.take() == 1);
  CHECK(queue.take() == std::nullopt);
  queue.set_known(1);
  CHECK(queue.take() == 2);
  CHECK(queue.take() == std::nullopt);
}

TEST_CASE("Lanes: nothing else begins while INBOX is not known, were it over") {
  FolderQueue queue;
  queue.add(0, {"INBOX"}, 5);
  queue.add(1, {"Archive"}, 1);
  queue.add(2, {"Archive", "2024"}, 9);
  CHECK(queue.take() == 0);
  SECTION("known and over") {
    queue.set_known(0);
    queue.set_over(0);
    CHECK(queue.take() == 1);
    queue.set_over(1);  // it was made, or cannot be
    CHECK(queue.take() == 2);
  }
  SECTION("over without") {
    queue.set_over(0);
    CHECK(queue.take() == std::nullopt);
  }
}

TEST_CASE("Lanes: a queue that was ended gives nothing") {
  FolderQueue queue;
  queue.add(0, {"INBOX"}, 5);
  queue.end();
  CHECK(queue.take() == std::nullopt);
}

}  // namespace tandem::sync
