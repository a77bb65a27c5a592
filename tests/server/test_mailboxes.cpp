#include "server/mailbox/index_message.hpp"
#include "tests/server/post_office.hpp"

namespace tandem::server::test {
namespace {

using tandem::test::run;

constexpr imap::DateTime noon{1'795'521'600, 540};

net::Task<void> share_one_blob(PostOffice& office) {
  auto& boxes = *office.boxes;
  std::vector<Mailboxes::Destination> to = {{1, "INBOX", {}}, {2, "INBOX", {}}, {1, "Archive", {}}};
  auto placed = co_await boxes.deliver(office.draft(letter("one")), to, noon);
  REQUIRE(placed);
  REQUIRE(placed->size() == 3);
  CHECK(office.count("SELECT count(*) FROM mailbox_body") == 1);
  CHECK(office.count("SELECT users FROM mailbox_use") == 3);
  const Box inbox = office.box(1, "INBOX");
  CHECK(inbox.messages == 1);
  CHECK(inbox.unseen == 1);
  CHECK(inbox.bytes == letter("one").size());

  imap::SequenceSet one{{1, 1}};
  auto copied = co_await boxes.copy(inbox.id, one, office.box(1, "Sent").id);
  REQUIRE(copied);
  CHECK(copied->to.to_string() == "1");
  CHECK(office.count("SELECT users FROM mailbox_use") == 4);
  auto removed = co_await boxes.remove_messages(inbox.id, one);
  REQUIRE(removed);
  CHECK(office.box(1, "INBOX").messages == 0);
  CHECK(office.count("SELECT users FROM mailbox_use") == 3);
  for (const auto& name : {"Archive", "Sent"}) CHECK(co_await boxes.remove(1, name));
  CHECK(co_await boxes.remove_messages(office.box(2, "INBOX").id, one));
  CHECK(office.count("SELECT count(*) FROM mailbox_body") == 0);
  CHECK(office.store->usage()->dead > 0);
}

net::Task<void> append_many(PostOffice& office, int messages, std::size_t body) {
  AppendBatch batch = office.boxes->append_batch(office.box(1, "INBOX").id);
  const Flags flags{Flags::seen, {"$Work"}};
  for (int i = 0; i < messages; ++i) {
    auto added = co_await batch.add(
        office.draft(letter("number " + std::to_string(i), std::string(body, 'x'))), flags, noon);
    REQUIRE(added);
  }
  auto placed = co_await batch.commit();
  REQUIRE(placed);
  CHECK(placed->first == 1);
  CHECK(placed->last == static_cast<Uid>(messages));
}

net::Task<void> abandon(PostOffice& office) {
  AppendBatch batch = office.boxes->append_batch(office.box(1, "INBOX").id);
  for (int i = 0; i < 3; ++i)
    CHECK(
        co_await batch.add(office.draft(letter("big", std::string(9 << 20, 'x'))), Flags(), noon));
  CHECK(office.count("SELECT count(*) FROM mailbox_use WHERE users = -1") == 2);
}

net::Task<void> change_flags(PostOffice& office) {
  auto& boxes = *office.boxes;
  const BoxId box = office.box(1, "INBOX").id;
  std::vector<Mailboxes::Destination> to = {{1, "INBOX", {}}};
  for (int i = 0; i < 3; ++i) CHECK(co_await boxes.deliver(office.draft(letter("one")), to, noon));
  const Modseq known = office.box(1, "INBOX").modseq;
  imap::SequenceSet second{{2, 2}};
  imap::SequenceSet all{{1, 3}};
  FlagChange add{imap::command::StoreAction::add, {Flags::seen, {"Work"}}, {}};
  auto first = co_await boxes.store_flags(box, second, add);
  REQUIRE(first);
  CHECK(first->changed == second);
  auto again = co_await boxes.store_flags(box, second, add);
  REQUIRE(again);
  CHECK(again->changed.empty());
  CHECK(office.box(1, "INBOX").modseq == first->modseq);

  add.unchanged_since = known;
  add.flags.bits |= Flags::flagged;
  auto guarded = co_await boxes.store_flags(box, all, add);
  REQUIRE(guarded);
  CHECK(guarded->modified_since.to_string() == "2");
  CHECK(guarded->changed.to_string() == "1,3");
  CHECK(office.box(1, "INBOX").unseen == 0);
  CHECK(office.box(1, "INBOX").keywords == "Work");

  const auto news = boxes.changes(box, known, known);
  REQUIRE(news);
  CHECK(news->rows.size() == 3);
  FlagChange mark{imap::command::StoreAction::replace, {Flags::deleted, {}}, {}};
  CHECK(co_await boxes.store_flags(box, second, mark));
  auto gone = co_await boxes.expunge(box, std::nullopt);
  REQUIRE(gone);
  CHECK(gone->to_string() == "2");
  const auto later = boxes.changes(box, known, known);
  REQUIRE(later);
  CHECK(later->expunged.to_string() == "2");
  CHECK(later->rows.size() == 2);
}

net::Task<void> arrange_folders(PostOffice& office) {
  auto& boxes = *office.boxes;
  CHECK(co_await boxes.create(1, "a/b/c"));
  CHECK(office.box(1, "a/b").uid_validity != office.box(1, "a").uid_validity);
  const auto twice = co_await boxes.create(1, "a/b");
  REQUIRE_FALSE(twice);
  CHECK(twice.error().kind == ErrorKind::conflict);
  const auto used = co_await boxes.create(1, "sent2", "\\Sent");
  CHECK(used.error().kind == ErrorKind::refused);
  for (const auto& name : {"", "a//b", "/a", "a/", "x*", "x%", "x\ny"})
    CHECK_FALSE(co_await boxes.create(1, name));
  CHECK(co_await boxes.rename(1, "a", "z/y"));
  CHECK(office.box(1, "z/y/b/c").messages == 0);
  CHECK_FALSE(co_await boxes.rename(1, "z", "z/q"));
  CHECK_FALSE(co_await boxes.remove(1, "INBOX"));

  std::vector<Mailboxes::Destination> to = {{1, "INBOX", {}}};
  CHECK(co_await boxes.deliver(office.draft(letter("one")), to, noon));
  CHECK(co_await boxes.rename(1, "INBOX", "old"));
  CHECK(office.box(1, "INBOX").messages == 0);
  CHECK(office.box(1, "old").messages == 1);
  const auto before = office.box(1, "old").uid_validity;
  CHECK(co_await boxes.remove(1, "old"));
  CHECK(co_await boxes.create(1, "old"));
  CHECK(office.box(1, "old").uid_validity > before);
}

}  // namespace

TEST_CASE("one message in several mailboxes is one blob, until the last one goes") {
  PostOffice office;
  office.add_account(1);
  office.add_account(2);
  run(share_one_blob(office));
}

TEST_CASE("delivery to an unknown mailbox leaves nothing anywhere") {
  PostOffice office;
  office.add_account(1);
  run([](PostOffice& at) -> net::Task<void> {
    std::vector<Mailboxes::Destination> to = {{1, "INBOX", {}}, {1, "nowhere", {}}};
    const auto placed = co_await at.boxes->deliver(at.draft(letter("one")), to, noon);
    REQUIRE_FALSE(placed);
    CHECK(placed.error().kind == ErrorKind::not_found);
  }(office));
  CHECK(office.box(1, "INBOX").messages == 0);
  CHECK(office.count("SELECT count(*) FROM mailbox_body") == 0);
}

TEST_CASE("a batch of messages is one commit") {
  PostOffice office;
  office.add_account(1);
  const auto before = office.store->committer().counts().batches;
  run(append_many(office, 1000, 200));
  CHECK(office.store->committer().counts().batches == before + 1);
  CHECK(office.box(1, "INBOX").messages == 1000);
  CHECK(office.box(1, "INBOX").keywords == "$Work");
}

TEST_CASE("a batch too large for memory goes ahead in pieces and is placed at once") {
  PostOffice office;
  office.add_account(1);
  run(append_many(office, 40, 1 << 20));
  CHECK(office.box(1, "INBOX").messages == 40);
  CHECK(office.count("SELECT count(*) FROM mailbox_use WHERE users = 1") == 40);
}

TEST_CASE("a batch that is given up leaves nothing") {
  PostOffice office;
  office.add_account(1);
  run(abandon(office));
  office.reopen();
  CHECK(office.count("SELECT count(*) FROM mailbox_body") == 0);
  CHECK(office.box(1, "INBOX").messages == 0);
}

TEST_CASE("flags: what changed, since when, and what was spared") {
  PostOffice office;
  office.add_account(1);
  run(change_flags(office));
}

TEST_CASE("folders: parents, special uses, renaming, INBOX") {
  PostOffice office;
  office.add_account(1);
  run(arrange_folders(office));
}

TEST_CASE("everything is there after a reopening") {
  PostOffice office;
  office.add_account(1);
  run(append_many(office, 5, 10));
  office.reopen();
  const auto rows = office.boxes->rows(office.box(1, "INBOX").id, 1, 100, RowDetail::structure, 10);
  REQUIRE(rows);
  REQUIRE(rows->size() == 5);
  const MessageRow& last = rows->back();
  CHECK(last.flags.to_text() == "\\Seen $Work");
  CHECK(last.internal_date == noon);
  CHECK(office.boxes->blobs().read(last.blob).value() == letter("number 4", std::string(10, 'x')));
  CHECK(last.envelope.find("number 4") != std::string::npos);
}

TEST_CASE("mailbox: a message is indexed the same in memory and read back in pieces") {
  PostOffice office;
  std::string mail =
      "Subject: large\r\nDate: Tue, 24 Nov 2026 09:00:00 +0900\r\nReceived: from a by b\r\n"
      "Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\ntext\r\n--b\r\n"
      "Content-Type: application/pdf\r\n\r\n";
  for (int i = 0; i < 60'000; ++i) mail += std::string(70, 'x') + "\r\n";
  mail += "--b--\r\n";
  const auto draft = office.draft(mail);
  REQUIRE(draft.spilled());
  const auto pieces = index_draft(draft);
  REQUIRE(pieces);
  const MessageIndex whole = index_message(mail);
  CHECK(pieces->size == whole.size);
  CHECK(pieces->header_size == whole.header_size);
  CHECK(pieces->envelope == whole.envelope);
  CHECK(pieces->body_structure == whole.body_structure);
  CHECK(pieces->parts == whole.parts);
  CHECK(pieces->sent == whole.sent);
  CHECK(pieces->received == whole.received);
}

}  // namespace tandem::server::test
