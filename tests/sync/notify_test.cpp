// A side that tells of all its folders (NOTIFY): the built-in server behind somebody who answers
// NOTIFY in its place and says what the test wants said. By a clock that is moved.
#include <fmt/format.h>

#include "tests/sync/timed_sides.hpp"

namespace tandem::sync {
namespace {

const std::string work("Work");

// Of one side.
struct Notifier {
  std::string answer = "OK granted";  // to the question for all folders
  std::string now;                    // said before it: folders as they are
  std::size_t asked = 0;
  std::size_t ended = 0;
  net::Stream* hears = nullptr;  // who was granted it
};

class NotifyStream final : public tandem::test::ForwardingStream {
 public:
  NotifyStream(net::StreamPtr inner, Notifier& notifier)
      : ForwardingStream(std::move(inner)), notifier_(notifier) {}
  ~NotifyStream() override {
    if (notifier_.hears == inner_.get()) notifier_.hears = nullptr;
  }
  NotifyStream(const NotifyStream&) = delete;
  NotifyStream& operator=(const NotifyStream&) = delete;

  // The client waits for the answer to NOTIFY, so that nothing else comes with it.
  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    while (true) {
      const auto count = co_await inner_->read_some(into);
      const std::string line(into.data(), count.value_or(0));
      if (line.find(" NOTIFY SET ") == std::string::npos) co_return count;
      const std::string tag = line.substr(0, line.find(' '));
      std::string said = tag + " OK as before\r\n";
      if (line.find("(PERSONAL") != std::string::npos) {
        ++notifier_.asked;
        said = notifier_.now + tag + " " + notifier_.answer + "\r\n";
        if (notifier_.answer.starts_with("OK")) notifier_.hears = inner_.get();
      } else {
        ++notifier_.ended;
        notifier_.hears = nullptr;
      }
      (void)co_await inner_->write(said);
    }
  }

 private:
  Notifier& notifier_;
};

class NotifyingSides final : public TimedSides {
 public:
  NotifyingSides() {
    for (const Side side : {old_side, new_side})
      at(side).replace = {{" IDLE NAMESPACE", " IDLE NOTIFY NAMESPACE"}};
  }
  std::array<Notifier, 2> notifiers;  // by Side
  Notifier& notifier(Side side) { return notifiers[static_cast<std::size_t>(side)]; }

  // To whoever was granted it, without being asked.
  Task<void> say(Side side, std::string line) {
    REQUIRE(notifier(side).hears != nullptr);
    line += "\r\n";
    CHECK(co_await notifier(side).hears->write(line));
  }

 private:
  Task<void> serve(net::StreamPtr stream) override {
    Notifier& one = notifier(side_of(*stream));
    auto notifying = std::make_unique<NotifyStream>(std::move(stream), one);
    return hall.server->serve(std::move(notifying), net::Protocol::imap, server::Trust::in_process,
                              hall.net.group);
  }
};

std::string status(std::string_view folder, std::size_t messages) {
  return fmt::format("* STATUS {} (MESSAGES {} UIDNEXT {} UIDVALIDITY 1)", folder, messages,
                     messages + 1);
}

// INBOX and Work, with a letter each.
Task<void> two_folders(NotifyingSides& two) {
  {
    const auto user = co_await two.client(old_side);
    REQUIRE(co_await user->create(work));
  }
  co_await two.put(old_side, letter("a"));
  co_await two.put(old_side, letter("a"), "", work);
}

// In sync, watched, and nothing under way. What is heard is counted from here.
Task<void> come_to_rest(NotifyingSides& two) {
  const auto in_sync = [&] { return two.state() == CopyState::in_sync; };
  CHECK(co_await two.becomes(in_sync));
  co_await two.pass_time(seconds(2));
  CHECK(co_await two.becomes(in_sync));
  two.listen_anew();
}

bool has_passed(NotifyingSides& two) {
  return two.heard(old_side, " LIST ") > 0;
}

// Within moments, as far as the clock is moved meanwhile.
Task<void> is_copied(NotifyingSides& two, Side from, std::string folder, std::size_t count) {
  const SteadyTime since = two.timers.clock().steady();
  const auto copied = [&] { return two.mailbox(migration::other(from), folder).size() == count; };
  CHECK(co_await two.becomes(copied));
  CHECK(two.timers.clock().steady() - since < seconds(20));
}

Task<void> another_folder(NotifyingSides& two) {
  co_await come_to_rest(two);
  std::size_t count = 1;
  for (const Side side : {old_side, new_side, old_side}) {  // the watch begins anew each time
    CHECK(two.notifier(side).hears != nullptr);
    co_await two.put(side, letter(std::to_string(++count)), "", work);
    co_await two.say(side, status(work, count));
    co_await is_copied(two, side, work, count);
    co_await come_to_rest(two);
  }
  for (const Side side : {old_side, new_side}) {
    // While a pass runs nothing is told.
    CHECK(two.notifier(side).asked == two.notifier(side).ended + 1);
    CHECK(two.heard(side, "STATUS Work") == 0);
  }
}

// A flag, a folder's name, and what a server has told too much of.
Task<void> other_news(NotifyingSides& two) {
  co_await come_to_rest(two);
  for (const std::string line : {"* STATUS Work (HIGHESTMODSEQ 4711)", "* LIST () \"/\" Later",
                                 "* OK [NOTIFICATIONOVERFLOW] too much"}) {
    INFO(line);
    co_await two.say(old_side, line);
    const auto passed = [&] { return has_passed(two); };
    CHECK(co_await two.becomes(passed));
    co_await come_to_rest(two);
  }
  // Not asked for again on this connection; INBOX is heard of all the same.
  CHECK(two.notifier(old_side).hears == nullptr);
  CHECK(two.notifier(new_side).hears != nullptr);
  co_await two.put(old_side, letter("b"));
  const std::string inbox("INBOX");
  co_await is_copied(two, old_side, inbox, 2);
}

Task<void> no_news(NotifyingSides& two) {
  co_await come_to_rest(two);
  for (const std::string& line :
       {status(work, 1), status("\"Not copied\"", 17), std::string("* STATUS Work (UNSEEN 1)")})
    for (int times = 0; times < 20; ++times) {
      co_await two.say(old_side, line);
      co_await two.pass_time(seconds(1));
    }
  CHECK_FALSE(has_passed(two));
  CHECK(two.heard(old_side, "IDLE") > 0);  // it was heard, and not acted upon
}

// What came, or was flagged, between the pass and the question is seen by the answer; once.
Task<void> came_before(NotifyingSides& two, std::string said) {
  co_await come_to_rest(two);
  two.notifier(old_side).now = said + "\r\n" + status("Nobody", 3) + "\r\n";
  const std::string inbox("INBOX");
  co_await two.put(old_side, letter("b"));
  co_await is_copied(two, old_side, inbox, 2);
  // Behind the first pass, that of the letter, and one more.
  const SteadyTime since = two.timers.clock().steady();
  const auto thrice = [&] { return two.notifier(old_side).asked == 3; };
  CHECK(co_await two.becomes(thrice));
  CHECK(two.timers.clock().steady() - since < seconds(20));
  co_await come_to_rest(two);
  co_await two.pass_time(minutes(4));
  CHECK(thrice());
}

Task<void> refused(NotifyingSides& two) {
  co_await come_to_rest(two);
  CHECK(two.notifier(old_side).hears == nullptr);
  co_await two.put(old_side, letter("b"));
  const std::string inbox("INBOX");
  co_await is_copied(two, old_side, inbox, 2);
  co_await come_to_rest(two);
  CHECK(two.notifier(old_side).asked == 1);
  CHECK(two.notifier(old_side).ended == 0);
  co_await two.put(old_side, letter("b"), "", work);
  co_await two.pass_time(minutes(4));
  CHECK(two.mailbox(new_side, work).size() == 1);
  co_await two.pass_time(minutes(1) + seconds(30));
  const auto copied = [&] { return two.mailbox(new_side, work).size() == 2; };
  CHECK(co_await two.becomes(copied));
}

}  // namespace

TEST_CASE("NOTIFY: what arrives in any folder of either side is on the other within moments") {
  NotifyingSides two;
  two.run_beside(two_folders(two), another_folder(two));
}
TEST_CASE("NOTIFY: flags, new folders and an overflow are news; then INBOX alone is watched") {
  NotifyingSides two;
  two.run_beside(two_folders(two), other_news(two));
}
TEST_CASE("NOTIFY: what is told again, or of folders that are not copied, is no news") {
  NotifyingSides two;
  two.run_beside(two_folders(two), no_news(two));
}
TEST_CASE("NOTIFY: what came between the pass and the watch is seen, once") {
  for (const std::string& said :
       {status(work, 9),
        std::string("* STATUS Work (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 1 HIGHESTMODSEQ 4711)")}) {
    INFO(said);
    NotifyingSides two;
    two.run_beside(two_folders(two), came_before(two, said));
  }
}
TEST_CASE("NOTIFY: where it is refused INBOX alone is watched") {
  for (const std::string answer :
       {"NO not now", "NO [BADEVENT (MessageNew MessageExpunge)] less", "BAD what?"}) {
    INFO(answer);
    NotifyingSides two;
    two.notifier(old_side).answer = answer;
    two.run_beside(two_folders(two), refused(two));
  }
}

}  // namespace tandem::sync
