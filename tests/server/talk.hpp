// A client's end of a session of the server under test, by hand: says a line, reads the answer.
#pragma once

#include <array>
#include <string>

#include "lib/net/stream.hpp"
#include "lib/net/tls.hpp"

namespace tandem::server::test {

class Talk {
 public:
  // `piece`: how many bytes are written at a time.
  Talk(net::StreamPtr stream, std::size_t piece) : stream_(std::move(stream)), piece_(piece) {}

  net::Task<void> send(std::string bytes) {
    for (std::size_t at = 0; at < bytes.size(); at += piece_) {
      const auto written = co_await stream_->write(std::string_view(bytes).substr(at, piece_));
      if (!written) co_return;
    }
  }
  // Without its CRLF; empty: the session ended.
  net::Task<std::string> line() {
    while (read_.find("\r\n") == std::string::npos) {
      std::array<char, 4096> buffer;
      const std::span<char> room(buffer);
      const auto count = co_await stream_->read_some(room);
      ended_ = !count || *count == 0;
      if (ended_) co_return std::string();
      read_.append(buffer.data(), *count);
    }
    std::string line = read_.substr(0, read_.find("\r\n"));
    read_.erase(0, line.size() + 2);
    co_return line;
  }
  // SMTP: all lines of one reply, with LF between.
  net::Task<std::string> reply() {
    std::string all;
    while (true) {
      const std::string one = co_await line();
      all += (all.empty() ? "" : "\n") + one;
      if (one.size() < 4 || one[3] == ' ') co_return all;
    }
  }
  net::Task<std::string> smtp(std::string command) {
    co_await send(command + "\r\n");
    co_return co_await reply();
  }
  // POP3: one line; many(): with everything up to the dot, CRLF kept.
  net::Task<std::string> pop3(std::string command) {
    co_await send(command + "\r\n");
    co_return co_await line();
  }
  net::Task<std::string> many(std::string command) {
    std::string all = co_await pop3(std::move(command));
    if (!all.starts_with("+OK")) co_return all;
    all += "\r\n";
    while (true) {
      const std::string one = co_await line();
      if (one == "." || ended_) co_return all;
      all += (one.starts_with("..") ? one.substr(1) : one) + "\r\n";
    }
  }
  net::Task<bool> start_tls(std::shared_ptr<const net::TlsClient> settings) {
    const auto secured = co_await stream_->start_tls(std::move(settings));
    co_return secured.has_value();
  }
  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] net::Stream& stream() { return *stream_; }

 private:
  net::StreamPtr stream_;
  std::size_t piece_;
  std::string read_;
  bool ended_ = false;
};

}  // namespace tandem::server::test
