// The fence across io threads: sessions on one, the cut-over on another.
#include <atomic>
#include <functional>

#include "lib/net/runtime.hpp"
#include "tests/session/stage.hpp"

namespace tandem::session {
namespace {

using net::Task;

constexpr std::size_t people = 20;

struct House {
  migration::Ledger ledger;
  net::Runtime runtime{2};
  net::Connector connector;
  std::unique_ptr<migration::Registry> registry;
  std::unique_ptr<SessionProxy> proxy;
  std::unique_ptr<net::TaskGroup> group;  // of thread 1
  std::atomic<unsigned> welcomed = 0;
  std::atomic<unsigned> dismissed = 0;
};

Task<void> serve_backend(net::StreamPtr stream) {
  Talker talker(std::move(stream), false);
  co_await talker.say("* OK [CAPABILITY IMAP4rev1] hello\r\n");
  while (true) {
    const std::string line = co_await talker.line();
    if (line.empty()) co_return;
    co_await talker.say(line.substr(0, line.find(' ')) + " OK [CAPABILITY IMAP4rev1] done\r\n");
  }
}

// One person who works until told goodbye.
Task<void> work(House& house, net::StreamPtr stream) {
  Talker person(std::move(stream), false);
  (void)co_await person.line();
  co_await person.say("a LOGIN tanaka geheim\r\n");
  if ((co_await person.line()).starts_with("a OK")) ++house.welcomed;
  while (true) {
    co_await person.say("b NOOP\r\n");
    const std::string line = co_await person.line();
    if (line.starts_with("* BYE")) ++house.dismissed;
    if (!line.starts_with("b OK")) co_return;
  }
}

Task<void> open_house(House& house) {
  house.group = std::make_unique<net::TaskGroup>(house.runtime.executor(1));
  for (std::size_t i = 0; i < people; ++i) {
    auto [near, far] = net::make_memory_pair(house.runtime.executor(1));
    house.group->spawn(
        house.proxy->serve(std::move(far), net::Protocol::imap, nullptr, *house.group));
    house.group->spawn(work(house, std::move(near)));
  }
  co_return;
}

Task<void> close_house(House& house) {
  co_await house.group->join();
  house.group.reset();
}

Task<void> drain_from_afar(House& house) {
  std::function<Task<void>()> open = [&house] { return open_house(house); };
  co_await net::run_on(house.runtime.executor(1), open);
  while (house.welcomed < people) co_await net::yield_now();
  const auto id = house.ledger.account("tanaka@example.jp").id;
  co_await house.proxy->hold(id, std::chrono::seconds(10));
  const std::size_t ended = co_await house.proxy->drain(id, std::chrono::seconds(10));
  CHECK(ended == people);
  CHECK(house.proxy->open_sessions() == 0);
  co_await house.proxy->release(id);
  std::function<Task<void>()> close = [&house] { return close_house(house); };
  co_await net::run_on(house.runtime.executor(1), close);
}

}  // namespace

TEST_CASE("Kick: busy sessions of another thread end between two commands") {
  House house;
  std::vector<config::AccountRow> rows;
  rows.push_back(migration::row("tanaka@example.jp"));
  house.ledger.import(std::move(rows));
  config::MigrationSettings settings = migration::example_settings();
  settings.old_side.imap = net::Endpoint{.protocol = net::Protocol::imap, .in_process = "old"};
  house.registry = *migration::Registry::open(*house.ledger.store, {settings}, house.ledger.secrets,
                                              system_clock());
  house.connector.register_in_process("old", [&house](net::StreamPtr stream, net::Protocol) {
    house.group->spawn(serve_backend(std::move(stream)));
  });
  SessionOptions options;
  options.login_without_tls = true;
  net::Offload offload(1);
  const SessionParts parts{*house.registry, house.connector, system_clock(), offload,
                           *house.ledger.store};
  house.proxy = std::make_unique<SessionProxy>(parts, options);
  house.runtime.run(drain_from_afar(house));
  CHECK(house.welcomed == people);
  CHECK(house.dismissed == people);
}

}  // namespace tandem::session
