// Export and load between two accounts of the built-in server and files: every byte comes back, and
// nothing twice, whatever breaks off.
#include <fstream>

#include "lib/store/fault.hpp"
#include "tests/archive/boxes.hpp"

namespace tandem::archive {
namespace {

using net::Task;

const std::vector<std::string> mails = {
    "Subject: plain\r\n\r\nbody\r\n",
    "Subject: plain\r\n\r\nbody\r\n",  // the same once more
    "Subject: from lines\r\n\r\nx\r\n\r\nFrom a@b Thu Nov 26 23:54:46 2026\r\n>From me\r\nFrom you",
    "Subject: bare\n\nonly LF\n\nFrom x Thu Nov 26 23:54:46 2026\nend\n",
    "Subject: mixed\r\n\r\none\ntwo\r\nthree\r\rfour\r\r\nend",
    std::string("Subject: nul\r\n\r\na\0b\x80\xff\r\n", 23),
    "\r\nno header\r\n",
    "no header and no empty line",
    "Subject: all header\r\n",
    "Subject: long\r\n\r\n" + std::string(300'000, 'x') + "\r\n\r\n\r\n",
    "X-Tandemail-Export: uidvalidity=1 uid=1 line-ends=crlf stored=0000000001\r\nStatus: \r\n"
    "X-Status: \r\nX-Keywords: \r\n\r\nan exported one\r\n",
    "Status: RO\r\nSubject: read\r\n\r\nx\r\n"};

Task<void> fill(Shelf& shelf) {
  int number = 0;
  const std::vector<std::string> flags = {"\\Seen", "\\Flagged work", "", "\\Answered $label1"};
  for (const std::string& mail : mails)
    co_await shelf.sides.put(Side::old_side, mail, flags[number++ % flags.size()]);
  const auto user = co_await shelf.sides.client(Side::old_side);
  const std::string folder("Projects/2021. \\a");
  REQUIRE(co_await user->create(folder));
  co_await shelf.sides.put(Side::old_side, mails[0], "\\Draft", folder);
}

// Names of the files without the UIDVALIDITY and UID, which differ between mailboxes.
std::multiset<std::pair<std::string, std::string>> contents(const std::string& directory) {
  std::multiset<std::pair<std::string, std::string>> all;
  for (const auto& [name, bytes] : files_below(directory)) {
    const auto from = name.find(".V");
    const auto to = name.find(".tandemail,");
    const bool ours = from != std::string::npos && to != std::string::npos;
    all.emplace(ours ? name.substr(0, from) + name.substr(to) : name, bytes);
  }
  return all;
}

Task<void> check_there_and_back(Shelf& shelf, Format format) {
  co_await fill(shelf);
  const Report first = co_await shelf.write(format);
  CHECK(first.clean());
  CHECK(sum(first, &FolderReport::written) == mails.size() + 1);
  const auto before = files_below(shelf.path());
  const Report second = co_await shelf.write(format);
  CHECK(sum(second, &FolderReport::written) == 0);
  CHECK(sum(second, &FolderReport::before) == mails.size() + 1);
  CHECK(sum(second, &FolderReport::renewed) == 0);
  CHECK(files_below(shelf.path()) == before);
  const Report loaded = co_await shelf.load(Side::new_side);
  for (const Problem& problem : loaded.problems) UNSCOPED_INFO(problem.message + problem.reason);
  CHECK(loaded.clean());
  CHECK(sum(loaded, &FolderReport::written) == mails.size() + 1);
  for (const char* const folder : {"INBOX", "Projects/2021. \\a"})
    CHECK(shelf.sides.mailbox(Side::new_side, folder) ==
          shelf.sides.mailbox(Side::old_side, folder));
  const Report again = co_await shelf.load(Side::new_side);
  CHECK(sum(again, &FolderReport::written) == 0);
  CHECK(sum(again, &FolderReport::before) == mails.size() + 1);
}

TEST_CASE("A mailbox goes into a Maildir and back, byte for byte", "[export][load]") {
  Shelf shelf;
  shelf.run(check_there_and_back(shelf, Format::maildir));
}

TEST_CASE("A mailbox goes into mbox files and back, byte for byte", "[export][load]") {
  Shelf shelf;
  shelf.run(check_there_and_back(shelf, Format::mbox));
}

Task<void> check_renewed(Shelf& shelf) {
  co_await fill(shelf);
  co_await shelf.write(Format::maildir);
  co_await shelf.sides.set_flags(Side::old_side, 1, "\\Flagged new");
  co_await shelf.sides.remove(Side::old_side, 2);
  co_await shelf.sides.put(Side::old_side, "Subject: late\r\n\r\nx\r\n");
  const Report report = co_await shelf.write(Format::maildir);
  CHECK(sum(report, &FolderReport::written) == 1);
  CHECK(sum(report, &FolderReport::renewed) == 1);
  const auto files = files_below(shelf.path());
  std::size_t messages = 0;
  for (const auto& [name, bytes] : files) messages += name.find(",S=") != std::string::npos ? 1 : 0;
  CHECK(messages == mails.size() + 2);  // what was removed on the server stays
  CHECK(files.at("dovecot-keywords") == "0 work\n1 $label1\n2 new\n");
}

TEST_CASE("A later export brings what is new, renews flags and removes nothing", "[export]") {
  Shelf shelf;
  shelf.run(check_renewed(shelf));
}

Task<void> check_renumbered(Shelf& shelf, Format format) {
  co_await fill(shelf);
  co_await shelf.write(format);
  const auto user = co_await shelf.sides.client(Side::old_side);
  const std::string folder("Projects/2021. \\a");
  REQUIRE(co_await user->remove(folder));
  REQUIRE(co_await user->create(folder));
  co_await shelf.sides.put(Side::old_side, mails[0], "\\Draft", folder);
  co_await shelf.sides.put(Side::old_side, mails[0], "\\Draft", folder);
  const Report report = co_await shelf.write(format);
  CHECK(sum(report, &FolderReport::written) == 1);  // one of two equal ones was there
  const Report again = co_await shelf.write(format);
  CHECK(sum(again, &FolderReport::written) == 0);
}

TEST_CASE("After a new UIDVALIDITY nothing is written twice", "[export]") {
  for (const Format format : {Format::maildir, Format::mbox}) {
    Shelf shelf;
    shelf.run(check_renumbered(shelf, format));
  }
}

// Cuts the connection after each so many bytes of what the client says, and goes on.
Task<void> check_cut(Shelf& shelf, Format format, bool poor) {
  co_await fill(shelf);
  if (poor) shelf.sides.make_poor(Side::new_side);
  co_await shelf.write(format);
  auto& faults = shelf.sides.at(Side::new_side);
  const std::size_t all = mails.size() + 1;
  std::size_t broken = 0;
  for (std::uint64_t after = 200;; after = after * 9 / 8 + 100) {
    faults.received = 0;
    faults.cut_after = after;
    const auto done = co_await shelf.try_load(Side::new_side);
    shelf.sides.heal();
    if (done) break;
    ++broken;
    const std::size_t there = shelf.sides.mailbox(Side::new_side).size();
    CHECK(there <= mails.size());
  }
  CHECK(broken > 3);
  const Report last = co_await shelf.load(Side::new_side);
  CHECK(sum(last, &FolderReport::written) == 0);
  CHECK(sum(last, &FolderReport::before) == all);
  CHECK(shelf.sides.mailbox(Side::new_side) == shelf.sides.mailbox(Side::old_side));
}

// What the server goes on with comes between its looks.
Task<void> check_settled(Shelf& shelf) {
  co_await fill(shelf);
  co_await shelf.write(Format::maildir);
  std::size_t looks = 0;
  shelf.sides.at(Side::new_side).on_hearing = [&](std::string_view words) {
    if (words.find(" LIST ") != std::string_view::npos) ++looks;
  };
  LoadOrder order;
  order.account = shelf.account();
  order.side = Side::new_side;
  order.from = shelf.path("box");
  Report report;
  REQUIRE(co_await load_account(*shelf.sides.world->access, order, report));
  const std::size_t usual = looks;
  order.settle = Duration::zero();
  REQUIRE(co_await load_account(*shelf.sides.world->access, order, report));
  CHECK(looks - usual >= usual + 3);
}

TEST_CASE("A load behind one that broke off waits until the server is quiet", "[load][crash]") {
  Shelf shelf;
  shelf.run(check_settled(shelf));
}

TEST_CASE("A load that breaks off anywhere goes on without doubles", "[load][crash]") {
  for (const bool poor : {false, true}) {
    Shelf shelf;
    shelf.run(check_cut(shelf, Format::maildir, poor));
  }
}

Task<void> check_cut_export(Shelf& shelf, Format format) {
  co_await fill(shelf);
  co_await shelf.write(format, "whole");
  std::size_t broken = 0;
  for (unsigned number = 1;; ++number) {
    const std::string plan = "archive.write:" + std::to_string(number) + ":ENOSPC";
    REQUIRE(store::fault::arm(plan));
    const auto done = co_await shelf.try_export(format);
    store::fault::disarm();
    if (done) break;
    ++broken;
    CHECK(done.error().next_step.find("Make room") != std::string::npos);
    const auto resumed = co_await shelf.write(format);
    CHECK(sum(resumed, &FolderReport::found) == mails.size() + 1);
    CHECK(contents(shelf.path()) == contents(shelf.path("whole")));
    std::filesystem::remove_all(shelf.path());
  }
  CHECK(broken > mails.size());
}

TEST_CASE("An export that finds the disk full goes on later as if nothing had been",
          "[export][crash]") {
  for (const Format format : {Format::maildir, Format::mbox}) {
    Shelf shelf;
    shelf.run(check_cut_export(shelf, format));
  }
}

Task<void> check_killed(Shelf& shelf, Format format) {
  co_await fill(shelf);
  co_await shelf.write(format, "whole");
  for (const char* const step : {"archive.write", "archive.rename", "store.fdatasync"}) {
    for (unsigned number = 1;; ++number) {
      const std::string plan = std::string(step) + ":" + std::to_string(number) + "+:die";
      REQUIRE(store::fault::arm(plan));
      const auto done = co_await shelf.try_export(format);
      store::fault::disarm();
      const auto resumed = co_await shelf.write(format);
      CHECK(contents(shelf.path()) == contents(shelf.path("whole")));
      std::filesystem::remove_all(shelf.path());
      if (done) break;
    }
  }
}

TEST_CASE("An export that ends at any step goes on without doubles", "[export][crash]") {
  for (const Format format : {Format::maildir, Format::mbox}) {
    Shelf shelf;
    shelf.run(check_killed(shelf, format));
  }
}

Task<void> check_foreign(Shelf& shelf) {
  shelf.put_file("mail/cur/1354321000.M1P2.host,S=30:2,FS", "Subject: LF\n\nbody\nFrom x\n");
  shelf.put_file("mail/new/1354321001.M1P3.host", "Subject: CR LF\r\n\r\nbody\r\n");
  shelf.put_file("mail/cur/.hidden", "nothing");
  shelf.put_file("mail/.Sent/cur/1354321002.M1P4.host:2,Sa", "Subject: sent\n\nbody\n");
  shelf.put_file("mail/.Sent/dovecot-keywords", "0 work\n");
  shelf.put_file("mail/.Sent/cur/1354321003.M1P4.host:2,S", "");
  shelf.put_file("mail/.Sent/cur/1354321004.M1P4.host:2,S", "\x1f\x8b\x08 gzip");
  const Report report = co_await shelf.load(Side::new_side, "mail");
  CHECK(sum(report, &FolderReport::written) == 3);
  REQUIRE(report.problems.size() == 2);
  CHECK(report.problems[0].reason == "the file is compressed");
  CHECK(report.problems[1].reason == "the message is empty");
  const auto inbox = shelf.sides.mailbox(Side::new_side);
  REQUIRE(inbox.size() == 2);
  CHECK(inbox[0].bytes == "Subject: CR LF\r\n\r\nbody\r\n");
  CHECK(inbox[0].date == 1'354'321'001);
  CHECK(inbox[1].bytes == "Subject: LF\r\n\r\nbody\r\nFrom x\r\n");
  CHECK(inbox[1].date == 1'354'321'000);
  const Report again = co_await shelf.load(Side::new_side, "mail");
  CHECK(sum(again, &FolderReport::written) == 0);
}

TEST_CASE("A Maildir that others wrote is loaded as its server would show it", "[load]") {
  Shelf shelf;
  shelf.run(check_foreign(shelf));
}

Task<void> check_foreign_mbox(Shelf& shelf) {
  const std::string line = "From a@b Thu Nov 26 23:54:46 2026\n";
  shelf.put_file("mail/Inbox", "broken piece\n\n" + line + "Subject: 1\nStatus: RO\n\n>From x\n\n");
  shelf.put_file("mail/Inbox.sbd/Alt", line + "Subject: 2\n\nx\n");
  shelf.put_file("mail/Inbox.msf", "an index");
  shelf.put_file("mail/notes.txt", "no mail");
  const Report refused = co_await shelf.load(Side::new_side, "mail", "Archive");
  CHECK(sum(refused, &FolderReport::written) == 1);  // Inbox does not begin with a From line
  REQUIRE(refused.problems.size() == 2);
  shelf.put_file("mail/Inbox", line + "Subject: 1\nStatus: RO\n\n>From x\n\n" + line +
                                   "Received: by x; Thu, 26 Nov 2026 23:54:46 +0000\n\ny");
  const Report report = co_await shelf.load(Side::new_side, "mail", "Archive");
  CHECK(sum(report, &FolderReport::written) == 2);
  const auto inbox = shelf.sides.mailbox(Side::new_side, "Archive");
  REQUIRE(inbox.size() == 2);
  CHECK(inbox[0].bytes == "Received: by x; Thu, 26 Nov 2026 23:54:46 +0000\r\n\r\ny");
  CHECK(inbox[1].bytes == "Subject: 1\r\nStatus: RO\r\n\r\nFrom x\r\n");
  CHECK(inbox[1].date == 1'795'737'286);
  CHECK(shelf.sides.mailbox(Side::new_side, "Archive/INBOX/Alt").size() == 1);
}

TEST_CASE("mbox files that others wrote are loaded below a folder", "[load]") {
  Shelf shelf;
  shelf.run(check_foreign_mbox(shelf));
}

Task<void> check_nothing_there(Shelf& shelf) {
  const auto done = co_await shelf.try_load(Side::new_side, "nowhere");
  REQUIRE_FALSE(done);
  CHECK(done.error().kind == ErrorKind::not_found);
  CHECK_FALSE(done.error().next_step.empty());
}

TEST_CASE("A path without mail is said to be that", "[load]") {
  Shelf shelf;
  shelf.run(check_nothing_there(shelf));
}

}  // namespace
}  // namespace tandem::archive
