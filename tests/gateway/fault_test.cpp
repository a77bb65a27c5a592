// The process dies at every durable step and at every arrow of the state machine: at the n-th
// write, flush or commit of the ledger, or when the n-th piece of what it says reaches somebody.
// Then nothing is heard of it any more, the disk stays as it is or loses what was not flushed, and
// a new process takes over. The oracle knows only RFC 5321 and the invariants. TANDEM_FAULT_RUNS
// (default 150) and TANDEM_FAULT_SEED (default 0) choose what is played.
#include "lib/store/fault.hpp"

#include <cstdlib>
#include <filesystem>
#include <fmt/core.h>

#include "lib/base/log.hpp"
#include "tests/gateway/scene.hpp"
#include "tests/gateway/world.hpp"
#include "tests/support/forwarding_stream.hpp"

namespace tandem::gateway {
namespace {

using namespace std::chrono_literals;
namespace fault = store::fault;

constexpr std::array<const char*, 5> people = {
    "aoki@example.jp", "baba@example.jp", "chiba@example.jp", "dai@example.jp", "emi@example.jp"};
// What dies with what; "arrow": a piece of what the gateway says.
constexpr std::array<const char*, 6> steps = {"arrow",        "store.write", "store.fdatasync",
                                              "store.commit", "sql.write",   "sql.sync"};

// The moment of death, and what was heard until then.
struct Fate {
  std::uint64_t arrow = 0;  // 0: not by an arrow
  bool arrives = true;      // that piece itself
  std::uint64_t heard = 0;
};

// Somebody else's end of a connection with the gateway: nothing is heard of the dead.
class Ear final : public test::ForwardingStream {
 public:
  Ear(net::StreamPtr inner, Fate& fate) : ForwardingStream(std::move(inner)), fate_(fate) {}

  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    if (fault::died()) co_return gone();
    auto count = co_await inner_->read_some(into);
    if (fault::died()) co_return gone();
    if (count && *count > 0 && ++fate_.heard == fate_.arrow) {
      fault::die();
      if (!fate_.arrives) co_return gone();
    }
    co_return count;
  }
  Task<Result<void>> write(std::string_view bytes) override {
    if (fault::died()) {
      inner_->close();
      co_return fail(ErrorKind::closed, "the gateway is gone");
    }
    co_return co_await inner_->write(bytes);
  }

 private:
  std::unexpected<Error> gone() {
    inner_->close();
    return fail(ErrorKind::closed, "the gateway is gone");
  }
  Fate& fate_;
};

// What the sending server knows of one recipient.
struct Knowledge {
  bool pending = true;
  bool promised = false;
  bool unknown = false;  // it heard nothing after a dot
};

struct Play {
  World world;
  Fate fate;
  std::string letter;
  std::map<std::string, Knowledge> known;
  Scene* scene = nullptr;  // the process that lives
  bool sending = false;
};

void learn(Play& play, const std::vector<std::string>& group,
           const Result<std::vector<smtp::Reply>>& replies) {
  play.world.tell("the sender reads " +
                  (replies ? replies->front().to_string() : std::string("nothing")));
  for (const auto& recipient : group) {
    Knowledge& known = play.known[recipient];
    known.unknown = known.unknown || !replies;
    if (!replies) continue;
    known.promised = known.promised || replies->front().positive();
    known.pending = replies->front().temporary();
  }
}

// One connection, one message for all who are left.
Task<void> send_once(Play& play) {
  const auto client = co_await play.scene->connect();
  if (!client) co_return;
  smtp::MailCommand mail{.from = "sender@sender.example"};
  const auto begun = co_await client->mail(std::move(mail));
  std::vector<std::string> group;
  for (auto& [recipient, known] : play.known) {
    if (!begun || !begun->positive() || !known.pending) continue;
    smtp::RcptCommand rcpt{.to = recipient};
    const auto reply = co_await client->rcpt(std::move(rcpt));
    if (!reply) co_return client->close();
    if (reply->positive()) group.push_back(recipient);
  }
  if (group.empty()) co_return client->close();
  const auto go = co_await client->data_begin();
  if (!go || !go->intermediate()) co_return client->close();
  const auto written = co_await client->data_chunk(play.letter);
  if (!written) co_return client->close();
  const auto replies = co_await client->data_end();
  learn(play, group, replies);
  if (play.world.chance(0.5)) (void)co_await client->quit();
  client->close();
}

Task<void> sender(Play& play) {
  const auto left = [&play] {
    return std::ranges::any_of(play.known, [](const auto& one) { return one.second.pending; });
  };
  for (int round = 0; round < 6 && left() && !fault::died(); ++round) {
    co_await send_once(play);
    const auto pause = std::chrono::seconds(60 + play.world.roll(600));
    co_await net::sleep_for(pause);
  }
  play.sending = false;
}

bool anything_left(Scene& scene) {
  const auto doubts = Journal(scene.store()).in_doubt();
  return !doubts || !doubts->empty() || !scene.gateway().queue(100).empty() ||
         scene.gateway().counts("").mirrors_pending > 0;
}

// Time passes while somebody sends, then until the gateway has nothing left to do.
Task<void> live(Play& play) {
  Scene& scene = *play.scene;
  scene.start_workers();
  play.sending = true;
  scene.net.group.spawn(sender(play));
  while (play.sending) {
    co_await scene.net.timers.settle();
    if (!fault::died()) co_await scene.settle_or_die();
    scene.net.timers.advance(30s);
  }
  for (int i = 0; i < 200 && !fault::died() && anything_left(scene); ++i) {
    co_await scene.settle_or_die();
    scene.net.timers.advance(60s);
  }
}

// One process, from its start to its end.
void process(Play& play, const std::string& data, std::string_view plan, Duration since) {
  net::TaskGroup* group = nullptr;
  const auto serve = [&play, &group](const std::string& side, net::StreamPtr& stream,
                                     net::Protocol protocol) {
    if (side == "outside") return false;
    net::StreamPtr ear = std::make_unique<Ear>(std::move(stream), play.fate);
    const std::size_t at = side == "old" ? 0 : 1;
    if (protocol == net::Protocol::imap)
      group->spawn(play.world.serve_imap(std::move(ear), at));
    else
      group->spawn(play.world.serve_smtp(std::move(ear), at, protocol == net::Protocol::lmtp));
    return true;
  };
  Scene scene(gateway_settings(), serve, {}, Duration(0), data);
  group = &scene.net.group;
  scene.wrap = [&play](net::StreamPtr end) -> net::StreamPtr {
    return std::make_unique<Ear>(std::move(end), play.fate);
  };
  scene.net.timers.advance(since);
  play.scene = &scene;
  if (!plan.empty()) REQUIRE(fault::arm(plan));
  scene.net.run(live(play));
  if (!fault::died()) CHECK_FALSE(anything_left(scene));
}

void judge(const Play& play, bool died) {
  for (const auto& [recipient, known] : play.known) {
    const auto found = play.world.copies.find(recipient);
    const Copies copies = found == play.world.copies.end() ? Copies{} : found->second;
    const bool mirrored = !recipient.starts_with("chiba");
    INFO(recipient << ": promised " << known.promised << ", answer lost " << known.unknown
                   << ", stored " << copies.stored() << ", copies " << copies.appended[0] << "+"
                   << copies.appended[1]);
    CHECK(known.promised);  // the sender came back often enough
    CHECK(copies.stored() >= 1);
    // Without a mirror nothing is written before the dot: only the sender can know (RFC 5321 6.1).
    CHECK(copies.stored() <= (mirrored || !died || !known.unknown ? 1 : 2));
    for (const std::size_t side : {0U, 1U}) {
      CHECK(copies.appended[side] <= 1);
      if (mirrored) CHECK(copies.smtp[side] + copies.appended[side] == 1);
    }
  }
  CHECK(play.world.wrong.empty());
}

// Whether the process died in it.
bool play_run(std::uint64_t seed) {
  Play play;
  play.world.begin_case(seed);
  World& world = play.world;
  const std::string step = steps[world.roll(steps.size())];
  const std::uint64_t occurrence = 1 + world.roll(step == "arrow" ? 40 : 12);
  const bool power_goes = world.chance(0.5);
  play.letter = fmt::format("Subject: run {}\r\n\r\n{}\r\n.dots\r\n", seed, world.roll(1U << 30));
  world.body = play.letter;
  const auto count = 1 + world.roll(4);
  for (std::uint64_t i = 0; i < count; ++i) play.known[people[world.roll(people.size())]];

  const migration::TempDirectory directory;
  const std::string data = directory.path + "/data";
  const std::string shadow = directory.path + "/shadow";
  REQUIRE(fault::arm(""));
  REQUIRE(fault::shadow(data, shadow));
  std::string plan = fmt::format("{}:{}:die", step, occurrence);
  if (step == "arrow") {
    play.fate = {.arrow = occurrence, .arrives = world.chance(0.5)};
    plan = "no.such.step:1:die";  // counts anew
  }
  INFO("TANDEM_FAULT_SEED=" << seed << ": dies at " << step << " " << occurrence
                            << (power_goes ? ", the power goes" : ""));
  process(play, data, plan, Duration(0));
  const bool died = fault::died();
  fault::disarm();
  if (died) {
    world.tell("the process is gone");
    if (power_goes) REQUIRE(fault::power_loss(data, shadow));
    play.fate = {};
    process(play, data, "", 2h);
  }
  std::string story;
  for (const auto& line : world.story) story += line + "\n";
  INFO(story);
  judge(play, died);
  return died;
}

std::uint64_t number_of(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);
  return text == nullptr ? otherwise : parse_number(text).value_or(otherwise);
}

}  // namespace

TEST_CASE("gateway I1 I2: dies at any durable step and any arrow, with the power or without") {
  const std::uint64_t runs = number_of("TANDEM_FAULT_RUNS", 150);
  const std::uint64_t seed = number_of("TANDEM_FAULT_SEED", 0);
  log::start(log::Level::off);
  if (std::filesystem::exists("/dev/shm")) ::setenv("TMPDIR", "/dev/shm", 0);
  std::uint64_t deaths = 0;
  for (std::uint64_t run = 0; run < runs; ++run) deaths += play_run(seed + run) ? 1 : 0;
  CHECK(deaths > runs / 2);
  fault::disarm();
  log::start(log::Level::warning);
}

}  // namespace tandem::gateway
