// The POP3 drivers against each other over a memory pair.
#include <string>

#include <catch2/catch.hpp>

#include "lib/net/pop3_client.hpp"
#include "lib/net/pop3_server_driver.hpp"
#include "tests/support/run.hpp"

namespace tandem::net {
namespace {

struct Door : Pop3LoginPolicy {
  Task<sasl::Answer> on_login(pop3::LoginRequest request) override {
    if (request.credential.secret == "pencil") co_return sasl::Answer::accept();
    co_return sasl::Answer::refuse();
  }
};

struct Box : Pop3Mailbox {
  Task<Result<std::string>> read(std::size_t index, std::uint64_t offset) override {
    co_return texts[index].substr(std::min<std::size_t>(offset, texts[index].size()), 65536);
  }
  Task<bool> remove(std::vector<std::size_t> indexes) override {
    removed = indexes;
    co_return true;
  }
  std::vector<std::string> texts;
  std::vector<std::size_t> removed;
};

struct Keep : Pop3Sink {
  Task<Result<void>> take(std::string_view bytes) override {
    text += bytes;
    co_return Result<void>();
  }
  std::string text;
};

Task<void> serve(StreamPtr stream, Box& box) {
  Door door;
  Pop3LoginOptions options;
  options.protocol.login_without_tls = true;
  const auto login = co_await serve_pop3_login(*stream, options, door);
  if (!login) co_return;
  std::vector<pop3::MessageEntry> messages;
  for (const std::string& text : box.texts)
    messages.push_back({text.size(), "u" + std::to_string(text.size())});
  const pop3::MailboxOptions mailbox_options;
  co_await serve_pop3_mailbox(*stream, login->rest, messages, box, mailbox_options, nullptr);
}

Task<void> session(test::TestNet& net) {
  auto [near, far] = make_memory_pair(net.executor(), 512);
  Box box;
  std::string large = "Subject: x\r\n\r\n";
  for (int i = 0; i < 9000; ++i) large += ".a line of text\r\n";
  box.texts = {large, "y\r\n"};
  net.group.spawn(serve(std::move(far), box));
  Pop3ClientOptions options;
  options.protocol.tls = pop3::ClientOptions::Tls::never;
  options.protocol.secret_without_tls = true;
  Pop3Client client;
  REQUIRE(co_await client.open(std::move(near), options));
  sasl::Credentials wrong, right;
  wrong.user = right.user = "tim";
  wrong.password = "pen";
  right.password = "pencil";
  CHECK((co_await client.login(wrong)).error().kind == ErrorKind::authentication);
  CHECK(client.usable());
  REQUIRE(co_await client.login(right));
  const auto ids = co_await client.uidl();
  REQUIRE(ids);
  CHECK(ids->size() == 2);
  Keep kept, top;
  REQUIRE(co_await client.retrieve(1, kept));
  CHECK(kept.text == large);
  REQUIRE(co_await client.top(1, 1, top));
  CHECK(top.text == "Subject: x\r\n\r\n.a line of text\r\n");
  REQUIRE(co_await client.dele(2));
  REQUIRE(co_await client.quit());
  co_await net.group.join();
  CHECK(box.removed == std::vector<std::size_t>{1});
}

Task<void> slow(test::TestNet& net) {
  auto [near, far] = make_memory_pair(net.executor());
  Box box;
  net.group.spawn(serve(std::move(far), box));
  for (int i = 0; i < 7; ++i) {
    (void)co_await near->write("C");
    co_await net.timers.pass(std::chrono::seconds(10));
  }
  std::string all;
  char room[256];
  while (true) {
    const auto count = co_await near->read_some(room);
    if (!count || *count == 0) break;
    all.append(room, *count);
  }
  CHECK(all.ends_with("-ERR [SYS/TEMP] You took too long\r\n"));
  near->close();
  co_await net.group.join();
}

}  // namespace

TEST_CASE("POP3 drivers: log in, list, retrieve, delete, quit") {
  test::TestNet net;
  net.run(session(net));
}

TEST_CASE("T-18 a slow POP3 log-in is cut off by the limit in all") {
  test::TestNet net;
  net.run(slow(net));
}

}  // namespace tandem::net
