// Servers that do not keep what IMAP promises: what they list and do not give, count anew, or give
// numbers to a second time.
#include <fmt/core.h>

#include "sync/context.hpp"
#include "tests/sync/model/town.hpp"

namespace tandem::sync::model {
namespace {

Task<migration::DeltaReport> one_pass(Town& town) {
  const auto done = co_await town.world->sync->run_delta(town.world->account, Side::old_side);
  if (!done) FAIL(done.error().to_string());
  co_return *done;
}

std::string numbered(int number) {
  return fmt::format("Subject: {}\r\n\r\nx\r\n", number);
}

void put_next(Town& town, int side, int number) {
  town.put(side, "INBOX", numbered(number), 0, 1'700'000'000 + number);
}

Task<void> first_copy(Town& town, int letters) {
  co_await town.move_in(2);  // home tells no removals by VANISHED, the mirror does
  for (int number = 1; number <= letters; ++number) put_next(town, 0, number);
  co_await one_pass(town);
  co_await one_pass(town);  // looks at its own copies
  CHECK(town.read(1, "INBOX").size() == static_cast<std::size_t>(letters));
}

// Of one message less there are as many as before, and all of them known but one.
Task<void> hidden_by_a_removal(Town& town) {
  co_await first_copy(town, 2);
  for (const int number : {3, 4}) put_next(town, 0, number);
  town.mailbox(0).withheld = {3};
  auto report = co_await one_pass(town);
  CHECK(report.missing == 1);
  town.mailbox(0).withheld.clear();
  town.remove(0, "INBOX", 1);
  report = co_await one_pass(town);
  CHECK(report.copied == 1);
  CHECK(report.missing == 0);
  CHECK(report.source_messages == 3);
  CHECK(town.read(1, "INBOX").size() == 4);
}

// The same on the way home.
Task<void> hidden_on_the_way_home(Town& town) {
  co_await first_copy(town, 2);
  for (const int number : {3, 4}) put_next(town, 1, number);
  town.mailbox(1).withheld = {3};
  co_await one_pass(town);
  CHECK(town.read(0, "INBOX").size() == 3);
  town.mailbox(1).withheld.clear();
  town.remove(1, "INBOX", 1);
  const auto report = co_await one_pass(town);
  CHECK(report.copied == 1);
  CHECK(town.read(0, "INBOX").size() == 4);
}

// HIGHESTMODSEQ begins anew, as with an index that was rebuilt.
Task<void> modseq_falls(Town& town) {
  co_await first_copy(town, 3);
  paper::Folder& inbox = town.folder(0, "INBOX");
  inbox.modseq = 1;
  for (paper::Message& message : inbox.messages) message.modseq = 1;
  town.set_flags(0, "INBOX", 2, seen);
  const auto report = co_await one_pass(town);
  CHECK(report.flags_changed == 1);
  CHECK(town.read(1, "INBOX")[1].flags == seen);
}

// A header that is not given says nothing, least of all that the message came past us.
Task<void> header_not_given(Town& town, int hides) {
  co_await first_copy(town, 2);
  const std::string trace(26, 'b');
  for (const int side : {0, 1})
    town.put(
        side, "INBOX",
        "Received: from a.example by tandem.example with ESMTP id " + trace + "\r\n" + numbered(3),
        0, 1'700'000'100);
  town.mailbox(hides).hidden = {3};
  auto report = co_await one_pass(town);
  CHECK(report.copied == 0);
  CHECK(report.missing > 0);
  CHECK(town.world->sync->skipped(town.world->account).size() == 1);  // the folder is named
  town.mailbox(hides).hidden.clear();
  report = co_await one_pass(town);
  CHECK(report.copied == 0);
  CHECK(report.missing == 0);
  CHECK(town.world->sync->skipped(town.world->account).empty());
  for (const int side : {0, 1}) CHECK(town.read(side, "INBOX").size() == 3);
}

Task<void> header_never_given(Town& town) {
  co_await first_copy(town, 2);
  put_next(town, 1, 3);
  put_next(town, 0, 5);
  town.remove(0, "INBOX", 3);
  town.mailbox(1).hidden = town.mailbox(1).withheld = {3};
  for (unsigned times = 1; times < Suspects::hopeless; ++times) co_await one_pass(town);
  put_next(town, 0, 4);
  const auto report = co_await one_pass(town);
  CHECK(report.copied == 1);
  REQUIRE(town.world->sync->skipped(town.world->account).size() == 1);
  CHECK(town.world->sync->skipped(town.world->account).front().uid == 3);
}

// A mailbox comes back from a backup of some time ago: UIDs are given a second time.
Task<void> set_back(Town& town, int side, bool arrives) {
  co_await first_copy(town, 5);
  paper::Folder& inbox = town.folder(side, "INBOX");
  inbox.messages.resize(3);
  inbox.next = 4;
  ++inbox.modseq;
  if (arrives) put_next(town, side, 6);
  for (int look = 0; look < 3; ++look) co_await one_pass(town);
  // The other side keeps what is lost here, and has what is new.
  const std::size_t others = arrives ? 6 : 5;
  CHECK(town.read(1 - side, "INBOX").size() == others);
  // What the mirror has lost is copied to it again; home keeps what its owner has there.
  const std::size_t kept = side == 1 ? others : others - 2;
  CHECK(town.read(side, "INBOX").size() == kept);
}

// The mirror's folder goes in the middle of a pass: the next one makes it and fills it.
Task<void> folder_goes(Town& town) {
  co_await first_copy(town, 2);
  put_next(town, 0, 3);
  town.mailbox(1).appends_refused = 1;
  town.mailbox(1).refusal = "TRYCREATE";
  auto report = co_await one_pass(town);
  CHECK(report.copied == 0);
  CHECK(report.missing == 1);
  report = co_await one_pass(town);
  CHECK(report.copied == 1);
  CHECK(report.missing == 0);
  CHECK(town.world->sync->skipped(town.world->account).empty());
}

// Alike by header and size, and not the same: programs that send without Message-ID. One of them
// is there already, and a twin of the other is on the other side.
Task<void> alike_and_not_the_same(Town& town) {
  co_await town.move_in(2);
  const std::string header("Subject: 1\r\n\r\n");
  for (const char* body : {"alpha", "bravo", "bravo"})
    town.put(0, "INBOX", header + body + "\r\n", 0, 1'700'000'000);
  for (const char* body : {"bravo", "gamma"})
    town.put(1, "INBOX", header + body + "\r\n", 0, 1'700'000'000);
  for (int look = 0; look < 2; ++look) co_await one_pass(town);
  for (const char* body : {"alpha", "bravo", "bravo", "gamma"}) {
    const auto is_it = [&](const paper::Message& one) { return one.bytes->contains(body); };
    const std::string_view word(body);
    CHECK(std::ranges::count_if(town.folder(1, "INBOX").messages, is_it) ==
          (word == "bravo" ? 2 : 1));
  }
  CHECK(town.read(1, "INBOX").size() == 4);
}

using Story = Task<void> (*)(Town&);

void play(Story story) {
  Town town(config::SyncSettings{});
  town.run(story(town));
}

}  // namespace

TEST_CASE("I1: a message that is not given is looked for again, whatever goes meanwhile") {
  play(hidden_by_a_removal);
  play(hidden_on_the_way_home);
}
TEST_CASE("Flags are compared anew where a server counts its changes anew") {
  play(modseq_falls);
}
TEST_CASE("I2: a message whose header is not given is not copied beside its counterpart") {
  for (const int hides : {0, 1}) {
    INFO("side " << hides);
    Town town(config::SyncSettings{});
    town.run(header_not_given(town, hides));
  }
}
TEST_CASE("A message whose header is never given holds up its folder for a while, and is named") {
  play(header_never_given);
}
TEST_CASE("I1: a mailbox that was put back to an earlier state loses nothing on the other side") {
  for (const int side : {0, 1})
    for (const bool arrives : {false, true}) {
      INFO("side " << side << (arrives ? ", with an arrival" : ""));
      config::SyncSettings settings;
      settings.propagate_deletes = true;
      Town town(settings);
      town.run(set_back(town, side, arrives));
    }
}
TEST_CASE("I1: messages that are alike by header and size are told apart by what they say") {
  play(alike_and_not_the_same);
}
TEST_CASE("A folder that goes while it is copied to is made and filled by the next pass") {
  play(folder_goes);
}

}  // namespace tandem::sync::model
