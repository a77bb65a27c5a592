// Access tokens kept while they are good: renewed ahead of their end, asked for once however many
// wait, and asked for anew when a mailbox server has refused them. The clock is moved.
#include <vector>

#include <catch2/catch.hpp>

#include "lib/net/sync.hpp"
#include "lib/net/wait.hpp"
#include "migration/oauth/token_cache.hpp"
#include "tests/support/run.hpp"

namespace tandem::migration::oauth {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Gives "t1", "t2" … for an hour; or fails; slow where a door is given.
struct Server {
  int asked = 0;
  bool down = false;
  net::Event* door = nullptr;
  std::string secret = "s";
};

class Scripted final : public TokenSource {
 public:
  explicit Scripted(Server& server, std::string key = "key")
      : server_(server), key_(std::move(key)) {}
  [[nodiscard]] const std::string& key() const override { return key_; }
  [[nodiscard]] Result<void> load() override {
    loaded_ = server_.secret;
    return {};
  }
  [[nodiscard]] std::string fingerprint() const override { return loaded_; }
  [[nodiscard]] Task<Result<Token>> ask() override {
    ++server_.asked;
    if (server_.door != nullptr) (void)co_await server_.door->wait();
    if (server_.down)
      co_return fail(Error{.kind = ErrorKind::unreachable, .what = "down", .temporary = true});
    Token token;
    token.access = Secret("t" + std::to_string(server_.asked));
    token.lasts = minutes(60);
    co_return token;
  }

 private:
  Server& server_;
  std::string key_, loaded_;
};

struct Bench {
  test::TestNet net;
  Server server;
  TokenCache cache{net.clock()};

  // The token, or the error's text in brackets.
  std::string get(const std::string& key = "key") {
    std::string got;
    net.run(take(*this, key, &got));
    return got;
  }
  static Task<void> take(Bench& bench, std::string key, std::string* got) {
    Scripted source(bench.server, std::move(key));
    const auto token = co_await bench.cache.token(source);
    *got = token ? std::string(token->reveal()) : "(" + token.error().what + ")";
  }
};

}  // namespace

TEST_CASE("oauth: a token serves until five minutes before its end, and then a new one") {
  Bench bench;
  CHECK(bench.get() == "t1");
  bench.net.timers.advance(minutes(54));
  CHECK(bench.get() == "t1");
  CHECK(bench.get("other") == "t2");
  bench.net.timers.advance(minutes(2));
  CHECK(bench.get() == "t3");
  CHECK(bench.server.asked == 3);
}

TEST_CASE("oauth: while it is renewed ahead of its end, nobody waits and nothing fails") {
  Bench bench;
  CHECK(bench.get() == "t1");
  bench.net.timers.advance(minutes(56));
  bench.server.down = true;
  CHECK(bench.get() == "t1");  // the server is down: the old one is good for four minutes
  CHECK(bench.get() == "t1");
  CHECK(bench.server.asked == 2);  // and is not asked again at once
  bench.net.timers.advance(minutes(5));
  CHECK(bench.get() == "(down)");
  bench.net.timers.advance(seconds(11));
  bench.server.down = false;
  CHECK(bench.get() == "t4");
}

namespace {

Task<void> slow_renewal(Bench& bench) {
  net::Event door;
  bench.server.door = &door;
  std::string first, second;
  bench.net.group.spawn(Bench::take(bench, "key", &first));
  co_await bench.net.timers.settle();
  CHECK(bench.server.asked == 2);
  co_await Bench::take(bench, "key", &second);
  CHECK(second == "t1");
  CHECK(first.empty());
  door.set();
  co_await bench.net.group.join();
  CHECK(first == "t2");
  bench.server.door = nullptr;
}

Task<void> crowd(Bench& bench, std::string expected) {
  net::Event door;
  bench.server.door = &door;
  std::vector<std::string> got(50);
  for (auto& one : got) bench.net.group.spawn(Bench::take(bench, "key", &one));
  co_await bench.net.timers.settle();
  CHECK(bench.server.asked == 1);
  door.set();
  co_await bench.net.group.join();
  CHECK(bench.server.asked == 1);
  for (const auto& one : got) CHECK(one == expected);
}

}  // namespace

TEST_CASE("oauth: one renews, the others go on with the old token") {
  Bench bench;
  CHECK(bench.get() == "t1");
  bench.net.timers.advance(minutes(56));
  bench.net.run(slow_renewal(bench));
}

TEST_CASE("oauth: one request for all who wait, whatever comes of it") {
  Bench good;
  good.net.run(crowd(good, "t1"));
  Bench bad;
  bad.server.down = true;
  bad.net.run(crowd(bad, "(down)"));
  CHECK(bad.get() == "(down)");
  CHECK(bad.server.asked == 1);
  bad.net.timers.advance(seconds(11));
  CHECK(bad.get() == "(down)");
  CHECK(bad.server.asked == 2);
}

TEST_CASE("oauth: another secret ends a failure, and a token that was asked for with the old one") {
  Bench bench;
  bench.server.down = true;
  CHECK(bench.get() == "(down)");
  bench.server.down = false;
  CHECK(bench.get() == "(down)");
  bench.server.secret = "better";
  CHECK(bench.get() == "t2");
  bench.server.secret = "another person's";
  CHECK(bench.get() == "t3");
}

TEST_CASE("oauth: a refused token is dropped once, but not one that has just been made") {
  Bench bench;
  CHECK(bench.get() == "t1");
  CHECK_FALSE(bench.cache.refused("key", Secret("t1")));
  CHECK(bench.get() == "t1");
  bench.net.timers.advance(seconds(61));
  CHECK(bench.cache.refused("key", Secret("t1")));
  CHECK(bench.cache.refused("key", Secret("t1")));  // the next in line: there will be a new one
  CHECK(bench.get() == "t2");
  CHECK(bench.cache.refused("key", Secret("t1")));  // a late one: t2 has come meanwhile
  CHECK(bench.get() == "t2");
  CHECK_FALSE(bench.cache.refused("key", Secret("t2")));
  CHECK(bench.server.asked == 2);
}

}  // namespace tandem::migration::oauth
