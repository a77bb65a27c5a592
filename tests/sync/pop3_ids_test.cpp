// POP3 servers whose ids do not do what RFC 1939 asks of them, and what they say of their moods.
#include "tests/sync/post_office.hpp"

namespace tandem::sync {
namespace {

using server::test::letter;

// Ids that RFC 1939 means: nothing of a position in them.
std::string lasting(std::string_view name) {
  return "6578616d706c65." + std::string(name);
}

Task<void> fill_lasting(PostOffice& town, int messages = 5) {
  for (int at = 1; at <= messages; ++at)
    town.deliver(lasting(std::to_string(at)), letter("m" + std::to_string(at)));
  co_return;
}

// All of one size; each one's id is its number of the day.
void fill_numbers(PostOffice& town, int messages) {
  for (int at = 1; at <= messages; ++at)
    town.deliver(std::to_string(at), letter(std::to_string(100 + at)));
}
void number_anew(PostOffice& town) {
  for (std::size_t at = 0; at < town.post.messages.size(); ++at)
    town.post.messages[at].id = std::to_string(at + 1);
}

Task<void> id_used_again(PostOffice& town, std::string id, std::string other) {
  co_await fill_lasting(town);
  town.deliver(id, letter("one"));
  co_await town.pass();
  auto expected = town.posted();
  town.take_away(id);
  town.deliver(id, other);
  CHECK((co_await town.pass()).copied == 1);
  expected.push_back(other);
  std::ranges::sort(expected);
  CHECK(town.arrived() == expected);
  CHECK((co_await town.pass()).copied == 0);
  CHECK(co_await town.is_clean());
  // The first turns up again, under that id and then beside it.
  town.take_away(id);
  town.deliver(id, letter("one"));
  CHECK((co_await town.pass()).copied == 0);
  town.deliver(lasting("again"), other);
  CHECK((co_await town.pass()).copied == 0);
  CHECK(town.arrived() == expected);
}

Task<void> ids_are_positions(PostOffice& town) {
  fill_numbers(town, 20);
  co_await town.pass();
  const auto before = town.arrived();
  town.post.messages.erase(town.post.messages.begin() + 4);
  number_anew(town);
  auto report = co_await town.pass();
  CHECK(report.copied == 0);
  CHECK(report.matched == 19);
  CHECK(town.arrived() == before);

  town.post.messages.erase(town.post.messages.begin());
  town.deliver("", letter("200"));
  town.deliver("", letter("201"));
  number_anew(town);
  CHECK((co_await town.pass()).copied == 2);
  CHECK(town.arrived().size() == 22);

  town.world->close();
  co_await town.world->open();
  // The last goes and another of its size comes: only the last one's header tells.
  town.post.messages.pop_back();
  town.deliver("", letter("202"));
  number_anew(town);
  CHECK((co_await town.pass()).copied == 1);
  CHECK(town.arrived().size() == 23);

  town.post.messages.clear();
  co_await town.pass();
  town.deliver("1", letter("203"));
  CHECK((co_await town.pass()).copied == 1);
  CHECK((co_await town.pass()).copied == 0);
  CHECK(town.arrived().size() == 24);
}

// What twice the same is called is not known; how often it is there, is.
Task<void> twins_at_positions(PostOffice& town) {
  for (const std::string subject : {"101", "102", "102", "103", "104"})
    town.deliver("", letter(subject));
  number_anew(town);
  co_await town.pass();
  const auto before = town.arrived();
  CHECK(before == town.posted());
  town.post.messages.erase(town.post.messages.begin());
  number_anew(town);
  CHECK((co_await town.pass()).copied == 0);
  CHECK(town.arrived() == before);
}

// As servers do that note in a message that it was fetched.
Task<void> sizes_change(PostOffice& town, bool top) {
  town.post.top = top;
  co_await fill_lasting(town);
  co_await town.pass();
  const auto before = town.arrived();
  for (auto& one : town.post.messages) one.wire.insert(0, "Status: RO\r\nX-UIDL: 7\r\n");
  const auto looks = [&] { return town.post.count("TOP") + town.post.count("RETR"); };
  const std::size_t asked = looks();
  CHECK((co_await town.pass()).copied == 0);
  CHECK(looks() == asked + 5);
  CHECK((co_await town.pass()).copied == 0);
  CHECK(looks() == asked + 5);  // each once
  for (auto& one : town.post.messages) one.listed = 1234;
  CHECK((co_await town.pass()).copied == 0);
  CHECK(town.arrived() == before);
  CHECK(co_await town.is_clean());
}

// Nothing in its header says which message it is: of another size, it is another.
Task<void> poor_headers(PostOffice& town) {
  const std::string head = "From: scanner@example.jp\r\nSubject: Report\r\n\r\n";
  co_await fill_lasting(town);
  town.deliver(lasting("r"), head + "of Monday\r\n");
  town.deliver(lasting("f"), head + "of Friday\r\n");
  co_await town.put(new_side, head + "of Friday\r\n");  // it is never fetched whole
  co_await town.pass();
  CHECK(town.arrived().size() == 7);
  town.take_away(lasting("f"));
  town.deliver(lasting("f"), head + "of Saturday\r\n");
  CHECK((co_await town.pass()).copied == 1);
  CHECK(town.arrived().size() == 8);
  town.take_away(lasting("r"));
  town.deliver(lasting("r"), head + "of Wednesday\r\n");
  CHECK((co_await town.pass()).copied == 1);
  CHECK(town.arrived().size() == 9);
  for (auto& one : town.post.messages) one.listed = 99;
  CHECK((co_await town.pass()).copied == 0);
  CHECK((co_await town.pass()).copied == 0);
  CHECK(town.arrived().size() == 9);
}

// One that cannot be looked at is what its id says, until it can.
Task<void> in_doubt(PostOffice& town) {
  co_await fill_lasting(town, 3);
  co_await town.pass();
  const std::string id = lasting("3");
  town.take_away(id);
  town.deliver(id, letter("other", "of another size\r\n"));
  town.post.refuses = town.post.refuses_top = {upper(id), id};
  CHECK((co_await town.pass()).copied == 0);
  town.post.refuses.clear();
  town.post.refuses_top.clear();
  CHECK((co_await town.pass()).copied == 1);
  CHECK(town.arrived().size() == 4);
}

Task<void> looks_are_few(PostOffice& town) {
  fill_numbers(town, 100);
  co_await town.pass();
  const std::size_t before = town.post.count("TOP");
  for (int pass = 0; pass < 3; ++pass) CHECK((co_await town.pass()).copied == 0);
  CHECK(town.post.count("TOP") == before + 3 * 8);
  CHECK(town.post.count("RETR") == 100);
}

Task<void> long_ids(PostOffice& town) {
  const std::string alike(250, 'z');
  for (int at = 1; at <= 5; ++at)
    town.deliver(alike + std::to_string(at), letter(std::to_string(at)));
  CHECK((co_await town.pass()).copied == 5);
  town.take_away(alike + "1");
  town.deliver(alike + "6", letter("6"));
  CHECK((co_await town.pass()).copied == 1);
  CHECK((co_await town.pass()).copied == 0);
  CHECK(town.arrived().size() == 6);
}

Task<void> reordered(PostOffice& town, bool numbers) {
  if (numbers) fill_numbers(town, 12);
  if (!numbers) co_await fill_lasting(town, 12);
  co_await town.pass();
  const auto before = town.arrived();
  std::ranges::reverse(town.post.messages);
  auto report = co_await town.pass();
  CHECK(report.copied == 0);
  CHECK(report.matched == 12);
  std::ranges::rotate(town.post.messages, town.post.messages.begin() + 5);
  if (numbers) number_anew(town);
  report = co_await town.pass();
  CHECK(report.copied == 0);
  CHECK(report.matched == 12);
  CHECK(town.arrived() == before);
  CHECK(co_await town.is_clean());
}

// RFC 3206 and 2449: the server says itself that it passes, and no password is wrong.
Task<void> passing_moods(PostOffice& town, std::string words, bool at_greeting) {
  co_await fill_lasting(town);
  const std::string greeting = town.post.banner;
  if (at_greeting)
    town.post.banner = "-ERR " + words;
  else
    town.post.refuses_log_in = words;
  const auto failed = co_await town.world->sync->run_delta(town.world->account, old_side);
  REQUIRE(!failed);
  CHECK(failed.error().kind == ErrorKind::refused);
  CHECK(failed.error().temporary);
  CHECK(failed.error().server_words == words);
  CHECK(town.world->sync->progress(town.world->account).state == migration::CopyState::failed);
  town.post.banner = greeting;
  town.post.refuses_log_in.clear();
  CHECK((co_await town.pass()).copied == 5);
}

}  // namespace

#define POP3_IDS_CASE(name, body) \
  TEST_CASE(name) {               \
    PostOffice town;              \
    town.run(body(town));         \
  }

POP3_IDS_CASE("POP3 source: ids that are positions", ids_are_positions)
POP3_IDS_CASE("POP3 source: ids that are positions, and equal messages", twins_at_positions)
POP3_IDS_CASE("POP3 source: a used id whose messages say little of themselves", poor_headers)
POP3_IDS_CASE("POP3 source: a message in doubt that cannot be looked at", in_doubt)
POP3_IDS_CASE("POP3 source: short ids cost eight looks a session", looks_are_few)
POP3_IDS_CASE("POP3 source: ids longer than 70 bytes", long_ids)

TEST_CASE("POP3 source: an id is given to another message") {
  const std::string longer = letter("other", "of another size\r\n");
  for (const auto& [id, other] :
       {std::pair(lasting("x"), longer), std::pair(std::string("id-1"), longer),
        std::pair(std::string("id-1"), letter("two")),
        std::pair(std::string("17"), letter("two"))}) {
    INFO(id << ", " << other.size() << " bytes");
    PostOffice town;
    town.run(id_used_again(town, id, other));
  }
}

TEST_CASE("POP3 source: LIST comes to say other sizes of the same messages") {
  for (const bool top : {true, false}) {
    PostOffice town;
    town.run(sizes_change(town, top));
  }
}

TEST_CASE("POP3 source: the list is in another order") {
  for (const bool numbers : {false, true}) {
    PostOffice town;
    town.run(reordered(town, numbers));
  }
}

TEST_CASE("POP3 source: what passes by itself is no wrong password") {
  for (const std::string words :
       {"[SYS/TEMP] The directory is away", "[LOGIN-DELAY] Wait 60 seconds between log-ins",
        "[IN-USE] Another session is open"}) {
    for (const bool at_greeting : {false, true}) {
      INFO(words);
      PostOffice town;
      town.run(passing_moods(town, words, at_greeting));
    }
  }
}

}  // namespace tandem::sync
