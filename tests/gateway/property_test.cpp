// Random envelopes through the gateway to two servers with moods, homes changing underneath, judged
// by an oracle that knows only RFC 5321 and the invariants: what was promised is there once, what
// was refused is not there, whoever is not served is told, the copy is made once and never asked.
// TANDEM_GATEWAY_CASES (default 400) and TANDEM_GATEWAY_SEED (default 0) choose what is played; a
// failure prints the seed of its scene, which plays it again with TANDEM_GATEWAY_CASES=50.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fmt/core.h>
#include <set>

#include "lib/base/log.hpp"
#include "tests/gateway/scene.hpp"
#include "tests/gateway/world.hpp"

namespace tandem::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t cases_per_scene = 50;
constexpr std::array<const char*, 10> people = {
    "aoki@example.jp",
    "baba@example.jp",
    "chiba@example.jp",
    "dai@example.jp",
    "emi@example.jp",
    "fuji@example.jp",
    "unlisted@example.jp",
    "unlisted-too@example.jp",  // at the old side, if there
    "unlisted-third@example.jp",
    "stranger@elsewhere.example"};

// What the sending server knows of one recipient.
struct Knowledge {
  bool pending = true;
  bool promised = false;  // it has read a 2yz after the dot
  bool unknown = false;   // it lost a connection after a dot, once
};

struct Case {
  Scene& scene;
  World& world;
  std::string letter;
  std::map<std::string, Knowledge> known;
  bool sending = true;
  bool moving = true;
  std::set<std::string> moved;     // whose home changed
  std::multiset<SteadyTime> naps;  // until when those sleep who have nothing to wait for
};

Task<void> nap(Case& play, std::uint64_t most) {
  const auto pause = std::chrono::seconds(play.world.roll(most));
  const auto until = play.naps.insert(play.scene.net.clock().steady() + pause);
  co_await net::sleep_for(pause);
  play.naps.erase(until);
}

std::uint64_t number_of(const char* variable, std::uint64_t fallback) {
  const char* text = std::getenv(variable);
  return text == nullptr ? fallback : parse_number(text).value_or(fallback);
}

// The group of recipients that the gateway accepts at RCPT.
Task<std::vector<std::string>> ask_all(Case& play, net::SmtpClient& client) {
  std::vector<std::string> group;
  smtp::MailCommand mail{.from = play.scene.sender};
  const auto begun = co_await client.mail(std::move(mail));
  if (!begun || !begun->positive()) co_return group;
  for (auto& [recipient, known] : play.known) {
    if (!known.pending) continue;
    smtp::RcptCommand rcpt{.to = recipient};
    const auto reply = co_await client.rcpt(std::move(rcpt));
    if (!reply) break;
    if (reply->positive()) group.push_back(recipient);
    if (reply->permanent()) known.pending = false;
  }
  co_return group;
}

// The message and its answer; nothing: the answer was not read.
Task<std::optional<smtp::Reply>> send_content(Case& play, net::SmtpClient& client) {
  const auto go = co_await client.data_begin();
  if (!go) co_return std::nullopt;
  if (!go->intermediate()) co_return *go;
  if (play.world.chance(0.2)) {  // the connection is lost while the answer is under way
    const auto content = as_content(play.letter);
    const auto written = co_await client.stream().write(content);
    if (written) co_await play.scene.settle();
    client.close();
    co_return std::nullopt;
  }
  const auto written = co_await client.data_chunk(play.letter);
  if (!written) co_return std::nullopt;
  const auto replies = co_await client.data_end();
  if (!replies) co_return std::nullopt;
  co_return replies->front();
}

void learn(Case& play, const std::vector<std::string>& group,
           const std::optional<smtp::Reply>& reply) {
  play.world.tell("the sender reads " + (reply ? reply->to_string() : std::string("nothing")));
  for (const auto& recipient : group) {
    Knowledge& known = play.known[recipient];
    known.unknown = known.unknown || !reply;
    if (!reply) continue;
    known.promised = known.promised || reply->positive();
    if (!reply->temporary()) known.pending = false;
  }
}

bool anybody_left(const Case& play) {
  return std::ranges::any_of(play.known, [](const auto& one) { return one.second.pending; });
}

// A sending server: tries, reads what it is told, comes back for those who are left.
Task<void> sender(Case& play) {
  for (int round = 0; round < 5 && anybody_left(play); ++round) {
    const auto client = co_await play.scene.connect();
    const auto group = co_await ask_all(play, *client);
    if (!group.empty()) {
      const auto reply = co_await send_content(play, *client);
      learn(play, group, reply);
    }
    if (play.world.chance(0.5)) co_await client->quit();
    client->close();
    co_await nap(play, 900);
  }
  play.sending = false;
}

// Somebody is moved, or moved back, as a cut-over does it.
Task<void> mover(Case& play) {
  const std::array<const char*, 4> movable = {people[0], people[1], people[3], people[4]};
  const auto turns = play.world.roll(3);
  for (std::uint64_t i = 0; i < turns; ++i) {
    co_await nap(play, 600);
    const std::string address = movable[play.world.roll(4)];
    const migration::Account account = *play.scene.registry().routes()->account(address);
    const bool forth = account.phase == migration::Phase::mirror_old;
    const auto step = forth ? migration::Step::cut_over : migration::Step::roll_back;
    const bool quiet = co_await play.scene.gateway().hold_and_drain(account.id, 30s);
    const auto done =
        co_await play.scene.registry().take_step(account.id, step, account.epoch, "test");
    co_await play.scene.gateway().release(account.id);
    play.world.tell(address + (quiet ? " is moved" : " is moved while mail is under way"));
    play.moved.insert(address);
    REQUIRE(done);
  }
  play.moving = false;
}

// What is still to be done by the gateway; empty: nothing.
std::string left_over(Scene& scene) {
  const auto doubts = Journal(scene.store()).in_doubt();
  REQUIRE(doubts);
  std::string left;
  for (const auto& one : *doubts)
    left += fmt::format("in doubt: {} for {}\n", one.trace, one.recipient);
  for (const auto& one : scene.gateway().queue(1000))
    if (one.kind != "quarantined")
      left += fmt::format("{}: {} for {}, {} attempts, {}\n", one.kind, one.trace_id, one.recipient,
                          one.attempts, one.words);
  const auto pending = scene.gateway().counts("").mirrors_pending;
  if (pending > 0) left += fmt::format("{} copies pending\n", pending);
  return left;
}

// How far time may go at once: while everybody sleeps and the gateway has nothing to do, there is
// nothing to see.
Duration next_step(const Case& play) {
  const std::size_t awake = std::size_t{play.sending} + std::size_t{play.moving};
  if (play.naps.empty() || play.naps.size() < awake || !left_over(play.scene).empty()) return 30s;
  return std::max<Duration>(30s, *play.naps.begin() - play.scene.net.clock().steady());
}

// Time passes when nothing else is left to be done.
Task<void> play_out(Case& play) {
  while (play.sending || play.moving || play.world.filing > 0) {
    co_await play.scene.rest();
    play.scene.net.timers.advance(next_step(play));
  }
  play.world.trouble = 0;
  play.world.searchable = {true, true};
  const auto strange = std::exchange(play.world.unknown, {});  // the mailboxes are made at last
  for (int i = 0; i < 300 && !left_over(play.scene).empty(); ++i) {
    co_await play.scene.rest();
    play.scene.net.timers.advance(120s);
  }
  play.world.unknown = strange;
}

std::size_t count_of(const std::string& text, const std::string& part) {
  std::size_t count = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

// How often the sender was told that this recipient does not get it.
Task<std::size_t> times_told(Case& play, std::string recipient) {
  std::size_t told = 0;
  std::size_t told_late = 0;
  for (const auto& report : play.scene.outside.messages) {
    const auto named = count_of(report, "Final-Recipient: rfc822; " + recipient + "\r\n");
    (count_of(report, "Action: delayed\r\n") > 0 ? told_late : told) += named;
  }
  CHECK(told_late <= 1);
  if (told_late > 0) CHECK_FALSE(play.scene.sender.empty());  // T-36
  for (const auto& item : play.scene.gateway().queue(1000)) {
    if (item.kind != "quarantined" || item.recipient != recipient) continue;
    CHECK(play.scene.sender.empty());
    ++told;
    const auto dropped = co_await play.scene.gateway().drop(item.trace_id, recipient, "seen");
    CHECK(dropped);
  }
  co_return told;
}

// The oracle, for one recipient. `blind`: his mailbox could not always be looked into.
void judge_recipient(const Case& play, const std::string& recipient, const Knowledge& known,
                     std::size_t told, bool blind) {
  const auto found = play.world.copies.find(recipient);
  const Copies copies = found == play.world.copies.end() ? Copies{} : found->second;
  const int doubts = blind ? copies.unanswered : 0;
  INFO(recipient << ": promised " << known.promised << ", answer lost " << known.unknown
                 << ", stored " << copies.stored() << ", unanswered " << copies.unanswered
                 << ", copies " << copies.appended[0] << "+" << copies.appended[1] << ", told "
                 << told);
  if (known.promised) CHECK(copies.stored() + static_cast<int>(told) >= 1);  // I1
  CHECK(copies.stored() <= 1 + doubts);                                      // I2
  CHECK(told <= 1);                                                          // T-36
  if (told > 0) CHECK(play.world.refused_for_good);
  if (told > 0) CHECK(copies.stored() <= doubts);
  // R3. What is there all the same came in a silence, which is nobody's answer.
  if (!known.promised && !known.unknown) {
    CHECK(copies.stored() <= copies.unanswered);
    CHECK(told == 0);
  }
  for (const std::size_t side : {0U, 1U}) {  // R7, R8
    CHECK(copies.appended[side] <= 1);
    if (copies.appended[side] > 0) CHECK(copies.smtp[side] <= doubts);
    if (copies.appended[side] > 0) CHECK(copies.stored() >= 1);
  }
  const bool mirrored = recipient.starts_with("aoki") || recipient.starts_with("baba") ||
                        recipient.starts_with("dai") || recipient.starts_with("emi");
  const bool strange =
      play.world.unknown[0].contains(recipient) || play.world.unknown[1].contains(recipient);
  // The sync carries what the other side took in his stead.
  if (known.promised && told == 0 && mirrored && !strange) {
    CHECK(copies.smtp[0] + copies.appended[0] >= 1);
    CHECK(copies.smtp[1] + copies.appended[1] >= 1);
  }
  if (!mirrored) CHECK(copies.appended[0] + copies.appended[1] == 0);
}

void set_up(Case& play, std::uint64_t seed) {
  World& world = play.world;
  world.begin_case(seed);
  constexpr std::array<double, 4> moods = {0, 0.05, 0.15, 0.35};
  world.trouble = moods[world.roll(moods.size())];
  world.searchable = {world.chance(0.7), world.chance(0.7)};
  for (const std::size_t side : {0U, 1U}) {
    world.catch_all[side] = world.chance(0.3);
    world.multiappend[side] = world.chance(0.5);
    world.unknown[side].clear();
    for (const char* one : people)
      if (world.chance(0.1)) world.unknown[side].insert(one);
  }
  play.scene.outside.messages.clear();
  play.scene.sender = world.chance(0.1) ? "" : "sender@sender.example";
  play.letter = fmt::format("Subject: case {}\r\n\r\n{}\r\n.dots\r\n", seed, world.roll(1U << 30));
  world.body = play.letter;
  const auto count = 1 + world.roll(10);
  for (std::uint64_t i = 0; i < count; ++i) play.known[people[world.roll(people.size())]];
}

Task<void> play_case(Scene& scene, World& world, std::uint64_t seed) {
  Case play{scene, world, {}, {}, true, true, {}, {}};
  set_up(play, seed);
  const bool blind = !world.searchable[0] || !world.searchable[1];
  scene.net.group.spawn(sender(play));
  scene.net.group.spawn(mover(play));
  co_await play_out(play);
  std::string story;
  for (const auto& line : world.story) story += line + "\n";
  INFO(story);
  CHECK(world.wrong.empty());  // R16
  for (const auto& [recipient, known] : play.known) {
    const std::size_t told = co_await times_told(play, recipient);
    judge_recipient(play, recipient, known, told, blind || recipient.starts_with("unlisted"));
  }
  CHECK(left_over(scene) == "");
}

// The totals that triggers keep are those of the rows.
void check_totals(Scene& scene) {
  const auto wrong = scene.store().read([](store::Sql& sql) {
    return sql.integer(
        "SELECT count(*) FROM (SELECT account, home_state, mirror_state, count(*) AS n "
        "FROM gateway_recipient GROUP BY 1, 2, 3) FULL JOIN (SELECT * FROM gateway_total "
        "WHERE recipients <> 0) t USING (account, home_state, mirror_state) "
        "WHERE n IS NOT t.recipients");
  });
  REQUIRE(wrong);
  CHECK(wrong->value_or(-1) == 0);
}

Task<void> play_scene(Scene& scene, World& world, std::uint64_t seed, std::uint64_t cases) {
  scene.start_workers();
  for (std::uint64_t i = 0; i < cases; ++i) {
    INFO("TANDEM_GATEWAY_SEED=" << seed << ", case " << i);
    co_await play_case(scene, world, seed + i);
    scene.net.timers.advance(31s);  // idle connections are not used again
    co_await scene.rest();
  }
  check_totals(scene);
}

config::MigrationSettings settings_for(std::uint64_t scene) {
  auto settings = gateway_settings();
  settings.gateway.on_unknown = static_cast<config::OnUnknown>(scene / 2 % 3);
  if (scene % 2 == 1) settings.gateway.when_home_is_down = config::WhenHomeIsDown::spool;
  if (scene % 3 == 2) settings.new_side.smtp = inside("new", net::Protocol::lmtp);
  return settings;
}

// Half of the scenes have a milter; a quarter cannot do without its word.
FilterOptions filter_for(std::uint64_t number) {
  FilterOptions options;
  if (number % 2 == 0) return options;
  options.milters.push_back({.host = {}, .port = 0, .path = {}, .in_process = "filter"});
  if (number % 4 == 1) options.when_down = config::MilterWhenDown::tempfail;
  return options;
}

}  // namespace

TEST_CASE("gateway I1 I2 I5: random envelopes, servers with moods, homes that change") {
  const std::uint64_t cases = number_of("TANDEM_GATEWAY_CASES", 400);
  const std::uint64_t seed = number_of("TANDEM_GATEWAY_SEED", 0);
  log::start(log::Level::off);
  // What a flush is worth is another test's; here it only takes time.
  if (std::filesystem::exists("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 0);
  for (std::uint64_t done = 0; done < cases; done += cases_per_scene) {
    World world;
    net::TaskGroup* group = nullptr;
    const auto serve = [&world, &group](const std::string& side, net::StreamPtr& stream,
                                        net::Protocol protocol) {
      if (side == "outside") return false;
      if (side == "filter") {
        group->spawn(world.serve_milter(std::move(stream)));
        return true;
      }
      const std::size_t at = side == "old" ? 0 : 1;
      if (protocol == net::Protocol::imap)
        group->spawn(world.serve_imap(std::move(stream), at));
      else
        group->spawn(world.serve_smtp(std::move(stream), at, protocol == net::Protocol::lmtp));
      return true;
    };
    const std::uint64_t number = (seed + done) / cases_per_scene;
    // The journal of every fourth is written by its own thread, to a disk; the others' are cheaper.
    store::StoreOptions store;
    store.in_memory = number % 4 != 0;
    Scene scene(settings_for(number), serve, filter_for(number), Duration(0), {}, store);
    group = &scene.net.group;
    scene.net.run(play_scene(scene, world, seed + done, std::min(cases - done, cases_per_scene)));
  }
  log::start(log::Level::warning);
}

}  // namespace tandem::gateway
