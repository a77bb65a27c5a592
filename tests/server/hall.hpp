// A mail server with two people in it, and dialogues with it over memory streams.
//
// A dialogue is a text: `C: bytes` is sent with CR LF, `S: line` must be the server's next line;
// `2C:` and `2S:` are a second session, and so on. `<any>` in an S line stands for any text.
// `2.` at a line's beginning opens nothing by itself: a session begins with its first line.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "lib/base/text.hpp"
#include "lib/net/stream.hpp"
#include "server/server.hpp"
#include "tests/server/post_office.hpp"
#include "tests/support/real_time_net.hpp"

namespace tandem::server::test {

// aoki (1) and baba (2, with a quota of 1000 bytes unless told), and boxN (N) for many; the
// password is "secret", SCRAM for all.
class FakeAccounts final : public Accounts {
 public:
  [[nodiscard]] Result<std::optional<AccountId>> lookup(std::string_view address) const override {
    if (address.starts_with("aoki")) return std::optional<AccountId>(1);
    if (address.starts_with("baba")) return std::optional<AccountId>(2);
    if (address.starts_with("box"))
      return std::optional<AccountId>(std::atoll(std::string(address.substr(3)).c_str()));
    return std::optional<AccountId>();
  }
  net::Task<Result<AccountId>> authenticate_plain(std::string user, Secret password,
                                                  std::string) override {
    auto known = lookup(user);
    if (*known && password.reveal() == "secret") co_return **known;
    co_return fail(ErrorKind::authentication, "wrong");
  }
  [[nodiscard]] Result<std::optional<Scram>> scram_keys(std::string_view user) const override {
    auto known = lookup(user);
    if (!*known) return std::optional<Scram>();
    return Scram{**known, sasl::derive_scram_sha256("secret", "0123456789abcdef", 4096)};
  }
  void note_login(std::string_view, std::string_view, bool succeeded) override {
    (succeeded ? good : bad) += 1;
  }
  [[nodiscard]] Result<Intake> intake(AccountId account) const override {
    return Intake{.quota = account == 2 ? quota_of_baba : 0U};
  }
  std::uint64_t quota_of_baba = 1000;  // bytes; 0 is without limit
  int good = 0;
  int bad = 0;
};

using tandem::test::RealTimeNet;

class Hall {
 public:
  RealTimeNet net;
  PostOffice office;
  FakeAccounts accounts;
  std::unique_ptr<Server> server;

  explicit Hall(std::shared_ptr<const net::TlsServer> tls = nullptr,
                Trust trust = Trust::in_process)
      : trust_(trust) {
    office.add_account(1);
    office.add_account(2);
    ServerSettings settings{.hostname = "mail.test", .domains = {"example.jp"}};
    settings.message_size = 1'000'000;
    server = std::move(*Server::open(*office.store, accounts, settings, office.clock, tls));
  }
  net::StreamPtr connect(std::size_t capacity = 65536) {
    auto [client, end] = net::make_memory_pair(net.executor(), capacity);
    net.group.spawn(server->serve(std::move(end), net::Protocol::imap, trust_, net.group));
    return std::move(client);
  }

 private:
  Trust trust_;
};

// The client's end of one session.
class Peer {
 public:
  explicit Peer(net::StreamPtr stream) : stream_(std::move(stream)) {}

  net::Task<void> send(std::string bytes) {
    (void)co_await stream_->write(bytes);  // a server that has gone shows in what it answers
  }
  // Without its CR LF; "<end>" when the server has closed.
  net::Task<std::string> line() {
    while (true) {
      const auto end = buffer_.find("\r\n");
      if (end != std::string::npos) {
        std::string text = buffer_.substr(0, end);
        buffer_.erase(0, end + 2);
        co_return text;
      }
      char bytes[4096];
      const auto count = co_await stream_->read_some(bytes);
      if (count.value_or(0) == 0) co_return "<end>";
      buffer_.append(bytes, *count);
    }
  }
  // Sends a command and returns everything up to its tagged answer.
  net::Task<std::string> ask(std::string command) {
    std::string tag = command.substr(0, command.find(' '));
    co_await send(command + "\r\n");
    co_return co_await until(std::move(tag));
  }
  // Everything up to the answer tagged so.
  net::Task<std::string> until(std::string tag) {
    std::string all;
    while (true) {
      const std::string next = co_await line();
      all += next + "\n";
      if (next.starts_with(tag + " ") || next == "<end>") co_return all;
    }
  }
  [[nodiscard]] net::Stream& stream() { return *stream_; }

 private:
  net::StreamPtr stream_;
  std::string buffer_;
};

inline bool like(std::string_view text, std::string_view pattern) {
  const auto any = pattern.find("<any>");
  if (any == std::string_view::npos) return text == pattern;
  if (!text.starts_with(pattern.substr(0, any))) return false;
  text.remove_prefix(any);
  pattern.remove_prefix(any + 5);
  for (std::size_t skip = 0; skip <= text.size(); ++skip)
    if (like(text.substr(skip), pattern)) return true;
  return false;
}

// `capacity` of the streams: 1 makes everything come one byte at a time.
inline net::Task<void> talk(Hall& hall, std::string script, std::size_t capacity) {
  std::map<char, std::unique_ptr<Peer>> peers;
  std::size_t number = 0;
  for (const std::string_view raw : split(script, '\n')) {
    ++number;
    std::string line(raw);
    if (line.empty() || line.starts_with('#')) continue;
    const bool named = line[0] >= '1' && line[0] <= '9' && (line[1] == 'C' || line[1] == 'S');
    const char who = named ? line[0] : '1';
    if (named) line.erase(0, 1);
    auto& peer = peers[who];
    if (!peer) peer = std::make_unique<Peer>(hall.connect(capacity));
    const std::string text = line.size() > 3 ? line.substr(3) : "";
    INFO("line " << number << ": " << line);
    if (line.starts_with("C:")) {
      co_await peer->send(text + "\r\n");
      continue;
    }
    REQUIRE(line.starts_with("S:"));
    const std::string got = co_await peer->line();
    INFO("the server said: " << got);
    REQUIRE(like(got, text));
  }
  for (auto& [who, peer] : peers) peer->stream().close();
  co_await hall.net.group.join();
}

}  // namespace tandem::server::test
