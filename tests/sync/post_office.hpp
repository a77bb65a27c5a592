// A POP3 server that does as it is told, for what cannot be had of a real one, as old side beside
// the built-in server as new side.
#pragma once

#include "lib/base/text.hpp"
#include "lib/net/reader.hpp"
#include "tests/sync/two_sides.hpp"

namespace tandem::sync {

struct ScriptedPop3 {
  struct Message {
    std::string id;
    std::string wire;                     // lines as they go over the wire, but for the dots
    std::optional<std::uint64_t> listed;  // what LIST says; else the truth
  };
  std::vector<Message> messages;
  bool top = true;
  bool uidl = true;
  bool pipelining = true;
  std::size_t together = 0;       // the most commands that were there at once
  bool apop = false;              // it greets so, and knows nothing else
  std::string refuses_log_in;     // with these words
  std::set<std::string> refuses;  // RETR of these ids
  std::set<std::string> refuses_top;
  std::string breaks_in;  // at the first RETR of this id, half-way; then all is well
  std::string banner = "+OK ready";
  std::vector<std::string> heard;  // commands, in capitals

  [[nodiscard]] std::size_t count(std::string_view verb) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        heard, [&](const std::string& line) { return line.starts_with(verb); }));
  }

  Task<void> serve(net::StreamPtr stream) {
    net::BufferedReader reader(*stream);
    const std::vector<Message> seen = messages;  // a session is a snapshot
    std::string answer = banner + "\r\n";
    while (!answer.empty()) {
      const auto written = co_await stream->write(answer);
      if (!written) co_return;
      const auto line = co_await reader.read_line(1000);
      if (!line) co_return;
      heard.push_back(upper(trim(*line)));
      const auto waiting = static_cast<std::size_t>(std::ranges::count(reader.ahead(), '\n'));
      together = std::max(together, waiting + 1);
      answer = answer_to(heard.back(), seen);
      if (answer.ends_with('~')) {  // the line goes dead
        answer.pop_back();
        (void)co_await stream->write(answer);
        stream->close();
        co_return;
      }
    }
    (void)co_await stream->write("+OK bye\r\n");
  }

 private:
  static std::string stuffed(std::string_view text) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
      std::size_t end = text.find('\n', at);
      end = end == std::string_view::npos ? text.size() : end + 1;
      if (text[at] == '.') out += '.';
      out += text.substr(at, end - at);
      at = end;
    }
    return out + ".\r\n";
  }

  std::string answer_to(const std::string& line, const std::vector<Message>& seen) {
    const auto words = split(line, ' ');
    if (words[0] == "CAPA")
      return std::string("+OK\r\nUSER\r\n") + (top ? "TOP\r\n" : "") + (uidl ? "UIDL\r\n" : "") +
             (pipelining ? "PIPELINING\r\n" : "") + ".\r\n";
    if (words[0] == "USER" || words[0] == "NOOP") return "+OK\r\n";
    if (words[0] == "APOP" && apop) return "+OK\r\n";
    if (words[0] == "PASS" && apop) return "-ERR by APOP only\r\n";
    if (words[0] == "PASS")
      return refuses_log_in.empty() ? "+OK\r\n" : "-ERR " + refuses_log_in + "\r\n";
    if (words[0] == "QUIT") return {};
    if (words[0] == "LIST" || (words[0] == "UIDL" && uidl)) {
      std::string all = "+OK\r\n";
      for (std::size_t at = 0; at < seen.size(); ++at)
        all +=
            std::to_string(at + 1) + " " +
            (words[0] == "UIDL" ? seen[at].id
                                : std::to_string(seen[at].listed.value_or(seen[at].wire.size()))) +
            "\r\n";
      return all + ".\r\n";
    }
    const bool is_top = words[0] == "TOP" && top;
    if (words.size() < 2 || (words[0] != "RETR" && !is_top)) return "-ERR what?\r\n";
    const Message& one = seen.at(parse_number(words[1]).value_or(0) - 1);
    if (is_top && refuses_top.contains(one.id)) return "-ERR no\r\n";
    if (is_top) return "+OK\r\n" + stuffed(one.wire.substr(0, one.wire.find("\r\n\r\n") + 4));
    if (refuses.contains(one.id)) return "-ERR it is damaged\r\n";
    if (breaks_in.empty() || one.id != breaks_in) return "+OK\r\n" + stuffed(one.wire);
    breaks_in.clear();
    return "+OK\r\n" + one.wire.substr(0, one.wire.size() / 2) + "~";
  }
};

class PostOffice : public TwoSides {
 public:
  explicit PostOffice(const Clock& clock = system_clock()) : TwoSides(clock) {
    net::Endpoint endpoint;
    endpoint.protocol = net::Protocol::pop3;
    endpoint.in_process = "post";
    endpoint.tls = net::TlsMode::never;
    world->settings.old_side.imap.reset();
    world->settings.old_side.pop3 = endpoint;
    world->connector.register_in_process("post", [this](net::StreamPtr end, net::Protocol) {
      ++log_ins;
      hall.net.group.spawn(post.serve(std::move(end)));
    });
  }

  ScriptedPop3 post;
  std::size_t log_ins = 0;

  void deliver(std::string id, std::string wire) {
    post.messages.push_back({std::move(id), std::move(wire), std::nullopt});
  }
  void take_away(std::string_view id) {
    std::erase_if(post.messages, [&](const auto& one) { return one.id == id; });
  }
  // Bytes on the new side, sorted.
  std::vector<std::string> arrived() {
    std::vector<std::string> all;
    for (const Seen& one : mailbox(Side::new_side)) all.push_back(one.bytes);
    return all;
  }
  std::vector<std::string> posted() const {
    std::vector<std::string> all;
    for (const auto& one : post.messages) all.push_back(one.wire);
    std::ranges::sort(all);
    return all;
  }
  Task<bool> is_clean(bool full = false) {
    const auto report = co_await world->sync->verify(world->account, full);
    if (!report) FAIL(report.error().to_string());
    co_return report->clean;
  }
};

}  // namespace tandem::sync
