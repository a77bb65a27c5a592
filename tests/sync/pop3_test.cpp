// A source that is read by POP3: everything that is promised of an IMAP source, as far as POP3
// goes.
#include "migration/preflight.hpp"
#include "tests/sync/post_office.hpp"

namespace tandem::sync {
namespace {

using server::test::letter;

Task<void> fill(PostOffice& town, int messages = 5) {
  for (int at = 1; at <= messages; ++at) {
    const std::string name = std::to_string(at);
    town.deliver("id-" + name, letter(name, std::string(400, 'a') + "\r\n"));
  }
  co_return;
}

Task<Error> failing_pass(PostOffice& town) {
  const auto report = co_await town.world->sync->run_delta(town.world->account, old_side);
  REQUIRE(!report);
  co_return report.error();
}

Task<void> first_copy_and_delta(PostOffice& town) {
  co_await fill(town);
  auto report = co_await town.pass();
  CHECK(report.copied == 5);
  CHECK(report.matched == 5);
  CHECK(town.arrived() == town.posted());
  for (const auto& one : town.mailbox(new_side)) {
    CHECK(one.flags == 0);
    CHECK(one.date == 1'795'478'400);  // of the Received line
  }
  CHECK(co_await town.is_clean());
  CHECK(co_await town.is_clean(true));

  town.deliver("id-6", letter("6"));
  report = co_await town.pass();
  CHECK(report.copied == 1);
  CHECK(town.arrived() == town.posted());
  CHECK((co_await town.pass()).copied == 0);
  CHECK(town.post.count("DELE") == 0);
  // Each session ends in order: a server may keep the mailbox shut for one that does not.
  CHECK(town.post.count("QUIT") == town.log_ins);
}

Task<void> odd_bytes(PostOffice& town) {
  const std::string dots = "..\r\n.\r\n.dot\r\nx.\r\n";
  town.deliver("dots", letter("1", dots));
  town.deliver("nul", letter("2", std::string("a\0b\r\n", 5)));
  town.deliver("empty", letter("3", ""));
  std::string large;
  for (int at = 0; at < 12'000; ++at) large += "." + std::to_string(at) + " of a large one\r\n";
  town.deliver("large", letter("4", large));
  co_await town.pass();
  CHECK(town.arrived() == town.posted());
  CHECK(co_await town.is_clean(true));
}

Task<void> asked_together(PostOffice& town, bool offered) {
  town.post.pipelining = offered;
  co_await fill(town, 100);
  town.post.refuses = {"id-50"};
  CHECK((co_await town.pass()).copied == 99);
  CHECK(town.post.together == (offered ? 32 : 1));
  town.post.refuses.clear();
  town.world->sync->run_now(town.world->account);
  CHECK((co_await town.pass()).copied == 1);
  CHECK(town.arrived() == town.posted());
  CHECK(town.post.count("QUIT") == town.log_ins);
}

// TOP is offered, and refused of one message: what was asked for behind it is asked for again.
Task<void> no_header_of_one(PostOffice& town) {
  co_await fill(town, 40);
  town.post.refuses_top = {"id-3", "id-35"};
  CHECK((co_await town.pass()).copied == 40);
  CHECK(town.arrived() == town.posted());
  CHECK(co_await town.is_clean(true));
  CHECK(town.post.count("QUIT") == town.log_ins);
}

// POP3 ends a line with LF as with CR LF; the copy is the same each time.
Task<void> bare_line_feeds(PostOffice& town) {
  town.deliver("lf", letter("1", "one\ntwo\r\n"));
  co_await town.pass();
  CHECK(town.arrived() == std::vector<std::string>{letter("1", "one\r\ntwo\r\n")});
  CHECK(co_await town.is_clean(true));
}

Task<void> wrong_sizes(PostOffice& town) {
  co_await fill(town);
  town.post.messages[0].listed = 1;
  town.post.messages[1].listed = 1'000'000;
  town.post.messages[2].listed = 0;
  // One is there already, by another way.
  co_await town.put(new_side, town.post.messages[1].wire);
  const auto report = co_await town.pass();
  CHECK(report.matched == 5);
  CHECK(report.copied == 4);
  CHECK(town.arrived() == town.posted());
  CHECK(co_await town.is_clean());
}

// What clients fetch and remove, and what ages out, stays on the other side.
Task<void> gone_is_not_deleted(PostOffice& town) {
  co_await fill(town, 8);
  co_await town.pass();
  const auto before = town.arrived();
  town.take_away("id-1");
  town.take_away("id-4");
  for (int pass = 0; pass < 3; ++pass) {
    const auto report = co_await town.pass();
    CHECK(report.copied == 0);
    CHECK(report.quarantined == 0);
    CHECK(report.held == 0);
  }
  CHECK(town.arrived() == before);
  CHECK(co_await town.is_clean());
  town.post.messages.clear();
  co_await town.pass();
  CHECK(town.arrived() == before);
  // What turns up again is what it was.
  co_await fill(town, 8);
  CHECK((co_await town.pass()).copied == 0);
  CHECK(town.arrived() == before);
}

Task<void> broken_half_way(PostOffice& town) {
  co_await fill(town);
  town.post.breaks_in = "id-3";
  const auto report = co_await town.pass();  // it tries again by itself
  CHECK(report.matched == 5);
  CHECK(town.arrived() == town.posted());
  CHECK(town.log_ins == 2);
}

Task<void> one_is_refused(PostOffice& town) {
  co_await fill(town);
  town.post.refuses = {"id-2"};
  auto report = co_await town.pass();
  CHECK(report.copied == 4);
  CHECK(report.skipped == 1);
  REQUIRE(town.world->sync->skipped(town.world->account).size() == 1);
  CHECK(town.world->sync->skipped(town.world->account)[0].subject == "2");
  town.post.refuses.clear();
  town.world->sync->run_now(town.world->account);
  report = co_await town.pass();
  CHECK(report.copied == 1);
  CHECK(town.arrived() == town.posted());
}

Task<void> without_top(PostOffice& town) {
  town.post.top = false;
  co_await fill(town);
  co_await town.put(new_side, town.post.messages[0].wire);
  const auto report = co_await town.pass();
  CHECK(report.copied == 4);
  CHECK(town.arrived() == town.posted());
  CHECK(co_await town.is_clean());
}

Task<void> without_uidl(PostOffice& town) {
  town.post.uidl = false;
  co_await fill(town);
  town.deliver("", letter("1", std::string(400, 'a') + "\r\n"));  // twice the same
  co_await town.pass();
  CHECK(town.arrived() == town.posted());
  town.post.messages.erase(town.post.messages.begin() + 1);
  const std::string status = "Status: RO\r\nX-UIDL: 17\r\n";
  for (auto& one : town.post.messages) one.wire.insert(0, status);  // the server marks them
  town.deliver("", letter("7"));
  const auto report = co_await town.pass();
  CHECK(report.copied == 1);
  CHECK(town.arrived().size() == 7);
}

Task<void> without_uidl_and_top(PostOffice& town) {
  town.post.uidl = town.post.top = false;
  co_await fill(town);
  const Error error = co_await failing_pass(town);
  CHECK(error.kind == ErrorKind::invalid);
  CHECK(error.what.find("UIDL") != std::string::npos);
  CHECK(!error.next_step.empty());
  CHECK(town.arrived().empty());
  CHECK(town.post.count("RETR") == 0);
}

Task<void> ids_given_twice(PostOffice& town) {
  co_await fill(town);
  town.post.messages[1].id = town.post.messages[3].id = "same";
  co_await town.pass();
  CHECK(town.arrived() == town.posted());
  town.post.messages.erase(town.post.messages.begin() + 1);
  town.deliver("same", letter("6"));
  const auto report = co_await town.pass();
  CHECK(report.copied == 1);
  CHECK(town.arrived().size() == 6);
}

// The server was moved, or its mailbox restored: all ids are others.
Task<void> all_ids_change(PostOffice& town) {
  co_await fill(town);
  co_await town.pass();
  for (auto& one : town.post.messages) one.id = "new-" + one.id;
  town.deliver("new-6", letter("6"));
  const auto report = co_await town.pass();
  CHECK(report.copied == 1);
  CHECK(town.arrived() == town.posted());
}

Task<void> in_use(PostOffice& town) {
  co_await fill(town);
  for (const std::string words : {"[IN-USE] Do you have another session?", "maildrop locked"}) {
    town.post.refuses_log_in = words;
    const Error error = co_await failing_pass(town);
    CHECK(error.kind == ErrorKind::refused);
    CHECK(error.temporary);
    CHECK(error.server_words == words);
    CHECK(town.world->sync->progress(town.world->account).state == migration::CopyState::failed);
  }
  const std::size_t before = town.log_ins;
  for (const std::string words : {"[AUTH] wrong", "account locked, too many tries"}) {
    town.post.refuses_log_in = words;
    CHECK((co_await failing_pass(town)).kind == ErrorKind::authentication);
  }
  CHECK(town.log_ins == before + 2);  // a wrong password is not tried in a loop
}

// A greeting that offers APOP says little: most such servers know passwords only, some APOP only.
Task<void> apop_or_password(PostOffice& town) {
  co_await fill(town);
  town.post.banner = "+OK ready <1896.697170952@post.example>";
  CHECK((co_await town.pass()).copied == 5);
  CHECK(town.post.count("APOP") == 0);
  CHECK(town.log_ins == 1);
  town.post.apop = true;
  town.deliver("id-6", letter("6"));
  CHECK((co_await town.pass()).copied == 1);
  CHECK(town.post.count("APOP") == 1);
  CHECK(town.log_ins == 3);
}

// What was read on the new side before the cut-over stays read: POP3 knows no marks.
Task<void> marks_stay(PostOffice& town) {
  co_await fill(town);
  co_await town.pass();
  co_await town.set_flags(new_side, 2, "\\Seen");
  for (int pass = 0; pass < 3; ++pass) {
    town.deliver("x" + std::to_string(pass), letter("x" + std::to_string(pass)));
    co_await town.pass();
  }
  const auto now = town.mailbox(new_side);
  CHECK(now.size() == 8);
  CHECK(std::ranges::count_if(now, [](const auto& one) { return one.flags != 0; }) == 1);
}

Task<void> after_the_cut_over(PostOffice& town) {
  co_await fill(town);
  co_await town.pass();
  co_await town.put(new_side, letter("8"));  // arrived there by itself: it cannot be brought home
  CHECK((co_await town.pass()).matched == 5);
  co_await town.cut_over();
  town.deliver("late", letter("9"));                     // a straggler
  co_await town.put(new_side, letter("7"));              // arrived at home
  co_await town.put(new_side, letter("s"), "", "Sent");  // a folder that POP3 does not know
  for (int pass = 0; pass < 2; ++pass) {
    const auto report = co_await town.pass(new_side);
    CHECK(report.copied == (pass == 0 ? 1 : 0));
    CHECK(report.skipped == 0);
    CHECK(report.matched == report.source_messages);
  }
  CHECK(town.arrived().size() == 8);
  const auto progress = town.world->sync->progress(town.world->account);
  CHECK(progress.state == migration::CopyState::in_sync);
  CHECK(progress.problem.find("read by POP3 alone") != std::string::npos);
  CHECK(town.world->sync->skipped(town.world->account).empty());
  CHECK(co_await town.is_clean());
  CHECK(town.post.count("DELE") == 0);
  // Removed at home: nothing is removed at the POP3 side, and it does not come back.
  co_await town.remove(new_side, 1);
  co_await town.pass(new_side);
  co_await town.pass(new_side);
  CHECK(town.arrived().size() == 7);

  // And back: what arrived meanwhile stays where it is.
  co_await town.world->step(migration::Step::roll_back);
  const auto report = co_await town.pass();
  CHECK(report.copied == 0);
  CHECK(report.matched == report.source_messages);
  CHECK(town.arrived().size() == 7);
  CHECK(co_await town.is_clean());
}

Task<void> after_a_restart(PostOffice& town) {
  co_await fill(town);
  co_await town.pass();
  town.world->close();
  co_await town.world->open();
  town.take_away("id-1");
  town.deliver("id-6", letter("6"));
  CHECK((co_await town.pass()).copied == 1);
  CHECK(town.arrived().size() == 6);
}

class Bodies final : public net::ImapHandler {
 public:
  std::vector<std::string> texts;
  std::vector<std::uint64_t> sizes;
  Task<Result<void>> on_body(const imap::response::Fetch&, std::uint64_t size) override {
    sizes.push_back(size);
    texts.emplace_back();
    co_return Result<void>{};
  }
  Task<Result<void>> on_body_bytes(std::string_view bytes) override {
    texts.back() += bytes;
    co_return Result<void>{};
  }
};

Task<Result<void>> fetch_section(net::ImapClient& client, imap::Section section, Bodies& bodies) {
  imap::BodyRequest body;
  body.peek = true;
  body.section = std::move(section);
  imap::FetchAttributes attributes;
  attributes.bodies.push_back(std::move(body));
  imap::SequenceSet all;
  all.add(1, imap::SequenceSet::star);
  client.stream_bodies_from(0);
  co_return co_await client.fetch(all, attributes, bodies);
}

// What an ImapClient meets there, beyond what the sync asks for.
Task<void> as_an_imap_server(PostOffice& town) {
  co_await fill(town, 2);
  const auto account = *town.world->registry->routes()->account(town.world->account);
  auto opened = co_await town.world->access->open_mailboxes(account, old_side);
  REQUIRE(opened);
  net::ImapClient& client = **opened;
  const std::string inbox("INBOX");
  const std::string other("Sent");
  CHECK((co_await client.list("", "*"))->size() == 1);
  CHECK((co_await client.list_subscribed())->empty());
  CHECK((co_await client.select(other)).error().kind == ErrorKind::not_found);
  const auto box = co_await client.select(inbox);
  REQUIRE(box);
  CHECK(box->read_only);
  CHECK(box->exists == 2);
  CHECK(box->uid_next == 3);
  CHECK(box->uid_validity > 0);
  const imap::StatusItems items = imap::status_messages | imap::status_uid_validity;
  CHECK((co_await client.status(inbox, items))->uid_validity == box->uid_validity);
  Bodies whole, header, subject;
  const imap::Section section;
  REQUIRE(co_await fetch_section(client, section, whole));
  CHECK(whole.texts ==
        std::vector<std::string>{town.post.messages[0].wire, town.post.messages[1].wire});
  CHECK(whole.sizes[0] == town.post.messages[0].wire.size());
  imap::Section head;
  head.text = imap::SectionText::header;
  REQUIRE(co_await fetch_section(client, head, header));
  CHECK(header.texts[0] + std::string(400, 'a') + "\r\n" == town.post.messages[0].wire);
  head.text = imap::SectionText::header_fields;
  head.fields.emplace_back("subject");
  REQUIRE(co_await fetch_section(client, head, subject));
  CHECK(subject.texts == std::vector<std::string>{"Subject: 1\r\n\r\n", "Subject: 2\r\n\r\n"});
  const std::string by_header(
      "SINCE 24-Nov-2026 OR HEADER Subject \"zzz\" HEADER Message-ID 2@EXAMPLE");
  CHECK((co_await client.search(by_header))->to_string() == "2");
  const std::string too_late("UID 1:* SINCE 25-Nov-2026");
  CHECK((co_await client.search(too_late))->empty());
  const std::string not_first("NOT 1 LARGER 100");
  CHECK((co_await client.search(not_first))->to_string() == "2");
  // Refused, and nothing is worse for it.
  net::ImapAppend message;
  const std::string bytes("Subject: x\r\n\r\n");
  CHECK((co_await client.append(inbox, message, bytes)).error().kind == ErrorKind::refused);
  CHECK(!co_await client.create(other));
  CHECK(!co_await client.search("UNSEEN"));
  imap::SequenceSet one;
  one.add(1);
  const std::vector<std::string> seen{"\\Seen"};
  CHECK(!co_await client.store(one, imap::command::StoreAction::add, seen));
  CHECK(!co_await client.expunge(one));
  imap::FetchAttributes envelope;
  envelope.envelope = true;
  CHECK(!co_await client.fetch(one, envelope, whole));
  REQUIRE(co_await client.noop());
  REQUIRE(co_await client.logout());
  CHECK(town.post.count("DELE") == 0);
  CHECK(town.post.count("QUIT") == 1);
}

Task<void> cut_at(PostOffice& town, std::uint64_t byte) {
  co_await fill(town);
  town.post.messages[1].listed = 7;
  town.heal();
  town.at(new_side).cut_after = byte;
  (void)co_await town.world->sync->run_delta(town.world->account, old_side);
  town.heal();
  CHECK((co_await town.pass()).matched == 5);
  CHECK(town.arrived() == town.posted());
}

Task<void> seen_by_the_preflight(PostOffice& town) {
  co_await fill(town, 2);
  town.at(new_side).replace = {{"APPENDLIMIT=1000000", "APPENDLIMIT=0000900"}};
  town.deliver("big", letter("b", std::string(1000, 'x') + "\r\n"));
  const migration::Preflight preflight(*town.world->access);
  const auto account = *town.world->registry->routes()->account(town.world->account);
  const auto found = co_await preflight.examine(account);
  CHECK(found.light() == migration::Light::amber);
  CHECK(found.at(old_side).messages == 3);
  CHECK(found.at(old_side).bytes);
  const auto kinds = [&](migration::Remark::Kind kind) {
    return std::ranges::count(found.remarks, kind, &migration::Remark::kind);
  };
  CHECK(kinds(migration::Remark::Kind::pop3_only) == 1);
  CHECK(kinds(migration::Remark::Kind::oversize) == 1);
  CHECK(found.remarks.size() == 2);
}

}  // namespace

#define POP3_CASE(name, body) \
  TEST_CASE(name) {           \
    PostOffice town;          \
    town.run(body(town));     \
  }

POP3_CASE("POP3 source: first copy and delta, each message once", first_copy_and_delta)
POP3_CASE("POP3 source: dots, NUL, nothing, and more than fits into memory", odd_bytes)
POP3_CASE("POP3 source: bare line feeds", bare_line_feeds)
POP3_CASE("POP3 source: LIST says wrong sizes", wrong_sizes)
POP3_CASE("POP3 source: a session breaks in the middle of a message", broken_half_way)
POP3_CASE("POP3 source: a message that the server will not give", one_is_refused)
POP3_CASE("POP3 source: no TOP", without_top)
POP3_CASE("POP3 source: TOP of one message is refused", no_header_of_one)
POP3_CASE("POP3 source: no UIDL", without_uidl)
POP3_CASE("POP3 source: neither UIDL nor TOP is refused", without_uidl_and_top)
POP3_CASE("POP3 source: one id for two messages", ids_given_twice)
POP3_CASE("POP3 source: all ids change", all_ids_change)
POP3_CASE("POP3 source: a mailbox in use is no wrong password", in_use)
POP3_CASE("POP3 source: APOP or password", apop_or_password)
POP3_CASE("POP3 source: marks on the new side stay", marks_stay)
POP3_CASE("POP3 source: cut over, stragglers, and back", after_the_cut_over)
POP3_CASE("POP3 source: what an IMAP client meets there", as_an_imap_server)
POP3_CASE("POP3 source: the ids outlive a restart", after_a_restart)
POP3_CASE("POP3 source: the preflight says what will not be kept", seen_by_the_preflight)

TEST_CASE("POP3 source: many messages are asked for at once, where the server can do that") {
  for (const bool offered : {false, true}) {
    PostOffice town;
    town.run(asked_together(town, offered));
  }
}

TEST_CASE("POP3 source: what goes there is no deletion, whatever the settings say") {
  for (const bool propagate : {false, true}) {
    PostOffice town;
    town.world->settings.sync.propagate_deletes = propagate;
    town.run(gone_is_not_deleted(town));
  }
}

TEST_CASE("POP3 source: the target's connection breaks at byte n") {
  for (std::uint64_t byte = 0; byte < 6000; byte += 641) {
    INFO("cut after " << byte << " bytes");
    PostOffice town;
    town.run(cut_at(town, byte));
  }
}

}  // namespace tandem::sync
