// Names without end, asked for by SNI: the first bytes of a handshake each, in which a client's own
// name is written over. TANDEM_HOSTILE_NAMES says how many (a million were tried by hand).
#include <cstdlib>
#include <malloc.h>
#include <random>

#include "tests/net/pairs.hpp"

namespace tandem::test {
namespace {

using net::Task;

const std::string placeholder = std::string(40, 'x') + ".test";

std::size_t names() {
  constexpr std::size_t ordinary = 2000;
  const char* wanted = std::getenv("TANDEM_HOSTILE_NAMES");
  return wanted == nullptr ? ordinary : std::strtoull(wanted, nullptr, 10);
}

Task<void> begin(net::Stream& stream) {
  const auto settings = tls_client(placeholder);
  (void)co_await stream.start_tls(settings);
}

Task<void> first_bytes(TestNet& net, std::string& bytes) {
  auto ends = net::make_memory_pair(net.executor());
  net.group.spawn(begin(*ends.first));
  char room[4096];
  const auto count = co_await ends.second->read_some(room);
  REQUIRE(count);
  bytes.assign(room, *count);
  ends.second->close();
  co_await net.group.join();
}

class Names {
 public:
  explicit Names(std::string hello) : hello_(std::move(hello)), at_(hello_.find(placeholder)) {
    REQUIRE(at_ != std::string::npos);
  }
  // With a name that nobody asked for yet.
  const std::string& next() {
    for (std::size_t i = 0; i < placeholder.size() - 5; ++i)
      hello_[at_ + i] = static_cast<char>('a' + dice_() % 26);
    return hello_;
  }

 private:
  std::string hello_;
  std::size_t at_;
  std::minstd_rand dice_{1};
};

// How much the server answers to each, and that there it ends.
Task<void> ask(TestNet& net, Names& names, std::shared_ptr<const net::TlsServer> server,
               std::size_t count) {
  char room[8192];
  for (std::size_t i = 0; i < count; ++i) {
    auto ends = net::make_memory_pair(net.executor());
    REQUIRE(co_await ends.first->write(names.next()));
    REQUIRE(co_await ends.first->shutdown_send());
    REQUIRE_FALSE(co_await ends.second->start_tls(server));
    const auto answer = co_await ends.first->read_some(room);
    REQUIRE(answer);
    REQUIRE(*answer > 200);  // the default certificate is in it
  }
}

}  // namespace

TEST_CASE("T-07 no name that is asked for costs memory") {
  TestNet net;
  std::string hello;
  net.run(first_bytes(net, hello));
  Names wanted(std::move(hello));
  const auto server = tls_server();
  net.run(ask(net, wanted, server, 100));
  const std::size_t before = mallinfo2().uordblks;
  constexpr std::size_t portion = 1000;  // one run() has a minute
  for (std::size_t done = 0; done < names(); done += portion)
    net.run(ask(net, wanted, server, portion));
  CHECK(mallinfo2().uordblks < before + 64 * 1024);
}

}  // namespace tandem::test
