// Gmail's other peculiarities: what it does with \Deleted, and that archiving is no deletion.
#include "lib/base/log.hpp"
#include "migration/deletion_reasons.hpp"
#include "migration/deletions.hpp"
#include "tests/sync/model/town.hpp"

namespace tandem::sync::model {
namespace {

constexpr int our_home = 0;
constexpr int our_mirror = 1;
constexpr const char* everything = "[Gmail]/All Mail";

std::string short_letter(int content) {
  return "From: a@b.example\r\nSubject: " + std::to_string(content) + "\r\n\r\nx\r\n";
}

Task<void> use_gmail(Town& town, int gmail) {
  co_await town.move_in(2);  // the mirror tells removals by VANISHED
  town.mailbox(gmail).has_labels = true;
  for (const int side : {our_home, our_mirror})
    REQUIRE(town.mailbox(side).create("Work") != nullptr);
  paper::Folder* const all = town.mailbox(gmail).create(everything);
  REQUIRE(all != nullptr);
  all->attributes = "\\All";
}

// In All Mail, and in folders.
void give_labels(Town& town, int content, std::initializer_list<const char*> labels,
                 std::string bytes = "") {
  if (bytes.empty()) bytes = short_letter(content);
  const auto uid = town.put(our_home, everything, std::move(bytes), 0, 1'700'000'000 + content);
  for (const char* name : labels) town.carry(our_home, everything, uid, name, false);
}

Task<migration::DeltaReport> look_again(Town& town) {
  const auto done = co_await town.world->sync->run_delta(town.world->account, Side::old_side);
  if (!done) FAIL(done.error().to_string());
  co_return *done;
}

std::vector<int> copies_in_order(Town& town, const std::string& folder) {
  std::vector<int> all;
  for (const Letter& letter : town.read(our_mirror, folder)) all.push_back(letter.content);
  std::ranges::sort(all);
  return all;
}

using Numbers = std::vector<int>;

bool is_deleted(const paper::Message& message) {
  return std::ranges::find(message.flags, "\\Deleted") != message.flags.end();
}

void mark_deleted(Town& town, int side, std::uint32_t uid) {
  paper::Folder& inbox = town.folder(side, "INBOX");
  paper::Message* const message = inbox.find(uid);
  REQUIRE(message != nullptr);
  message->flags.emplace_back("\\Deleted");
  inbox.touch(*message);
}

// Marked before it is copied, and afterwards: it is in its owner's folder, and so it is there.
Task<void> marked_at_home(Town& town) {
  co_await use_gmail(town, our_mirror);
  for (const int content : {1, 2})
    town.put(our_home, "INBOX", short_letter(content), 0, 1'700'000'000);
  mark_deleted(town, our_home, 1);
  co_await look_again(town);
  CHECK(copies_in_order(town, "INBOX") == Numbers{1, 2});
  mark_deleted(town, our_home, 2);
  town.set_flags(our_home, "INBOX", 1, seen);  // and not marked any more
  for (int look = 0; look < 3; ++look) co_await look_again(town);
  CHECK(copies_in_order(town, "INBOX") == Numbers{1, 2});
  CHECK(town.read(our_mirror, "INBOX")[0].flags == seen);
  CHECK(std::ranges::none_of(town.folder(our_mirror, "INBOX").messages, is_deleted));
  CHECK(is_deleted(town.folder(our_home, "INBOX").messages[1]));
  CHECK((co_await look_again(town)).flags_changed == 0);
}

// Marked on the other side, it stays where its owner reads it.
Task<void> marked_on_mirror(Town& town) {
  co_await use_gmail(town, our_home);
  give_labels(town, 1, {"INBOX"});
  co_await look_again(town);
  co_await look_again(town);
  mark_deleted(town, our_mirror, 1);
  for (int look = 0; look < 2; ++look) co_await look_again(town);
  CHECK(town.read(our_home, "INBOX").size() == 1);
  CHECK(town.read(our_mirror, "INBOX").size() == 1);
}

migration::DeletionReport deletions_of(Town& town) {
  const auto report = town.world->sync->deletions(town.world->account, 100);
  REQUIRE(report);
  return *report;
}

// 1 is archived, 2 deleted for good, 3 taken out of one of two folders, 4 stays.
Task<void> archived_at_home(Town& town) {
  co_await use_gmail(town, our_home);
  give_labels(town, 1, {"INBOX"});
  give_labels(town, 2, {"INBOX"});
  give_labels(town, 3, {"INBOX", "Work"});
  give_labels(town, 4, {"INBOX"});
  co_await look_again(town);
  for (const std::uint32_t uid : {1, 2, 3}) town.remove(our_home, "INBOX", uid);
  town.remove(our_home, everything, 2);
  for (int look = 0; look < 3; ++look) co_await look_again(town);
  CHECK(copies_in_order(town, "INBOX") == Numbers{1, 4});
  CHECK(copies_in_order(town, "Work") == Numbers{3});
  CHECK(copies_in_order(town, std::string(migration::quarantine_folder)) == Numbers{2, 3});
  const auto report = deletions_of(town);
  REQUIRE(report.messages.size() == 3);
  std::size_t spared = 0;
  for (const auto& one : report.messages) {
    if (one.state != "left_alone") continue;
    ++spared;
    CHECK(one.why == migration::archived.en);
  }
  CHECK(spared == 1);
}

// Archived, or put off for later, and back in the INBOX: the copy that stayed is the same message.
Task<void> back_from_the_archive(Town& town) {
  co_await use_gmail(town, our_home);
  for (const int content : {1, 2}) give_labels(town, content, {"INBOX"});
  co_await look_again(town);
  town.remove(our_home, "INBOX", 1);
  for (int look = 0; look < 3; ++look) co_await look_again(town);
  CHECK(copies_in_order(town, "INBOX") == Numbers{1, 2});
  const auto back = town.carry(our_home, everything, 1, "INBOX", false);
  town.set_flags(our_home, "INBOX", back, flagged);
  CHECK((co_await look_again(town)).copied == 0);
  CHECK(copies_in_order(town, "INBOX") == Numbers{1, 2});
  CHECK(town.read(our_mirror, "INBOX")[0].flags == flagged);
  CHECK((co_await look_again(town)).flags_changed == 0);
  town.remove(our_home, "INBOX", back);
  town.remove(our_home, everything, 1);  // and now it is deleted
  for (int look = 0; look < 3; ++look) co_await look_again(town);
  const bool carries = town.world->settings.sync.propagate_deletes;
  CHECK(copies_in_order(town, "INBOX") == (carries ? Numbers{2} : Numbers{1, 2}));
}

// What came by the gateway was not downloaded: its id is learned all the same.
Task<void> archived_after_gateway(Town& town) {
  co_await use_gmail(town, our_home);
  give_labels(town, 1, {"INBOX"});
  co_await look_again(town);
  const std::string bytes = "Received: from a.example by tandem.example with ESMTP id " +
                            std::string(26, 'b') + "\r\n" + short_letter(2);
  town.put(our_mirror, "INBOX", bytes, 0, 1'700'000'002);
  give_labels(town, 2, {"INBOX"}, bytes);
  co_await look_again(town);
  CHECK(copies_in_order(town, "INBOX") == Numbers{1, 2});
  town.remove(our_home, "INBOX", 2);
  for (int look = 0; look < 3; ++look) co_await look_again(town);
  CHECK(copies_in_order(town, "INBOX") == Numbers{1, 2});
  REQUIRE(deletions_of(town).messages.size() == 1);
  CHECK(deletions_of(town).messages[0].why == migration::archived.en);
}

// All Mail can be hidden from IMAP: nobody can tell.
Task<void> hidden_all_mail(Town& town) {
  co_await use_gmail(town, our_home);
  give_labels(town, 1, {"INBOX"});
  town.mailbox(our_home).remove(everything);
  co_await look_again(town);
  town.remove(our_home, "INBOX", 1);
  for (int look = 0; look < 3; ++look) co_await look_again(town);
  CHECK(copies_in_order(town, "INBOX") == Numbers{1});
  REQUIRE(deletions_of(town).messages.size() == 1);
  CHECK(deletions_of(town).messages[0].why == migration::perhaps_archived.en);
}

void with_gmail(std::function<Task<void>(Town&)> life, bool propagates = false) {
  log::start(log::Level::off);
  config::SyncSettings settings;
  settings.propagate_deletes = propagates;
  Town town(settings);
  town.run(life(town));
}

}  // namespace

TEST_CASE("Gmail: what has \\Deleted at home stays in its folder") {
  with_gmail(marked_at_home);
}
TEST_CASE("Gmail: \\Deleted on the other side takes nothing out of home's folder") {
  with_gmail(marked_on_mirror);
}
TEST_CASE("Gmail: what is archived is not deleted") {
  with_gmail(archived_at_home, true);
}
TEST_CASE("Gmail: what comes back from the archive is the message that it was") {
  with_gmail(back_from_the_archive, GENERATE(false, true));
}
TEST_CASE("Gmail: what came by the gateway and is archived is not deleted") {
  with_gmail(archived_after_gateway, true);
}
TEST_CASE("Gmail: where All Mail is hidden nothing is taken for deleted") {
  with_gmail(hidden_all_mail, true);
}

}  // namespace tandem::sync::model
