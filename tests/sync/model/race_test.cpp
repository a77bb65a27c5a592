// A message that is moved at home while a pass looks: it is gone from one folder, and the other was
// looked at before. It was not removed.
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

}  // namespace

TEST_CASE("Model: a message that is moved during a pass was not removed") {
  config::SyncSettings settings;
  settings.propagate_deletes = true;
  Town town(settings);
  town.run(moved_meanwhile(town));
}

}  // namespace tandem::sync::model
