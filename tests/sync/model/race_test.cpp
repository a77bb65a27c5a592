// What comes between two steps of a pass: a message that is moved at home while it looks was not
// removed; a copy is ours also if the process died in the window in which home's folder was
// numbered anew.
#include "lib/base/log.hpp"
#include "lib/net/wait.hpp"
#include "migration/deletions.hpp"
#include "tests/sync/model/town.hpp"

namespace tandem::sync::model {
namespace {

Task<void> moved_meanwhile(Town& town) {
  co_await town.move_in(1);
  const std::string text = "Subject: 1\r\n\r\nx\r\n";
  const auto uid = town.put(0, "Sent", text, seen, 1'700'000'000);
  const AccountId account = town.world->account;
  REQUIRE(co_await town.world->sync->run_delta(account, Side::old_side));
  REQUIRE(town.read(1, "Sent").size() == 1);
  // When the pass opens Sent, INBOX is behind it.
  town.put(0, "Sent", "Subject: 2\r\n\r\ny\r\n", seen, 1'700'000'001);
  bool moved = false;
  town.at(Side::old_side).on_hearing = [&](std::string_view bytes) {
    if (moved || !bytes.contains("SELECT") || !bytes.contains("Sent")) return;
    moved = true;
    town.carry(0, "Sent", uid, "INBOX", true);
  };
  const auto done = co_await town.world->sync->run_delta(account, Side::old_side);
  town.at(Side::old_side).on_hearing = nullptr;
  REQUIRE(done);
  CHECK(moved);
  CHECK(done->quarantined == 0);
  CHECK(town.read(1, migration::quarantine_folder.data()).empty());
  CHECK(town.read(1, "INBOX").size() == 1);
  CHECK(town.read(1, "Sent").size() == 1);
  CHECK(done->copied == 1);
}

Task<void> died_behind_a_new_validity(Town& town, int person, const std::string& plan) {
  const auto account = co_await town.move_in(person);
  for (const int number : {1, 2, 3})
    town.put(0, "INBOX", fmt::format("Subject: {}\r\n\r\nx\r\n", number), seen, 1'700'000'000);
  REQUIRE(co_await town.world->sync->run_delta(account, Side::old_side));
  town.renumber(0, "INBOX");
  const auto uid = town.put(0, "INBOX", "Subject: 4\r\n\r\ny\r\n", seen, 1'700'000'001);
  REQUIRE(store::fault::arm(plan));
  (void)co_await town.world->sync->run_delta(account, Side::old_side);
  store::fault::disarm();
  while (town.sessions > 0) co_await net::yield_now();
  REQUIRE(co_await town.world->sync->run_delta(account, Side::old_side));
  CHECK(town.read(1, "INBOX").size() == 4);
  town.remove(0, "INBOX", uid);
  for (int looks = 0; looks < 2; ++looks)
    REQUIRE(co_await town.world->sync->run_delta(account, Side::old_side));
  CHECK(town.read(1, "INBOX").size() == 3);
  CHECK(town.read(1, migration::quarantine_folder.data()).size() == 1);
}

Task<void> died_at_any_commit(Town& town) {
  int person = 1;
  for (const std::string_view point : {"commit", "committed"})
    for (int number = 1; number < 16; ++number) {
      const std::string plan = fmt::format("sync.{}:{}+:EIO", point, number);
      INFO(plan);
      co_await died_behind_a_new_validity(town, person++, plan);
    }
}

std::string numbered_letter(int number) {
  return fmt::format("Subject: {}\r\n\r\nx\r\n", number);
}

// The connection breaks within the first APPEND: the batch is written down.
Task<void> break_a_batch(Town& town) {
  Faults& faults = town.at(Side::new_side);
  faults.poison = " APPEND ";
  CHECK_FALSE(co_await town.world->sync->run_delta(town.world->account, Side::old_side));
  CHECK(faults.poisoned > 0);
  faults.poison.clear();
  town.heal();
  while (town.sessions > 0) co_await net::yield_now();
}

// A server that goes on with what it got before the connection broke, one message after the other.
Task<void> goes_on_appending(Town& town) {
  constexpr int letters = 6;
  const auto account = co_await town.move_in(1);
  for (int number = 1; number <= letters; ++number)
    town.put(0, "INBOX", numbered_letter(number), 0, 1'700'000'000 + number);
  co_await break_a_batch(town);
  REQUIRE(town.read(1, "INBOX").empty());
  int arrived = 0;
  town.at(Side::new_side).on_hearing = [&](std::string_view bytes) {
    if (arrived == letters || !bytes.contains("NOOP")) return;
    ++arrived;
    town.put(1, "INBOX", numbered_letter(arrived), 0, 1'700'000'000 + arrived);
  };
  const auto done = co_await town.world->sync->run_delta(account, Side::old_side);
  town.at(Side::new_side).on_hearing = nullptr;
  REQUIRE(done);
  CHECK(arrived == letters);
  CHECK(done->copied == 0);
  CHECK(town.read(1, "INBOX").size() == letters);
}

// What is brought back lands among the UIDs of a batch that is open, and is like one of it.
Task<void> undone_meanwhile(Town& town) {
  const auto account = co_await town.move_in(1);
  const std::string letter = numbered_letter(1);
  town.put(0, "INBOX", letter, 0, 1'700'000'000);
  REQUIRE(co_await town.world->sync->run_delta(account, Side::old_side));
  town.remove(0, "INBOX", 1);
  for (int looks = 0; looks < 2; ++looks)
    REQUIRE(co_await town.world->sync->run_delta(account, Side::old_side));
  REQUIRE(town.read(1, migration::quarantine_folder.data()).size() == 1);
  town.put(0, "INBOX", letter, 0, 1'700'000'000);
  co_await break_a_batch(town);
  std::vector<std::int64_t> all;
  const auto undone = co_await town.world->sync->undo(account, std::move(all));
  REQUIRE(undone);
  CHECK(undone->restored == 1);
  auto done = co_await town.world->sync->run_delta(account, Side::old_side);
  REQUIRE(done);
  CHECK(done->copied == 0);  // home's is there again, and meets it
  CHECK(town.read(1, "INBOX").size() == 1);
  town.remove(0, "INBOX", 2);
  for (int looks = 0; looks < 3; ++looks) {
    done = co_await town.world->sync->run_delta(account, Side::old_side);
    REQUIRE(done);
    CHECK(done->copied + done->quarantined == 0);
  }
  CHECK(town.read(1, "INBOX").size() == 1);  // a person brought it back: no copy of ours
}

}  // namespace

TEST_CASE("Model: a server that goes on appending behind a broken connection doubles nothing") {
  log::start(log::Level::off);
  Town town({});
  town.run(goes_on_appending(town));
}

TEST_CASE("Model: what is brought back while a batch is open is not of that batch") {
  log::start(log::Level::off);
  config::SyncSettings settings;
  settings.propagate_deletes = true;
  Town town(settings);
  town.run(undone_meanwhile(town));
}

TEST_CASE("Model: what was copied behind a new UIDVALIDITY is ours, whenever the process dies") {
  log::start(log::Level::off);  // faults on purpose
  config::SyncSettings settings;
  settings.propagate_deletes = true;
  Town town(settings);
  town.run(died_at_any_commit(town));
}

TEST_CASE("Model: a message that is moved during a pass was not removed") {
  config::SyncSettings settings;
  settings.propagate_deletes = true;
  Town town(settings);
  town.run(moved_meanwhile(town));
}

}  // namespace tandem::sync::model
