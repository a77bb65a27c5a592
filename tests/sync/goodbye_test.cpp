// Servers that leave in the middle, and mailboxes that are full: nothing is left out, nothing comes
// twice, and it goes on.
#include "sync/transfer.hpp"
#include "tests/sync/two_sides.hpp"
#include "tests/sync/waiting.hpp"

namespace tandem::sync {
namespace {

// Once: when a server is about to say the one, or hears the other, it says goodbye instead.
struct Goodbye {
  std::string words;
  std::string instead_of;
  std::string at_hearing;
  int due = 1;  // the how manieth time; 0: it is over
};

class LeavingStream final : public tandem::test::ForwardingStream {
 public:
  LeavingStream(net::StreamPtr inner, Goodbye& goodbye)
      : ForwardingStream(std::move(inner)), goodbye_(goodbye) {}

  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    auto count = co_await inner_->read_some(into);
    const std::string_view bytes(into.data(), count.value_or(0));
    if (find(bytes, goodbye_.at_hearing) == std::string_view::npos) co_return count;
    const std::string nothing;
    co_await leave(nothing);
    co_return fail(ErrorKind::closed, "left");
  }
  Task<Result<void>> write(std::string_view bytes) override {
    const std::size_t at = find(bytes, goodbye_.instead_of);
    if (at == std::string_view::npos) co_return co_await inner_->write(bytes);
    const std::size_t line = bytes.substr(0, at).rfind('\n');
    const std::string before(bytes.substr(0, line == std::string_view::npos ? 0 : line + 1));
    co_await leave(before);
    co_return fail(ErrorKind::closed, "left");
  }

 private:
  std::size_t find(std::string_view bytes, std::string_view what) {
    if (what.empty() || goodbye_.due == 0) return std::string_view::npos;
    for (auto at = bytes.find(what); at != std::string_view::npos; at = bytes.find(what, at + 1))
      if (--goodbye_.due == 0) return at;
    return std::string_view::npos;
  }
  Task<void> leave(std::string before) {
    const std::string last = before + "* BYE " + goodbye_.words + "\r\n";
    (void)co_await inner_->write(last);
    inner_->close();
  }

  Goodbye& goodbye_;
};

class LeavingSides final : public TwoSides {
 public:
  Goodbye goodbye;

 private:
  Task<void> serve(net::StreamPtr stream) override {
    auto leaving = std::make_unique<LeavingStream>(std::move(stream), goodbye);
    return hall.server->serve(std::move(leaving), net::Protocol::imap, server::Trust::in_process,
                              hall.net.group);
  }
};

constexpr int number_of_letters = 4;

Task<void> fill_letters(TwoSides& two, std::size_t bytes = 200) {
  for (int at = 1; at <= number_of_letters; ++at) {
    const std::string name = "m" + std::to_string(at);
    co_await two.put(old_side, "Subject: " + name + "\r\nFrom: a@b.example\r\nMessage-ID: <" +
                                   name + "@b.example>\r\n\r\n" + std::string(bytes, 'x') + " of " +
                                   name + "\r\n");
  }
}

Task<void> left_once(LeavingSides& two, Goodbye goodbye, bool asks_for_time) {
  co_await fill_letters(two);
  two.goodbye = std::move(goodbye);
  const auto first = co_await two.world->sync->run_delta(two.world->account, old_side);
  CHECK(two.goodbye.due == 0);
  CHECK(first.has_value() != asks_for_time);  // what only broke is tried again at once
  if (!first) {
    const auto shown = two.world->sync->progress(two.world->account);
    CHECK(shown.state == migration::CopyState::failed);
    CHECK(shown.server_words.find(two.goodbye.words) != std::string::npos);
    CHECK(shown.next_step.find("asks for a pause") != std::string::npos);
  }
  CHECK(two.world->sync->skipped(two.world->account).empty());
  const auto report = co_await two.pass();
  CHECK(report.matched == number_of_letters);
  CHECK(report.skipped == 0);
  CHECK(two.mailbox(new_side) == two.mailbox(old_side));
  CHECK(two.world->sync->progress(two.world->account).state == migration::CopyState::in_sync);
  const auto verified = co_await two.world->sync->verify(two.world->account, true);
  REQUIRE(verified);
  CHECK(verified->clean);
}

// The quota leaves room for two of the four.
Task<void> full_for_a_while(TwoSides& two, std::string words, bool poor) {
  co_await fill_letters(two, 1000);
  two.hall.accounts.quota_of_baba = 2500;
  if (poor) two.make_poor(new_side);
  const std::string as_it_is = "[OVERQUOTA] The quota is used up";
  if (words != as_it_is) two.at(new_side).replace.emplace_back(as_it_is, words);
  const auto full = co_await two.world->sync->run_delta(two.world->account, old_side);
  REQUIRE(!full);
  CHECK(is_over_quota(full.error()));
  CHECK(two.world->sync->skipped(two.world->account).empty());
  auto shown = two.world->sync->progress(two.world->account);
  CHECK(shown.state == migration::CopyState::needs_you);
  CHECK(shown.server_words == words);
  CHECK(shown.next_step == "Give the mailbox more room; copying goes on by itself.");
  CHECK(two.mailbox(new_side).size() < number_of_letters);

  co_await two.world->step(migration::Step::start);
  net::TaskGroup group(two.hall.net.executor());
  group.spawn(two.world->sync->run(group));
  two.at(new_side).listen = true;
  const auto tried = [&two] { return two.heard(new_side, "APPEND") > 1; };
  co_await wait_until(tried);
  CHECK(two.world->sync->skipped(two.world->account).empty());
  two.hall.accounts.quota_of_baba = 0;
  const auto complete = [&two] {
    return two.world->sync->progress(two.world->account).state == migration::CopyState::in_sync;
  };
  co_await wait_until(complete);
  CHECK(two.mailbox(new_side) == two.mailbox(old_side));
  CHECK(co_await group.shut_down(std::chrono::seconds(10)));
}

const std::vector<std::pair<std::string, bool>> goodbyes = {
    {"Session expired, please login again.", false},
    {"Server shutting down", false},
    {"[THROTTLED] slower", true},
    {"Rate limit exceeded", true},
    {"Request is throttled. Suggested Backoff Time: 5 milliseconds", true},
};

void check_goodbyes(Goodbye goodbye, bool poor) {
  for (const auto& [words, asks_for_time] : goodbyes) {
    goodbye.words = words;
    for (goodbye.due = 1; goodbye.due <= number_of_letters; ++goodbye.due) {
      INFO(words << ", number " << goodbye.due);
      LeavingSides two;
      if (poor) two.make_poor(new_side);
      two.run(left_once(two, goodbye, asks_for_time));
    }
  }
}

}  // namespace

TEST_CASE("A server that says BYE in the middle of a FETCH costs no message anything") {
  check_goodbyes({.words = "", .instead_of = " BODY[] {", .at_hearing = ""}, false);
}
TEST_CASE("A server that says BYE in the middle of an APPEND costs no message anything") {
  for (const bool poor : {false, true})
    check_goodbyes({.words = "", .instead_of = "", .at_hearing = " of m"}, poor);
}
TEST_CASE("A server that takes a message and says BYE for an answer costs no message anything") {
  Goodbye goodbye{.words = "", .instead_of = "[APPENDUID", .at_hearing = ""};
  for (const auto& [words, asks_for_time] : goodbyes) {
    goodbye.words = words;
    INFO(words);
    LeavingSides two;
    two.run(left_once(two, goodbye, asks_for_time));
  }
}
TEST_CASE("A full mailbox leaves no message out, says what to do, and goes on when there is room") {
  for (const std::string words :
       {"[OVERQUOTA] The quota is used up", "Quota exceeded.", "Mailbox is over quota",
        "mailbox full", "[ALERT] You exceeded your mail quota."}) {
    for (const bool poor : {false, true}) {
      INFO(words);
      TwoSides two;
      two.world->options.longest_retry = Duration(20);
      two.run(full_for_a_while(two, words, poor));
    }
  }
}

}  // namespace tandem::sync
