// COMPRESS=DEFLATE (RFC 4978): ImapClient against a server that inflates and deflates by zlib
// itself; servers that refuse, that send what is no compressed data, too much of it, or none.
#include <fmt/format.h>
#include <functional>
#include <malloc.h>

#include <zlib.h>

#include "lib/net/imap_client.hpp"
#include "tests/net/imap_script.hpp"

namespace tandem::test {
namespace {

using namespace net;

const std::string hello = "* OK [CAPABILITY IMAP4rev1 LITERAL+ IDLE COMPRESS=DEFLATE] hi\r\n";
const std::string ask = "A1 COMPRESS DEFLATE\r\n";

// A block without bytes: all that a flush is where there was nothing to say.
const std::string nothing("\0\0\0\xff\xff", 5);

// The server's two directions, each one stream from begin to end.
class Zipper {
 public:
  Zipper() {
    REQUIRE(deflateInit2(&out_, 9, Z_DEFLATED, -15, 9, Z_DEFAULT_STRATEGY) == Z_OK);
    REQUIRE(inflateInit2(&in_, -15) == Z_OK);
  }
  Zipper(const Zipper&) = delete;
  Zipper& operator=(const Zipper&) = delete;
  ~Zipper() {
    (void)deflateEnd(&out_);
    (void)inflateEnd(&in_);
  }
  std::string zip(std::string text, int flush = Z_SYNC_FLUSH) {
    std::string zipped(deflateBound(&out_, text.size()) + 64, '\0');
    out_.next_in = reinterpret_cast<Bytef*>(text.data());
    out_.avail_in = static_cast<uInt>(text.size());
    out_.next_out = reinterpret_cast<Bytef*>(zipped.data());
    out_.avail_out = static_cast<uInt>(zipped.size());
    (void)deflate(&out_, flush);
    REQUIRE(out_.avail_out > 0);
    zipped.resize(zipped.size() - out_.avail_out);
    return zipped;
  }
  std::string unzip(std::string zipped) {
    std::string text;
    in_.next_in = reinterpret_cast<Bytef*>(zipped.data());
    in_.avail_in = static_cast<uInt>(zipped.size());
    do {
      char room[4096];
      in_.next_out = reinterpret_cast<Bytef*>(room);
      in_.avail_out = sizeof room;
      const int code = inflate(&in_, Z_SYNC_FLUSH);
      REQUIRE((code == Z_OK || code == Z_BUF_ERROR));
      text.append(room, sizeof room - in_.avail_out);
    } while (in_.avail_out == 0);
    return text;
  }

 private:
  z_stream out_{}, in_{};
};

struct Server {
  TestNet& at;
  StreamPtr stream;
  Zipper zipper;
  bool zipped = false;
  std::size_t heard = 0;  // bytes as they came
};

// Reads exactly `expect`.
Task<void> hear(Server& server, std::string expect) {
  std::string got;
  while (got.size() < expect.size()) {
    char room[4096];
    const std::size_t most = server.zipped ? sizeof room : expect.size() - got.size();
    const std::span<char> into(room, std::min(most, sizeof room));
    const auto count = co_await server.stream->read_some(into);
    if (!count || *count == 0) break;
    server.heard += *count;
    std::string part(room, *count);
    got += server.zipped ? server.zipper.unzip(part) : part;
  }
  CHECK(got.size() == expect.size());
  CHECK(got == expect);
}

Task<void> say(Server& server, std::string text) {
  const std::string bytes = server.zipped ? server.zipper.zip(text) : text;
  (void)co_await server.stream->write(bytes);
}

// Up to the agreement, with `behind` (not yet compressed) in the same piece as the answer.
Task<void> agree(Server& server, std::string behind = "") {
  co_await say(server, hello);
  co_await hear(server, ask);
  std::string answer = "A1 OK begin\r\n";
  if (!behind.empty()) answer += server.zipper.zip(behind);
  (void)co_await server.stream->write(answer);
  server.zipped = true;
}

using Play = std::function<Task<void>(Server&)>;
using Use = std::function<Task<void>(ImapClient&)>;

Task<void> play(Server& server, Play script) {
  co_await script(server);
  server.stream->close();
}

Task<void> talk(TestNet& at, Play script, Use use, ImapClient::Options options,
                std::size_t capacity) {
  auto [ours, theirs] = make_memory_pair(at.executor(), capacity);
  Server server{at, std::move(theirs)};
  at.group.spawn(play(server, std::move(script)));
  ImapClient client(std::move(ours), std::move(options));
  const auto greeted = co_await client.greet();
  REQUIRE(greeted);
  co_await use(client);
  client.close();
  co_await at.group.join();
}

ImapClient::Options always() {
  ImapClient::Options options;
  options.compression = Compression::always;
  options.side = Origin::old_side;
  options.if_damaged = "Write compress = never.";
  return options;
}

void talk(Play script, Use use, ImapClient::Options options = always(),
          std::size_t capacity = 65536) {
  TestNet at;
  at.run(talk(at, std::move(script), std::move(use), std::move(options), capacity));
}

// Noise, then the same letters: neither deflate's best case nor its worst alone.
std::string letter(std::size_t bytes) {
  std::string text;
  std::uint32_t seed = 1;
  while (text.size() < bytes / 2)
    text += static_cast<char>((seed = seed * 1664525 + 1013904223) >> 24);
  text.resize(bytes, 'x');
  return text;
}

class Keeper final : public ImapHandler {
 public:
  std::string bytes;
  Task<Result<void>> on_body_bytes(std::string_view more) override {
    bytes += more;
    co_return Result<void>();
  }
};

Task<Result<void>> fetch_one(ImapClient& client, ImapHandler& handler) {
  imap::FetchAttributes wanted;
  wanted.bodies.push_back({.peek = true});
  imap::SequenceSet uids;
  uids.add(1);
  client.stream_bodies_from(0);
  co_return co_await client.fetch(std::move(uids), std::move(wanted), handler);
}

const std::string fetch_command = "A2 UID FETCH 1 (BODY.PEEK[])\r\n";

std::string fetched(const std::string& body) {
  return fmt::format("* 1 FETCH (UID 1 BODY[] {{{}}}\r\n", body.size()) + body + ")\r\nA2 OK\r\n";
}

}  // namespace

TEST_CASE("imap client: both directions are compressed, bytes unchanged, whatever the pieces") {
  // There must be room for the flush behind what is understood already: nobody waits for it.
  for (const std::size_t capacity : {65536, 61, 8}) {
    const std::string body = letter(capacity > 61 ? 300'000 : 3000);
    std::size_t heard = 0;
    talk(
        [&](Server& server) -> Task<void> {
          co_await agree(server);
          co_await hear(server, fetch_command);
          co_await say(server, fetched(body));
          server.heard = 0;
          const std::string append = fmt::format("A3 APPEND INBOX {{{}+}}\r\n", body.size());
          co_await hear(server, append + body + "\r\n");
          heard = server.heard;
          co_await say(server, "A3 OK [APPENDUID 1 7] done\r\n");
        },
        [&](ImapClient& client) -> Task<void> {
          REQUIRE(co_await client.compress_for(0));
          Keeper keeper;
          REQUIRE(co_await fetch_one(client, keeper));
          CHECK(keeper.bytes == body);
          const std::string inbox = "INBOX";
          const ImapAppend message;
          const auto appended = co_await client.append(inbox, message, body);
          REQUIRE(appended);
          CHECK(appended->code.target.to_string() == "7");
        },
        always(), capacity);
    CHECK(heard > body.size() / 2);
    CHECK(heard < body.size() / 2 + body.size() / 10);
  }
}

TEST_CASE("imap client: what comes with the answer to COMPRESS is compressed already") {
  talk(
      [](Server& server) -> Task<void> {
        co_await agree(server, "* 5 EXISTS\r\n");
        co_await hear(server, "A2 NOOP\r\n");
        co_await say(server, "A2 OK\r\n");
      },
      [](ImapClient& client) -> Task<void> {
        REQUIRE(co_await client.compress_for(0));
        REQUIRE(co_await client.noop());
        CHECK(client.take_changes().exists == 5U);
      });
}

TEST_CASE("imap client: a COMPRESS that is refused changes nothing, and is not asked again") {
  for (const std::string answer : {"NO [COMPRESSIONACTIVE] TLS does it", "NO not now", "BAD what?"})
    talk(
        [&](Server& server) -> Task<void> {
          co_await say(server, hello);
          co_await hear(server, ask);
          co_await say(server, "A1 " + answer + "\r\n");
          co_await hear(server, "A2 NOOP\r\n");
          co_await say(server, "* 5 EXISTS\r\nA2 OK\r\n");
        },
        [](ImapClient& client) -> Task<void> {
          REQUIRE(co_await client.compress_for(0));
          REQUIRE(co_await client.compress_for(much_to_move));
          REQUIRE(co_await client.noop());
          CHECK(client.take_changes().exists == 5U);
        });
}

TEST_CASE("imap client: COMPRESS is not asked a second time, nor while something is under way") {
  talk(
      [](Server& server) -> Task<void> {
        co_await say(server, hello);
        co_await hear(server, "A1 NOOP\r\n");
        co_await say(server, "A1 OK\r\n");
        co_await hear(server, "A2 COMPRESS DEFLATE\r\n");
        co_await say(server, "A2 OK\r\n");
        server.zipped = true;
        co_await hear(server, "A3 NOOP\r\n");
        co_await say(server, "A3 OK\r\n");
      },
      [](ImapClient& client) -> Task<void> {
        const std::string noop = "NOOP";
        const auto under_way = co_await client.send(noop);
        REQUIRE(under_way);
        REQUIRE(co_await client.compress_for(0));
        REQUIRE(co_await client.finish(*under_way));
        REQUIRE(co_await client.compress_for(0));
        REQUIRE(co_await client.compress_for(0));
        REQUIRE(co_await client.noop());
      });
}

TEST_CASE("imap client: COMPRESS is asked for where the link is slow and much goes over it") {
  struct Case {
    std::vector<int> answers;  // milliseconds that each took
    std::uint64_t bytes;
    bool asked;
  };
  // The shortest counts: a log-in that takes long says nothing of the link.
  for (const auto& [answers, bytes, asked] :
       {Case{{10}, much_to_move, true}, Case{{9}, much_to_move, false},
        Case{{500, 9, 500}, much_to_move, false}, Case{{500, 12, 90}, much_to_move, true},
        Case{{50}, much_to_move / 2, false}, Case{{}, much_to_move, false}}) {
    ImapClient::Options options;
    options.compression = Compression::slow_links;
    const std::size_t count = answers.size();
    talk(
        [&](Server& server) -> Task<void> {
          co_await say(server, hello);
          for (std::size_t at = 0; at < count; ++at) {
            co_await hear(server, fmt::format("A{} NOOP\r\n", at + 1));
            server.at.timers.advance(Duration(answers[at]));
            co_await say(server, fmt::format("A{} OK\r\n", at + 1));
          }
          if (asked) {
            co_await hear(server, fmt::format("A{} COMPRESS DEFLATE\r\n", count + 1));
            co_await say(server, fmt::format("A{} OK\r\n", count + 1));
            server.zipped = true;
          }
          const std::size_t last = count + (asked ? 2 : 1);
          co_await hear(server, fmt::format("A{} NOOP\r\n", last));
          co_await say(server, fmt::format("A{} OK\r\n", last));
        },
        [&](ImapClient& client) -> Task<void> {
          for (std::size_t at = 0; at < count; ++at) REQUIRE(co_await client.noop());
          REQUIRE(co_await client.compress_for(bytes));
          REQUIRE(co_await client.noop());
        },
        options);
  }
}

TEST_CASE("imap client: what went over the connection already counts too") {
  ImapClient::Options options;
  options.compression = Compression::slow_links;
  const std::string body = letter(much_to_move / 2);
  talk(
      [&](Server& server) -> Task<void> {
        co_await say(server, hello);
        co_await hear(server, "A1 NOOP\r\n");
        server.at.timers.advance(Duration(30));
        co_await say(server, "A1 OK\r\n");
        co_await hear(server, fetch_command);
        server.at.timers.advance(Duration(30));
        co_await say(server, fetched(body));
        co_await hear(server, "A3 COMPRESS DEFLATE\r\n");
        co_await say(server, "A3 NO\r\n");
      },
      [&](ImapClient& client) -> Task<void> {
        REQUIRE(co_await client.noop());
        REQUIRE(co_await client.compress_for(much_to_move / 2));  // not yet
        Keeper keeper;
        REQUIRE(co_await fetch_one(client, keeper));
        REQUIRE(co_await client.compress_for(much_to_move / 2));
      },
      options);
}

TEST_CASE("imap client: what is no compressed data ends the connection, and says whose it was") {
  for (const std::string& garbage :
       {std::string("* 5 EXISTS\r\nA2 OK\r\n"), std::string(64, '\xff')})
    talk(
        [&](Server& server) -> Task<void> {
          co_await agree(server);
          co_await hear(server, "A2 NOOP\r\n");
          (void)co_await server.stream->write(garbage);
        },
        [](ImapClient& client) -> Task<void> {
          REQUIRE(co_await client.compress_for(0));
          const auto done = co_await client.noop();
          REQUIRE_FALSE(done);
          CHECK(done.error().kind == ErrorKind::protocol);
          CHECK(done.error().origin == Origin::old_side);
          CHECK(done.error().what == "compressed data of the old side is damaged");
          CHECK(done.error().next_step == "Write compress = never.");
          CHECK_FALSE(client.is_open());
        });
}

TEST_CASE("imap client: compressed data that ends or breaks off is a connection that ended") {
  for (const bool in_order : {true, false})
    talk(
        [&](Server& server) -> Task<void> {
          co_await agree(server);
          co_await hear(server, "A2 NOOP\r\n");
          const std::string bytes = server.zipper.zip("* 5 EXISTS\r\n* 6 EXISTS\r\n", Z_FINISH);
          const std::size_t cut = in_order ? bytes.size() : bytes.size() - 4;
          const std::string_view some = std::string_view(bytes).substr(0, cut);
          (void)co_await server.stream->write(some);
          char room[16];
          if (in_order) (void)co_await server.stream->read_some(room);  // until the client goes
        },
        [](ImapClient& client) -> Task<void> {
          REQUIRE(co_await client.compress_for(0));
          const auto done = co_await client.noop();
          REQUIRE_FALSE(done);
          CHECK(done.error().kind == ErrorKind::closed);
        });
}

TEST_CASE("imap client: a few bytes that stand for very many cost no memory") {
  class Counter final : public ImapHandler {
   public:
    std::uint64_t count = 0;
    std::size_t most = 0;
    Task<Result<void>> on_body_bytes(std::string_view bytes) override {
      count += bytes.size();
      const auto now = mallinfo2();
      most = std::max(most, now.uordblks + now.hblkhd);
      co_return Result<void>();
    }
  };
  constexpr std::uint64_t size = std::uint64_t{64} * 1024 * 1024;
  std::size_t sent = 0;
  talk(
      [&](Server& server) -> Task<void> {
        co_await agree(server);
        co_await hear(server, fetch_command);
        std::string bytes =
            server.zipper.zip(fmt::format("* 1 FETCH (UID 1 BODY[] {{{}}}\r\n", size));
        for (std::uint64_t done = 0; done < size; done += 1024 * 1024)
          bytes += server.zipper.zip(std::string(1024 * 1024, 'x'));
        bytes += server.zipper.zip(")\r\nA2 OK\r\n");
        sent = bytes.size();
        (void)co_await server.stream->write(bytes);
        co_await hear(server, "A3 NOOP\r\n");
        // A line without an end, of as many bytes.
        bytes.clear();
        for (std::uint64_t done = 0; done < size; done += 1024 * 1024)
          bytes += server.zipper.zip(std::string(1024 * 1024, 'x'));
        (void)co_await server.stream->write(bytes);
      },
      [&](ImapClient& client) -> Task<void> {
        REQUIRE(co_await client.compress_for(0));
        Counter counter;
        const auto before = mallinfo2();
        REQUIRE(co_await fetch_one(client, counter));
        CHECK(counter.count == size);
        CHECK(counter.most < before.uordblks + before.hblkhd + 1024 * 1024);
        const auto done = co_await client.noop();
        REQUIRE_FALSE(done);
        CHECK(done.error().what == "the server's response is too long");
      });
  CHECK(sent < 256 * 1024);
}

TEST_CASE("imap client: IDLE through compression; a flush that stands for nothing wakes nobody") {
  talk(
      [](Server& server) -> Task<void> {
        co_await agree(server);
        co_await hear(server, "A2 IDLE\r\n");
        co_await say(server, "+ idling\r\n");
        co_await server.at.timers.settle();
        (void)co_await server.stream->write(nothing);
        // Longer than an answer may take.
        co_await server.at.timers.pass(std::chrono::minutes(3));
        co_await say(server, "* 5 EXISTS\r\n");
        co_await hear(server, "DONE\r\n");
        co_await say(server, "A2 OK\r\n");
      },
      [](ImapClient& client) -> Task<void> {
        REQUIRE(co_await client.compress_for(0));
        const auto changed = co_await client.idle(std::chrono::minutes(10));
        REQUIRE(changed);
        CHECK(*changed);
        CHECK(client.take_changes().exists == 5U);
      });
}

TEST_CASE("imap client: time limits hold through compression") {
  talk(
      [](Server& server) -> Task<void> {
        co_await agree(server);
        co_await hear(server, "A2 NOOP\r\n");
        for (int minute = 0; minute < 3; ++minute) {
          (void)co_await server.stream->write(nothing);  // is no answer
          co_await server.at.timers.pass(std::chrono::minutes(1));
        }
      },
      [](ImapClient& client) -> Task<void> {
        REQUIRE(co_await client.compress_for(0));
        const auto done = co_await client.noop();
        REQUIRE_FALSE(done);
        CHECK(done.error().kind == ErrorKind::timed_out);
      });
}

#if !defined(__SANITIZE_ADDRESS__) && !__has_feature(address_sanitizer) && \
    !__has_feature(thread_sanitizer)
TEST_CASE("imap client: while it waits, a compressed connection gives back what it writes with") {
  std::size_t before = 0;
  std::size_t idle = 0;
  const auto in_use = [] {
    const auto now = mallinfo2();
    return now.uordblks + now.hblkhd;
  };
  talk(
      [&](Server& server) -> Task<void> {
        co_await agree(server);
        co_await hear(server, "A2 IDLE\r\n");
        co_await say(server, "+ idling\r\n");
        co_await server.at.timers.settle();
        idle = in_use();
        co_await say(server, "* 5 EXISTS\r\n");
        co_await hear(server, "DONE\r\n");
        co_await say(server, "A2 OK\r\n");
      },
      [&](ImapClient& client) -> Task<void> {
        before = in_use();
        REQUIRE(co_await client.compress_for(0));
        REQUIRE(co_await client.idle(std::chrono::minutes(10)));
      });
  CHECK(idle < before + 160 * 1024);  // the reader's own 64 KiB among them
}
#endif

}  // namespace tandem::test
