// What comes between two steps of a pass: a message that is moved at home while it looks was not
// removed; a copy is ours also if the process died in the window in which home's folder was
// numbered anew.
#include "lib/base/log.hpp"
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

}  // namespace

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
