// Gmail as old side: folders are labels, and the bytes of a message that is in several of them are
// downloaded once. On the new side each folder has its copy, as it would be without that.
#include "lib/base/log.hpp"
#include "lib/net/wait.hpp"
#include "tests/sync/model/town.hpp"

namespace tandem::sync::model {
namespace {

constexpr int gmail = 0;
constexpr int target = 1;
constexpr std::array<const char*, 4> all_folders = {"INBOX", "Sent", "Trash", "Work"};

std::string letter_of(int content, std::size_t size = 500) {
  std::string text = "From: a@b.example\r\nMessage-ID: <" + std::to_string(content) +
                     "@b.example>\r\nSubject: " + std::to_string(content) + "\r\n\r\n";
  return text + std::string(size - text.size() - 2, 'x') + "\r\n";
}

// A message in several folders at home, as one that has several labels.
void deliver(Town& town, int content, std::initializer_list<const char*> labels,
             std::uint32_t flags = 0, std::size_t size = 500) {
  const std::vector<std::string> names(labels.begin(), labels.end());
  const std::string& first = names.front();
  const auto uid = town.put(gmail, first, letter_of(content, size), flags, 1'700'000'000 + content);
  for (const std::string& name : std::span(names).subspan(1))
    town.carry(gmail, first, uid, name, false);
}

Task<void> move_in(Town& town, int number = 1) {
  co_await town.move_in(number);
  town.mailbox(gmail).has_labels = true;
  for (const int side : {gmail, target}) REQUIRE(town.mailbox(side).create("Work") != nullptr);
}

// Seven copies of three messages.
Task<void> fill(Town& town, int number = 1) {
  co_await move_in(town, number);
  deliver(town, 1, {"INBOX", "Work", "Sent"}, seen | flagged | own);
  deliver(town, 2, {"INBOX"});
  deliver(town, 3, {"Work", "Sent", "Trash"}, seen | answered);
}

Task<migration::DeltaReport> pass(Town& town) {
  const auto done = co_await town.world->sync->run_delta(town.world->account, Side::old_side);
  if (!done) FAIL(done.error().to_string());
  co_return *done;
}

using Seen = std::tuple<std::string, std::int64_t, std::vector<std::string>>;

std::vector<Seen> contents(Town& town, int side, const std::string& folder) {
  std::vector<Seen> all;
  for (const paper::Message& one : town.folder(side, folder).messages) {
    std::vector<std::string> flags = one.flags;
    std::ranges::sort(flags);
    all.emplace_back(*one.bytes, one.date.unix_seconds, std::move(flags));
  }
  std::ranges::sort(all);
  return all;
}

void check_alike(Town& town) {
  for (const std::string folder : all_folders) {
    INFO(folder);
    CHECK(contents(town, gmail, folder) == contents(town, target, folder));
  }
}

// How often a word stands in what the target was sent.
std::size_t heard(Town& town, std::string_view word) {
  std::size_t count = 0;
  const std::string& text = town.at(Side::new_side).heard;
  for (auto at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

Task<void> once(Town& town) {
  town.at(Side::new_side).listen = true;
  const auto report = co_await pass(town);
  CHECK(report.copied == 7);
  CHECK(report.matched == 7);
  CHECK(town.mailbox(gmail).bodies_read == 3);
  CHECK(town.mailbox(target).bodies_read == 0);
  CHECK(heard(town, "APPEND ") == 3);
  CHECK(heard(town, "UID COPY ") == 4);
  check_alike(town);
  const auto again = co_await pass(town);
  CHECK(again.copied + again.flags_changed == 0);
  CHECK(town.mailbox(gmail).bodies_read == 3);
  const auto verified = co_await town.world->sync->verify(town.world->account, false);
  REQUIRE(verified);
  CHECK(verified->clean);
}

Task<void> first_copy(Town& town) {
  co_await fill(town);
  town.make_poor(Side::old_side);
  town.at(Side::new_side).replace = {{"MULTIAPPEND", "XULTIAPPEND"}};  // to count APPENDs
  co_await once(town);
}

// Some are there, from two folders, and some are not: the order stays.
Task<void> in_order(Town& town) {
  co_await move_in(town);
  for (int content = 1; content <= 30; ++content) {
    if (content % 3 == 0) deliver(town, content, {"Work"});
    if (content % 3 == 1) deliver(town, content, {"Work", "INBOX"});
    if (content % 3 == 2) deliver(town, content, {"Work", content % 2 == 0 ? "Sent" : "INBOX"});
  }
  town.at(Side::new_side).listen = true;
  co_await pass(town);
  CHECK(heard(town, "HEADER") == 0);
  CHECK(town.mailbox(gmail).bodies_read == 30);
  check_alike(town);
  const auto letters = town.read(target, "Work");
  CHECK(std::ranges::is_sorted(letters, {}, &Letter::content));
}

Task<void> without_uids(Town& town) {
  co_await fill(town);
  town.make_poor(Side::new_side);
  town.at(Side::new_side).replace.emplace_back("[COPYUID", "[XOPYUID");
  co_await once(town);
}

// More than one command holds. Where a copy could not be taken away, the first goes alone.
Task<void> many(Town& town, bool poor) {
  co_await move_in(town);
  if (poor) town.make_poor(Side::new_side);
  if (poor) town.at(Side::new_side).replace.emplace_back("[COPYUID", "[XOPYUID");
  town.at(Side::new_side).listen = true;
  for (int content = 1; content <= 200; ++content) deliver(town, content, {"INBOX", "Work"}, seen);
  CHECK((co_await pass(town)).copied == 400);
  CHECK(town.mailbox(gmail).bodies_read == 200);
  CHECK(heard(town, "UID COPY ") == (poor ? 3 : 2));
  check_alike(town);
}

Task<void> without_labels(Town& town) {
  co_await fill(town);
  town.mailbox(gmail).has_labels = false;
  town.at(Side::new_side).listen = true;
  CHECK((co_await pass(town)).copied == 7);
  CHECK(town.mailbox(gmail).bodies_read == 7);
  CHECK(heard(town, "UID COPY ") == 0);
  check_alike(town);
}

// A label that is given later; what somebody did to the copy that is there says nothing of it.
Task<void> later_label(Town& town) {
  co_await move_in(town);
  deliver(town, 1, {"INBOX"}, seen | own);
  deliver(town, 2, {"INBOX"}, flagged);
  co_await pass(town);
  town.carry(gmail, "INBOX", 1, "Work", false);
  town.carry(gmail, "INBOX", 2, "Work", false);
  town.set_flags(gmail, "Work", 2, answered);
  town.set_flags(target, "INBOX", 1, flagged);
  CHECK((co_await pass(town)).copied == 2);
  CHECK(town.mailbox(gmail).bodies_read == 2);
  check_alike(town);
  CHECK(town.read(target, "Work").at(0).flags == (seen | own));
  CHECK(town.read(target, "Work").at(1).flags == answered);
  CHECK((co_await pass(town)).flags_changed == 0);
}

// Somebody removes the copy when the target hears `word`.
Task<void> gone_meanwhile(Town& town, std::string word) {
  co_await move_in(town);
  deliver(town, 1, {"INBOX"});
  deliver(town, 2, {"INBOX"});
  co_await pass(town);
  town.carry(gmail, "INBOX", 1, "Work", false);
  town.carry(gmail, "INBOX", 2, "Work", false);
  bool removed = false;
  town.at(Side::new_side).on_hearing = [&](std::string_view bytes) {
    if (removed || !bytes.contains(word)) return;
    removed = true;
    town.remove(target, "INBOX", 1);
  };
  CHECK((co_await pass(town)).copied == 2);
  town.at(Side::new_side).on_hearing = nullptr;
  CHECK(removed);
  CHECK(town.mailbox(gmail).bodies_read == 3);
  CHECK(contents(town, gmail, "Work") == contents(town, target, "Work"));
  CHECK(town.read(target, "INBOX").size() == 1);
  co_await pass(town);
  CHECK(town.read(target, "INBOX").size() == 1);
  CHECK(town.read(target, "Work").size() == 2);
}

Task<void> refused(Town& town) {
  co_await fill(town);
  town.mailbox(target).copies = paper::Mailbox::Copies::refused;
  CHECK((co_await pass(town)).copied == 7);
  CHECK(town.mailbox(gmail).bodies_read == 7);
  check_alike(town);
  CHECK((co_await pass(town)).copied == 0);
}

Task<void> another_date(Town& town) {
  co_await fill(town);
  town.mailbox(target).copies = paper::Mailbox::Copies::of_another_date;
  CHECK((co_await pass(town)).copied == 7);
  CHECK(town.mailbox(gmail).bodies_read == 7);
  check_alike(town);
  CHECK((co_await pass(town)).copied == 0);
}

// It cannot be taken away again: one message in a folder has the date that the server gave it.
Task<void> another_date_for_good(Town& town) {
  co_await move_in(town);
  for (int content = 1; content < 6; ++content) deliver(town, content, {"INBOX", "Work"});
  town.make_poor(Side::new_side);
  town.mailbox(target).copies = paper::Mailbox::Copies::of_another_date;
  CHECK((co_await pass(town)).copied == 10);
  CHECK(town.mailbox(gmail).bodies_read == 9);
  CHECK(town.read(target, "Work").size() == 5);
  CHECK((co_await pass(town)).copied == 0);
}

// The target's folder was made anew, and nobody knows it yet: its UIDs are other messages.
Task<void> other_validity(Town& town) {
  co_await move_in(town);
  deliver(town, 1, {"Work"});
  deliver(town, 2, {"Work"});
  co_await pass(town);
  town.carry(gmail, "Work", 1, "INBOX", false);  // which is looked at before Work
  town.folder(target, "Work").validity += 100;
  std::swap(town.folder(target, "Work").messages[0].bytes,
            town.folder(target, "Work").messages[1].bytes);
  co_await pass(town);
  CHECK(contents(town, gmail, "INBOX") == contents(town, target, "INBOX"));
  CHECK(town.mailbox(gmail).bodies_read == 3);
}

// Home's folder was made anew: what its UIDs were says nothing any more. Same size, same date.
Task<void> renumbered(Town& town) {
  co_await move_in(town);
  for (const int content : {1, 2}) town.put(gmail, "Work", letter_of(content), 0, 1'700'000'000);
  co_await pass(town);
  paper::Folder& work = town.folder(gmail, "Work");
  const paper::Message first = work.messages[0];
  work.validity += 100;
  work.messages.erase(work.messages.begin());
  work.messages[0].uid = 1;
  co_await pass(town);
  paper::Message labelled = first;
  town.folder(gmail, "Sent").add(labelled);
  co_await pass(town);
  CHECK(contents(town, gmail, "Sent") == contents(town, target, "Sent"));
}

// Ids are a mailbox's own.
Task<void> two_people(Town& town) {
  for (const int person : {1, 2}) {
    co_await move_in(town, person);
    paper::Message message;
    message.id = 17;
    message.bytes = std::make_shared<const std::string>(letter_of(person));
    message.date.unix_seconds = 1'700'000'000;
    for (const std::string name : {"INBOX", "Work"}) town.folder(gmail, name).add(message);
    co_await pass(town);
    CHECK(town.mailbox(gmail).bodies_read == 1);
    check_alike(town);
  }
}

// 60,000 bytes in nine copies, 80,000 a day.
Task<void> counts_once(Town& town) {
  co_await move_in(town);
  for (const int content : {1, 2, 3})
    deliver(town, content, {"INBOX", "Sent", "Work"}, seen, 20'000);
  const auto report = co_await pass(town);
  CHECK_FALSE(report.waits);
  CHECK(report.copied == 9);
  const auto quotas = town.world->sync->progress(town.world->account).quotas;
  REQUIRE(quotas.size() == 2);
  for (const auto& quota : quotas) {
    CHECK(quota.used >= 60'000);
    CHECK(quota.used < 70'000);
  }
  check_alike(town);
}

// There is no room for a download today; what is there already needs none.
Task<void> waits_for_none(Town& town) {
  co_await move_in(town);
  deliver(town, 1, {"INBOX"}, seen, 50'000);
  co_await pass(town);
  town.carry(gmail, "INBOX", 1, "Work", false);
  deliver(town, 2, {"Work"}, seen, 50'000);
  CHECK((co_await pass(town)).waits);
  CHECK(town.read(target, "Work").size() == 1);
  town.next_day();
  CHECK_FALSE((co_await pass(town)).waits);
  check_alike(town);
}

// Each of them a pass that breaks, and one that does not.
Task<void> broken(Town& town, int person, std::function<void()> break_it) {
  co_await fill(town, person);
  break_it();
  const auto done = co_await town.world->sync->run_delta(town.world->account, Side::old_side);
  store::fault::disarm();
  town.heal();
  while (town.sessions > 0) co_await net::yield_now();
  // Where it broke behind the first copy, that is not downloaded again.
  const std::size_t before = town.mailbox(gmail).bodies_read;
  CHECK(before <= 3);
  const std::size_t there = town.read(target, "INBOX").size() + town.read(target, "Work").size();
  co_await pass(town);
  if (done || there == 4) CHECK(town.mailbox(gmail).bodies_read == 3);
  check_alike(town);
  co_await pass(town);
  check_alike(town);
}

Task<void> broken_at_commits(Town& town) {
  int person = 1;
  for (const std::string point : {"commit", "committed"})
    for (int number = 1; number < 28; ++number) {
      const std::string plan = "sync." + point + ":" + std::to_string(number) + "+:EIO";
      INFO(plan);
      const auto break_it = [&] { REQUIRE(store::fault::arm(plan)); };
      co_await broken(town, person++, break_it);
    }
}

Task<void> broken_at_bytes(Town& town, Side side, bool poor) {
  int person = 1;
  for (std::uint64_t byte = 300; byte < 4500; byte += 83) {
    INFO("cut after " << byte << " bytes");
    const auto break_it = [&] {
      if (poor) {
        town.make_poor(Side::new_side);
        town.at(Side::new_side).replace.emplace_back("[COPYUID", "[XOPYUID");
      }
      town.at(side).cut_after = byte;
    };
    co_await broken(town, person++, break_it);
  }
}

// Behind the COPY and before anything else: the record is open.
Task<void> broken_behind(Town& town, bool poor) {
  co_await fill(town);
  if (poor) town.make_poor(Side::new_side);
  bool copied = false;
  Faults& faults = town.at(Side::new_side);
  faults.on_hearing = [&](std::string_view bytes) {
    if (!copied && bytes.contains("UID COPY "))
      copied = true;
    else if (copied)
      faults.cut_after = 0;
  };
  CHECK_FALSE(co_await town.world->sync->run_delta(town.world->account, Side::old_side));
  faults.on_hearing = nullptr;
  CHECK(copied);
  town.heal();
  while (town.sessions > 0) co_await net::yield_now();
  const auto report = co_await pass(town);
  CHECK(report.matched == 7);
  CHECK(town.mailbox(gmail).bodies_read <= 4);  // the third was on its way meanwhile
  check_alike(town);
}

void in_town(std::function<Task<void>(Town&)> life, std::uint64_t per_day = 0) {
  log::start(log::Level::off);  // faults on purpose
  Town town({});
  town.world->settings.old_side.download_per_day = per_day;
  town.world->settings.new_side.upload_per_day = per_day;
  town.run(life(town));
}

}  // namespace

TEST_CASE("Labels: three messages in seven folders are downloaded once each") {
  in_town(first_copy);
}
TEST_CASE("Labels: a target that does not say the UIDs of copies") {
  in_town(without_uids);
}
TEST_CASE("Labels: messages keep their order in each folder") {
  in_town(in_order);
}
TEST_CASE("Labels: more of them than one command holds") {
  for (const bool poor : {false, true}) {
    const auto life = [&](Town& town) { return many(town, poor); };
    in_town(life);
  }
}
TEST_CASE("Labels: a home that gives no ids is copied as ever") {
  in_town(without_labels);
}
TEST_CASE("Labels: one that comes later has the flags that it has at home") {
  in_town(later_label);
}
TEST_CASE("Labels: a copy that is removed before or while it is copied is downloaded") {
  for (const std::string word : {"EXAMINE", "UID COPY"}) {
    const auto life = [&](Town& town) { return gone_meanwhile(town, word); };
    in_town(life);
  }
}
TEST_CASE("Labels: a target that refuses COPY") {
  in_town(refused);
}
TEST_CASE("Labels: a target that gives copies another date") {
  in_town(another_date);
  in_town(another_date_for_good);
}
TEST_CASE("Labels: UIDs of a folder that was made anew are other messages") {
  in_town(other_validity);
  in_town(renumbered);
}
TEST_CASE("Labels: an id of one mailbox says nothing of another") {
  in_town(two_people);
}
TEST_CASE("Labels: a daily quota counts the bytes once") {
  in_town(counts_once, 80'000);
  in_town(waits_for_none, 80'000);
}
TEST_CASE("Labels: a process that dies at any commit") {
  in_town(broken_at_commits);
}
TEST_CASE("Labels: a connection that breaks at any byte") {
  for (const Side side : {Side::old_side, Side::new_side})
    for (const bool poor : {false, true}) {
      const auto life = [&](Town& town) { return broken_at_bytes(town, side, poor); };
      in_town(life);
    }
}
TEST_CASE("Labels: a connection that breaks between the COPY and its end") {
  for (const bool poor : {false, true}) {
    const auto life = [&](Town& town) { return broken_behind(town, poor); };
    in_town(life);
  }
}

}  // namespace tandem::sync::model
