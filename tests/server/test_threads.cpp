// Sessions on several io threads working on one mailbox: what each of them hears adds up.
#include <algorithm>
#include <atomic>

#include "lib/net/runtime.hpp"
#include "tests/server/hall.hpp"

namespace tandem::server::test {
namespace {

struct Shared {
  PostOffice office;
  FakeAccounts accounts;
  std::unique_ptr<Server> server;
  std::atomic<int> failures{0};  // Catch2's macros belong to one thread
};

// Follows the numbers of EXISTS and EXPUNGE.
void follow(const std::string& lines, std::size_t& count) {
  for (const std::string_view line : split(lines, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() != 3 || words[0] != "*") continue;
    if (words[2] == "EXISTS") count = *parse_number(words[1]);
    if (words[2] == "EXPUNGE") --count;
  }
}

net::Task<void> worker(Shared& shared, net::TaskGroup& group, std::size_t& count) {
  auto [end, server_end] = net::make_memory_pair(group.executor());
  group.spawn(
      shared.server->serve(std::move(server_end), net::Protocol::imap, Trust::in_process, group));
  Peer peer(std::move(end));
  (void)co_await peer.line();
  (void)co_await peer.ask("a LOGIN aoki secret");
  follow(co_await peer.ask("b SELECT INBOX"), count);
  const std::string message = letter("threads");
  for (int round = 0; round < 15; ++round) {
    follow(
        co_await peer.ask("c APPEND INBOX {" + std::to_string(message.size()) + "+}\r\n" + message),
        count);
    follow(co_await peer.ask("d UID STORE 1:* +FLAGS.SILENT (\\Seen)"), count);
    if (round % 5 == 4) {
      follow(co_await peer.ask("e UID STORE 1:3 +FLAGS (\\Deleted)"), count);
      follow(co_await peer.ask("f EXPUNGE"), count);
    }
    const std::string all = co_await peer.ask("g FETCH 1:* (UID FLAGS)");
    if (!all.ends_with("g OK Fetched\n")) ++shared.failures;
    follow(all, count);
  }
  co_await peer.send("h IDLE\r\n");
  (void)co_await peer.line();
  co_await peer.send("DONE\r\n");
  follow(co_await peer.until("h"), count);
  peer.stream().close();
}

net::Task<void> on_thread(Shared& shared, net::Executor executor, std::size_t* counts) {
  net::TaskGroup group(executor);
  for (std::size_t i = 0; i < 4; ++i) group.spawn(worker(shared, group, counts[i]));
  co_await group.join();
}

net::Task<void> root(Shared& shared, net::Runtime& runtime, std::size_t* counts) {
  net::TaskGroup group(runtime.executor(0));
  group.spawn(on_thread(shared, runtime.executor(0), counts));
  std::function<net::Task<void>()> other = [&] {
    return on_thread(shared, runtime.executor(1), counts + 4);
  };
  co_await net::run_on<void>(runtime.executor(1), other);
  co_await group.join();
}

}  // namespace

TEST_CASE("sessions on two threads agree on one mailbox") {
  Shared shared;
  shared.office.add_account(1);
  ServerSettings settings{.hostname = "mail.test", .domains = {"example.jp"}};
  shared.server = std::move(
      *Server::open(*shared.office.store, shared.accounts, settings, shared.office.clock, nullptr));
  std::size_t counts[8] = {};
  net::Runtime runtime(2);
  runtime.run(root(shared, runtime, counts));
  CHECK(shared.failures == 0);
  const Box inbox = shared.office.box(1, "INBOX");
  CHECK(inbox.uid_next == 8 * 15 + 1);
  CHECK(inbox.messages == 8 * 15 - 3);
  // The last one to leave knew everything.
  CHECK(*std::ranges::min_element(counts) <= inbox.messages + 3);
  CHECK(std::ranges::find(counts, inbox.messages) != std::end(counts));
}

}  // namespace tandem::server::test
