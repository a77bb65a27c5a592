// What could not be copied: counted whatever its number, told of with all that a person needs to
// find it, and tried again one by one.
#include "migration/message_reader.hpp"
#include "tests/sync/two_sides.hpp"

namespace tandem::sync {
namespace {

using server::test::letter;

constexpr std::int64_t many = 10'050;

// As passes of a mailbox whose new side takes nothing would have left them.
Result<void> leave_out_many(store::Sql& sql, std::span<const store::BlobRef>) {
  const auto put = sql.execute(
      "WITH RECURSIVE n(uid) AS (SELECT 1000 UNION ALL SELECT uid + 1 FROM n LIMIT $1) "
      "INSERT INTO sync_skipped (folder, side, uid, subject, size, reason, next_step) "
      "SELECT (SELECT min(id) FROM sync_folder), 0, uid, 'a', 1, 'refused', '' FROM n",
      many);
  if (!put) return fail(put.error());
  return {};
}

Task<void> counted(TwoSides& two) {
  co_await two.put(old_side, letter("a"));
  (void)co_await two.pass();
  store::Unit unit;
  unit.apply = leave_out_many;
  REQUIRE(co_await two.world->store->committer().commit(std::move(unit)));
  const auto report = co_await two.pass();
  CHECK(report.skipped == many);
  CHECK(two.world->sync->skipped(two.world->account).size() == many);
  two.world->close();  // another process: from the ledger
  co_await two.world->open();
  CHECK(two.world->sync->progress(two.world->account).skipped == many);
}

Task<void> put_giant(TwoSides& two, std::string subject, std::string folder = "INBOX") {
  auto draft = two.hall.office.draft(letter(subject, std::string(1'200'000, 'x') + "\r\n"));
  server::AppendBatch batch(*two.hall.office.boxes, two.hall.office.box(1, folder).id);
  server::Flags none;
  imap::DateTime noon;
  noon.unix_seconds = 1'700'000'000;
  REQUIRE(co_await batch.add(std::move(draft), none, noon));
  REQUIRE(co_await batch.commit());
}

std::vector<migration::SkippedMessage> listed(TwoSides& two) {
  return two.world->sync->skipped(two.world->account);
}

// The new side takes no more than a megabyte.
Task<void> told_of(TwoSides& two) {
  co_await put_giant(two, "giant");
  (void)co_await two.pass();
  const auto all = listed(two);
  REQUIRE(all.size() == 1);
  CHECK(all[0].folder == "INBOX");
  CHECK(all[0].uid == 1);
  CHECK(all[0].side == old_side);
  CHECK(all[0].at == WallTime(std::chrono::seconds(1'700'000'000)));
  CHECK_FALSE(all[0].id.empty());
  CHECK_FALSE(all[0].server_words.empty());
  CHECK(all[0].reason == "the message was refused");
  CHECK(all[0].next_step.find("\"Try again\"") != std::string::npos);
}

// From here on both sides take larger messages. The server that was there before.
std::unique_ptr<server::Server> take_larger(TwoSides& two) {
  server::ServerSettings settings{.hostname = "mail.test", .domains = {"example.jp"}};
  return std::exchange(two.hall.server,
                       std::move(*server::Server::open(*two.hall.office.store, two.hall.accounts,
                                                       settings, two.hall.office.clock, nullptr)));
}

Task<void> one_tried_again(TwoSides& two, std::unique_ptr<server::Server>& before) {
  co_await put_giant(two, "a");
  co_await put_giant(two, "b");
  (void)co_await two.pass();
  auto all = listed(two);
  REQUIRE(all.size() == 2);
  before = take_larger(two);
  auto report = co_await two.pass();
  CHECK(report.copied == 0);  // nothing by itself
  const auto account = two.world->account;
  std::vector<std::string> ids(1, "1-old-99");
  const auto strange = co_await two.world->sync->try_again(account, ids);
  REQUIRE_FALSE(strange);
  CHECK(strange.error().kind == ErrorKind::not_found);
  ids.front() = all[1].id;
  const auto asked = co_await two.world->sync->try_again(account, ids);
  REQUIRE(asked);
  CHECK(*asked == 1);
  CHECK_FALSE(listed(two)[0].is_tried_again);
  CHECK(listed(two)[1].is_tried_again);
  two.world->close();  // it is remembered
  co_await two.world->open();
  report = co_await two.pass();
  CHECK(report.copied == 1);
  CHECK(report.skipped == 1);
  all = listed(two);
  REQUIRE(all.size() == 1);
  CHECK(all[0].subject == "a");
  CHECK(two.mailbox(new_side).size() == 1);
  ids.clear();  // all
  REQUIRE(co_await two.world->sync->try_again(account, ids));
  report = co_await two.pass();
  CHECK(report.skipped == 0);
  CHECK(two.mailbox(new_side) == two.mailbox(old_side));
}

// A request is over with the try, also where it failed.
Task<void> refused_again(TwoSides& two) {
  co_await put_giant(two, "a");
  (void)co_await two.pass();
  const std::vector<std::string> none;
  REQUIRE(co_await two.world->sync->try_again(two.world->account, none));
  two.at(old_side).listen = true;
  auto report = co_await two.pass();
  CHECK(report.skipped == 1);
  CHECK(two.heard(old_side, "BODY.PEEK[]") > 0);
  CHECK_FALSE(listed(two)[0].is_tried_again);
  two.at(old_side).heard.clear();
  report = co_await two.pass();
  CHECK(report.skipped == 1);
  CHECK(two.heard(old_side, "BODY.PEEK[]") == 0);
}

struct Saved final : migration::MessageSink {
  std::uint64_t size = 0;
  std::string text;
  Task<Result<void>> begin(std::uint64_t announced) override {
    size = announced;
    co_return Result<void>{};
  }
  Task<Result<void>> bytes(std::string_view part) override {
    text += part;
    co_return Result<void>{};
  }
};

Task<void> saved(TwoSides& two) {
  co_await put_giant(two, "giant");
  (void)co_await two.pass();
  const auto account = *two.world->registry->routes()->account(two.world->account);
  auto place = two.world->sync->place_of(two.world->account, listed(two).at(0).id);
  REQUIRE(place);
  Saved file;
  const auto read = co_await migration::read_message(*two.world->access, account, *place, file);
  REQUIRE(read);
  CHECK(file.text == two.mailbox(old_side)[0].bytes);
  CHECK(file.size == file.text.size());
  CHECK(two.mailbox(old_side)[0].flags == 0);  // not even \\Seen
  auto moved = *place;
  ++moved.validity;
  auto gone = co_await migration::read_message(*two.world->access, account, moved, file);
  REQUIRE_FALSE(gone);
  CHECK(gone.error().kind == ErrorKind::not_found);
  co_await two.remove(old_side, 1);
  gone = co_await migration::read_message(*two.world->access, account, *place, file);
  REQUIRE_FALSE(gone);
  CHECK(gone.error().kind == ErrorKind::not_found);
  const auto strange = two.world->sync->place_of(two.world->account, "1-new-1");
  CHECK_FALSE(strange);
}

}  // namespace

TEST_CASE("what was left out is counted, also where it is more than anybody would list") {
  TwoSides two;
  two.run(counted(two));
}
TEST_CASE("a message that was left out is told of with its date, its id and the server's words") {
  TwoSides two;
  two.run(told_of(two));
}
TEST_CASE("one message that was left out is tried again, and the others are not") {
  TwoSides two;
  std::unique_ptr<server::Server> before;
  two.run(one_tried_again(two, before));
}
TEST_CASE("what is tried again and refused once more is left alone until somebody asks again") {
  TwoSides two;
  two.run(refused_again(two));
}
TEST_CASE("a message that was left out can be read whole from where it lies") {
  TwoSides two;
  two.run(saved(two));
}

}  // namespace tandem::sync
