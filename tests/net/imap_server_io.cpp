// ImapServerIo: commands, APPEND streams, IDLE, limits; whole and byte by byte.
#include "lib/net/imap_server_io.hpp"

#include "tests/net/imap_script.hpp"

namespace tandem::test {
namespace {

using namespace net;
namespace imap = tandem::imap;

// A server that answers everything and writes down what it understood.
Task<void> serve_append(ImapServerIo& io, std::string tag, imap::command::Append append,
                        std::string& log) {
  if (append.mailbox == "none") {
    log += "refused;";
    imap::CommandError error{
        .tag = tag, .text = "No such mailbox", .code = "TRYCREATE", .no = true};
    (void)co_await io.refuse_append(error);
    co_return;
  }
  std::optional<imap::command::AppendItem> item = append.first;
  while (item) {
    CHECK(co_await io.accept_append());
    log += "append " + std::to_string(item->size) + " <";
    while (true) {
      char bytes[3];
      const auto count = co_await io.read_literal(bytes);
      if (!count) co_return;
      if (*count == 0) break;
      log.append(bytes, *count);
    }
    log += ">;";
    auto next = co_await io.next_append();
    if (!next) {
      if (next.error().kind != ErrorKind::invalid) co_return;
      log += next.error().what + ";";
      io.put(tag + " BAD malformed\r\n");
      co_return;
    }
    item = std::move(*next);
  }
  io.put(tag + " OK appended\r\n");
}

Task<void> serve(StreamPtr stream, std::string& log) {
  ImapServerIo io(*stream);
  while (true) {
    auto command = co_await io.next();
    if (!command) {
      log += "error " + std::string(name_of(command.error().kind));
      co_return;
    }
    if (!*command) {
      log += "end";
      co_return;
    }
    const std::string tag = (*command)->tag;
    if (auto* append = std::get_if<imap::command::Append>(&(*command)->body)) {
      co_await serve_append(io, tag, std::move(*append), log);
      continue;
    }
    if (std::holds_alternative<imap::command::Idle>((*command)->body)) {
      io.put("+ idling\r\n");
      auto line = co_await io.next_line();
      if (!line || !*line) co_return;
      log += **line + ";";
    }
    log += std::to_string((*command)->body.index()) + ";";
    CHECK(co_await io.write(tag + " OK done\r\n"));
  }
}

Task<void> send_all(TestNet& net, std::string input, std::size_t capacity, std::string& log,
                    std::string& answers) {
  auto [client, server] = make_memory_pair(net.executor(), capacity);
  net.group.spawn(serve(std::move(server), log));
  for (std::size_t at = 0; at < input.size(); at += 16) {
    CHECK(co_await client->write(std::string_view(input).substr(at, 16)));
    co_await net.timers.settle();
  }
  CHECK(co_await client->shutdown_send());
  char bytes[64];
  while (true) {
    const auto count = co_await client->read_some(bytes);
    if (!count || *count == 0) break;
    answers.append(bytes, *count);
  }
  co_await net.group.join();
}

void check(const std::string& input, const std::string& expected_log,
           const std::string& expected_answers) {
  for (const std::size_t capacity : {65536, 300}) {
    TestNet net;
    std::string log;
    std::string answers;
    net.run(send_all(net, input, capacity, log, answers));
    CHECK(log == expected_log);
    CHECK(answers == expected_answers);
  }
  for (std::size_t length = 0; length < input.size(); ++length) {  // the client leaves at each byte
    TestNet net;
    std::string log;
    std::string answers;
    net.run(send_all(net, input.substr(0, length), 65536, log, answers));
    INFO(length << " " << answers);
    CHECK(expected_answers.starts_with(answers));
  }
}

Task<void> idle_waits(TestNet& net) {
  auto [client, server] = make_memory_pair(net.executor());
  ImapServerIo io(*server);
  io.notify();
  CHECK(*co_await io.wait(std::chrono::minutes(29)) == ImapServerIo::Wakeup::notified);
  CHECK(co_await client->write("a NOOP\r\nDONE\r\n"));
  CHECK(*co_await io.wait(std::chrono::minutes(29)) == ImapServerIo::Wakeup::readable);
  CHECK(co_await io.next());
  CHECK(*co_await io.wait(std::chrono::minutes(29)) == ImapServerIo::Wakeup::readable);
  CHECK(**co_await io.next_line() == "DONE");
}

Task<void> wait_and_log(ImapServerIo& io, std::string& log) {
  const auto woken = co_await io.wait(std::chrono::minutes(29));
  log += !woken                                      ? "failed"
         : *woken == ImapServerIo::Wakeup::notified  ? "notified"
         : *woken == ImapServerIo::Wakeup::timed_out ? "timed out"
                                                     : "readable";
}

Task<void> idle_wakes(TestNet& net) {
  auto [client, server] = make_memory_pair(net.executor());
  ImapServerIo io(*server);
  std::string log;
  net.group.spawn(wait_and_log(io, log));
  co_await net.timers.settle();
  io.notify();
  co_await net.timers.pass(Duration::zero());
  CHECK(log == "notified");
  log.clear();
  net.group.spawn(wait_and_log(io, log));
  co_await net.timers.pass(std::chrono::minutes(28));
  CHECK(log.empty());
  co_await net.timers.pass(std::chrono::minutes(1));
  CHECK(log == "timed out");
  CHECK(co_await client->write("a NOOP\r\n"));
  CHECK(co_await io.next());
  co_await net.group.join();
}

}  // namespace

TEST_CASE("imap server io: commands, literals and errors") {
  check("a NOOP\r\nb LOGIN {3}\r\nbob {2+}\r\npw\r\nc WHAT\r\nd IDLE\r\nDONE\r\ne LOGOUT\r\n",
        "1;5;DONE;17;2;end",
        "a OK done\r\n+ OK\r\nb OK done\r\nc BAD Unknown command\r\n+ idling\r\nd OK done\r\ne OK "
        "done\r\n");
}

TEST_CASE("imap server io: APPEND streams its messages") {
  check(
      "a APPEND INBOX {5}\r\nhello (\\Seen) {3+}\r\nabc\r\nb APPEND none {4+}\r\n\r\n\r\n\r\nc "
      "APPEND INBOX {2+}\r\nab x {3+}\r\n\r\n\r\nd NOOP\r\n",
      "append 5 <hello>;append 3 <abc>;refused;append 2 <ab>;malformed literal;1;end",
      "+ OK\r\na OK appended\r\nb NO [TRYCREATE] No such mailbox\r\nc BAD malformed\r\nd OK "
      "done\r\n");
}

TEST_CASE("imap server io: too many errors end the session") {
  TestNet net;
  std::string log;
  std::string answers;
  std::string input;
  for (int at = 0; at < 25; ++at) input += "x\r\n";
  net.run(send_all(net, input.substr(0, 60), 65536, log, answers));
  CHECK(log == "error limit");
  CHECK(answers.ends_with("x BAD Command missing\r\n* BYE Too many errors\r\n"));
}

TEST_CASE("imap server io: IDLE waits for input, news or time") {
  TestNet net;
  net.run(idle_waits(net));
  TestNet other;
  other.run(idle_wakes(other));
}

}  // namespace tandem::test
