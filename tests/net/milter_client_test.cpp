// ask_milter against a scripted filter: in process, over TCP, over a Unix-domain socket; time-outs.
#include "lib/net/milter_client.hpp"

#include <filesystem>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "lib/net/listener.hpp"
#include "lib/net/socket_stream.hpp"
#include "tests/support/run.hpp"
#include "tests/support/serve_milter.hpp"

namespace tandem::net {
namespace {

using test::milter_packet;
using test::ScriptedMilter;
using test::TestNet;

milter::Examination message() {
  milter::Examination examined;
  examined.our_name = "gate.example";
  examined.sender = "anna@sender.example";
  examined.recipients = {"aoki@example.jp"};
  examined.header = {{"Subject", " Hello"}};
  return examined;
}

// `count` pieces of 60,000 bytes.
MilterBody body_of(int count) {
  return [count, piece = std::string(60'000, 'x')]() mutable -> Result<std::string_view> {
    if (count-- <= 0) return std::string_view{};
    return piece;
  };
}

MilterAddress in_process() {
  return {.host = {}, .port = 0, .path = {}, .in_process = "filter"};
}

struct Place {
  TestNet net;
  Connector connector;
  ScriptedMilter filter;
  Place() {
    connector.register_in_process("filter", [this](StreamPtr stream, Protocol) {
      net.group.spawn(test::serve_milter(std::move(stream), filter));
    });
  }
};

Task<void> whole(Place& place, MilterAddress address) {
  place.filter.answers['E'] =
      test::milter_field('i', "Authentication-Results", "gate.example; spf=pass") +
      milter_packet('c');
  MilterBody body = body_of(50);
  MilterLimits limits;
  const auto verdict =
      co_await ask_milter(place.connector, std::move(address), message(), body, limits);
  REQUIRE(verdict);
  CHECK(verdict->added.size() == 1);
  CHECK(place.filter.heard('B').size() == 3'000'000);
  co_await place.net.group.join();
}

Task<void> over_tcp(Place& place) {
  auto listener = Listener::open(place.net.executor(), "127.0.0.1", 0);
  REQUIRE(listener);
  TaskGroup group(place.net.executor());
  Listener::Handler handler = [&](StreamPtr stream) {
    return test::serve_milter(std::move(stream), place.filter);
  };
  group.spawn((*listener)->serve(group, handler));
  MilterAddress address{.host = "localhost", .port = 0, .path = {}, .in_process = {}};
  address.port = (*listener)->local().port;
  co_await whole(place, std::move(address));
  group.request_stop();
  co_await group.join();
}

struct UnixListener {
  std::string directory = (std::filesystem::temp_directory_path() / "milter-XXXXXX").string();
  std::string path;
  int socket = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  UnixListener() {
    REQUIRE(mkdtemp(directory.data()) != nullptr);
    path = directory + "/filter.sock";
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, path.size());
    REQUIRE(bind(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    REQUIRE(listen(socket, 1) == 0);
  }
  ~UnixListener() {
    ::close(socket);
    std::filesystem::remove_all(directory);
  }
};

// The connection is made before anybody accepts it.
Task<void> accept_one(UnixListener& listener, Place& place) {
  StreamPtr stream =
      make_socket_stream(place.net.executor(), accept(listener.socket, nullptr, nullptr));
  co_await test::serve_milter(std::move(stream), place.filter);
}

Task<Result<milter::Verdict>> ask(Place& place, MilterAddress address, MilterBody body) {
  MilterLimits limits;
  auto verdict =
      co_await ask_milter(place.connector, std::move(address), message(), std::move(body), limits);
  co_return verdict;
}

Task<void> keep(Place& place, MilterAddress address, std::optional<Result<milter::Verdict>>& into) {
  into = co_await ask(place, std::move(address), body_of(2));
}

Task<void> over_unix(Place& place) {
  UnixListener listener;
  MilterAddress address{.host = {}, .port = 0, .path = listener.path, .in_process = {}};
  std::optional<Result<milter::Verdict>> verdict;
  TaskGroup group(place.net.executor());
  group.spawn(keep(place, address, verdict));
  co_await place.net.timers.settle();
  co_await accept_one(listener, place);
  co_await group.join();
  REQUIRE(verdict);
  CHECK(verdict->has_value());
  CHECK(place.filter.letters().ends_with("BBEQ"));
  address.path += ".gone";
  const auto nobody = co_await ask(place, address, body_of(0));
  REQUIRE_FALSE(nobody);
  CHECK(nobody.error().kind == ErrorKind::unreachable);
}

Task<void> falls_silent(Place& place) {
  for (const auto& [letter, wait] :
       std::vector<std::pair<char, int>>{{'O', 20}, {'M', 20}, {'E', 60}}) {
    ScriptedMilter filter;
    place.filter = filter;
    place.filter.answers[letter] = "";
    std::optional<Result<milter::Verdict>> verdict;
    TaskGroup group(place.net.executor());
    group.spawn(keep(place, in_process(), verdict));
    co_await place.net.timers.pass(std::chrono::seconds(wait - 1));
    CHECK_FALSE(verdict);
    co_await place.net.timers.pass(std::chrono::seconds(2));
    co_await group.join();
    REQUIRE(verdict);
    REQUIRE_FALSE(verdict->has_value());
    CHECK(verdict->error().kind == ErrorKind::timed_out);
    co_await place.net.group.join();
  }
}

Task<void> unreadable_body(Place& place) {
  MilterBody body = []() -> Result<std::string_view> { return fail(ErrorKind::storage, "disk"); };
  const auto verdict = co_await ask(place, in_process(), body);
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().kind == ErrorKind::storage);
  co_await place.net.group.join();
}

Task<void> out_in_the_open(Place& place) {
  MilterAddress address{.host = "192.0.2.1", .port = 8891, .path = {}, .in_process = {}};
  const auto verdict = co_await ask(place, address, body_of(0));
  REQUIRE_FALSE(verdict);
  CHECK(verdict.error().kind == ErrorKind::refused);
}

}  // namespace

TEST_CASE("milter driver: a message of 3 MB and its verdict, in process and over TCP") {
  Place inside;
  inside.net.run(whole(inside, in_process()));
  CHECK(inside.filter.letters().ends_with("EQ"));
  Place outside;
  outside.net.run(over_tcp(outside));
  CHECK(outside.filter.letters().ends_with("EQ"));
}

TEST_CASE("milter driver: over a Unix-domain socket, and where there is none") {
  Place place;
  place.net.run(over_unix(place));
}

TEST_CASE("milter driver: a filter that falls silent is waited for as long as its step may take") {
  Place place;
  place.net.run(falls_silent(place));
}

TEST_CASE("milter driver: no verdict on a body that cannot be read, nor by a host in the open") {
  Place place;
  place.net.run(unreadable_body(place));
  place.net.run(out_in_the_open(place));
}

TEST_CASE("milter addresses: both spellings, and what is none") {
  CHECK(parse_milter_address("inet:127.0.0.1:11332")->to_string() == "inet:127.0.0.1:11332");
  CHECK(parse_milter_address("inet:8891@localhost")->host == "localhost");
  CHECK(parse_milter_address("inet6:[::1]:8891")->host == "::1");
  CHECK(parse_milter_address("INET:8891@::1")->to_string() == "inet:[::1]:8891");
  CHECK(parse_milter_address(" unix:/run/opendkim/opendkim.sock ")->path ==
        "/run/opendkim/opendkim.sock");
  CHECK(parse_milter_address("local:/run/a.sock")->to_string() == "unix:/run/a.sock");
  for (const char* odd : {"", "inet:", "127.0.0.1:11332", "inet:11332", "inet:host:0", "inet:a b:1",
                          "inet:host:70000", "unix:relative", "smtp://host", "unix:"})
    CHECK_FALSE(parse_milter_address(odd));
  CHECK_FALSE(parse_milter_address("unix:/" + std::string(120, 'x')));
}

TEST_CASE("milters are near: this machine and private networks") {
  for (const char* near : {"127.0.0.1", "::1", "10.1.2.3", "172.31.0.1", "192.168.1.1",
                           "100.64.0.1", "169.254.1.1", "fd00::1", "fe80::1"})
    CHECK(is_near(near));
  for (const char* far : {"8.8.8.8", "172.32.0.1", "192.0.2.1", "2001:db8::1", "100.128.0.1", "x"})
    CHECK_FALSE(is_near(far));
}

}  // namespace tandem::net
