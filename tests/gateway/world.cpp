#include "tests/gateway/world.hpp"

#include <fmt/core.h>

#include "lib/base/text.hpp"
#include "tests/support/serve_milter.hpp"

namespace tandem::gateway {
namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 2> side_names = {"old", "new"};
constexpr std::array<std::string_view, 6> point_names = {"connect", "MAIL", "RCPT",
                                                         "DATA",    "dot",  "APPEND"};
constexpr std::array<std::string_view, 5> mood_names = {"well", "4yz", "5yz", "closes", "silent"};
constexpr std::size_t line_limit = 64 * 1024;

std::string between(const std::string& text, char from, char to) {
  const auto begin = text.find(from);
  const auto end = text.find(to, begin + 1);
  return begin == std::string::npos ? "" : text.substr(begin + 1, end - begin - 1);
}

}  // namespace

struct World::Session {
  net::StreamPtr stream;
  net::BufferedReader reader;
  std::size_t side;
  bool lmtp;
  std::vector<std::string> recipients;

  Session(net::StreamPtr from, std::size_t at, bool is_lmtp)
      : stream(std::move(from)), reader(*stream), side(at), lmtp(is_lmtp) {}
};

Mood World::mood(std::size_t side, Point point) {
  if (!chance(trouble)) return Mood::well;
  const auto mood = static_cast<Mood>(1 + roll(4));
  tell(fmt::format("{} at {}: {}", side_names[side], point_names[static_cast<std::size_t>(point)],
                   mood_names[static_cast<std::size_t>(mood)]));
  return mood;
}

Task<bool> World::say(Session& session, std::string line) {
  line += "\r\n";
  const auto written = co_await session.stream->write(line);
  co_return written.has_value();
}

Task<bool> World::act(Session& session, Mood mood, std::string good) {
  switch (mood) {
    case Mood::well: co_return co_await say(session, std::move(good));
    case Mood::temporary: co_return co_await say(session, "451 4.3.0 not now");
    case Mood::permanent:
      refused_for_good = true;
      co_return co_await say(session, "550 5.7.1 never");
    case Mood::closes: session.stream->close(); co_return false;
    case Mood::silent: break;
  }
  // Until the other side gives up.
  while (true) {
    const auto ignored = co_await session.reader.read_some(line_limit);
    if (!ignored || ignored->empty()) co_return false;
  }
}

Task<bool> World::answer(Session& session, Point point, std::string good) {
  const Mood now = mood(session.side, point);
  co_return co_await act(session, now, std::move(good));
}

Task<void> World::serve_smtp(net::StreamPtr stream, std::size_t side, bool lmtp) {
  Session session(std::move(stream), side, lmtp);
  bool open = co_await answer(session, Point::connect, "220 world ready");
  while (open) {
    auto line = co_await session.reader.read_line(line_limit);
    if (!line) break;
    open = co_await command(session, std::move(*line));
  }
  session.stream->close();
}

Task<bool> World::rcpt(Session& session, std::string recipient) {
  const bool probe = recipient.find('@') == 26;
  const bool missing = unknown[session.side].contains(recipient) || probe;
  if (missing && !catch_all[session.side]) {
    refused_for_good = refused_for_good || !probe;
    co_return co_await say(session, "550 5.1.1 User unknown");
  }
  const Mood now = mood(session.side, Point::rcpt);
  if (now == Mood::well) session.recipients.push_back(std::move(recipient));
  co_return co_await act(session, now, "250 2.1.5 ok");
}

Task<bool> World::command(Session& session, std::string line) {
  const std::string verb = upper(line.substr(0, 4));
  if (verb == "EHLO" || verb == "LHLO") {
    std::string offers = "250-world\r\n250-8BITMIME\r\n";
    if (chance(0.5)) offers += "250-PIPELINING\r\n";
    co_return co_await say(session, offers + "250 ENHANCEDSTATUSCODES");
  }
  if (verb == "MAIL") {
    session.recipients.clear();
    co_return co_await answer(session, Point::mail, "250 2.1.0 ok");
  }
  if (verb == "RCPT") co_return co_await rcpt(session, between(line, '<', '>'));
  if (verb == "DATA") {
    const Mood now = mood(session.side, Point::data);
    if (!co_await act(session, now, "354 go")) co_return false;
    if (now != Mood::well) co_return true;
    co_return co_await content(session);
  }
  if (verb == "RSET") session.recipients.clear();
  if (verb == "QUIT") {
    co_await say(session, "221 bye");
    co_return false;
  }
  co_return co_await say(session, "250 2.0.0 ok");
}

// The dot. A server that closes or falls silent may have the message, or get it a little later.
Task<bool> World::content(Session& session) {
  std::string message;
  while (true) {
    auto line = co_await session.reader.read_line(line_limit);
    if (!line) co_return false;
    if (*line == ".\r\n") break;
    message += line->starts_with('.') ? line->substr(1) : *line;
  }
  const std::size_t answers = session.lmtp ? session.recipients.size() : 1;
  for (std::size_t i = 0; i < answers; ++i) {
    const Mood now = mood(session.side, Point::dot);
    const bool doubtful = now == Mood::closes || now == Mood::silent;
    const bool stored = now == Mood::well || (doubtful && chance(0.5));
    ++filing;
    if (stored && doubtful && chance(0.3)) co_await net::sleep_for(100s);
    --filing;
    for (std::size_t r = 0; stored && r < session.recipients.size(); ++r) {
      if (session.lmtp && r != i) continue;
      store(session.side, session.recipients[r], message);
      if (doubtful) ++copies[session.recipients[r]].unanswered;
    }
    if (!co_await act(session, now, "250 2.0.0 ok")) co_return false;
  }
  session.recipients.clear();
  co_return !chance(trouble / 4);  // some close what they take for idle
}

void World::store(std::size_t side, const std::string& recipient, const std::string& message) {
  tell(fmt::format("{} has it for {}", side_names[side], recipient));
  ++copies[recipient].smtp[side];
  inbox[recipient][side].push_back(message);
  if (!message.ends_with(body) || !message.starts_with("Received: ")) wrong.push_back(message);
}

std::string World::offers(std::size_t side) const {
  return multiappend[side] ? "IMAP4rev1 MULTIAPPEND" : "IMAP4rev1";
}

Task<void> World::serve_imap(net::StreamPtr stream, std::size_t side) {
  net::BufferedReader reader(*stream);
  std::string user;
  bool open = searchable[side];
  if (open) {
    const auto greeted = co_await stream->write("* OK [CAPABILITY " + offers(side) + "] world\r\n");
    open = greeted.has_value();
  }
  while (open) {
    auto line = co_await reader.read_line(line_limit);
    if (!line) break;
    open = co_await imap_command(reader, side, user, std::move(*line));
  }
  stream->close();
}

Task<void> World::serve_milter(net::StreamPtr stream) {
  test::ScriptedMilter filter;
  filter.answers['E'] = test::milter_field('i', "Authentication-Results", "gate.example; none") +
                        test::milter_packet('c');
  const Mood now = chance(trouble) ? static_cast<Mood>(1 + roll(4)) : Mood::well;
  if (now != Mood::well)
    tell(fmt::format("the milter: {}", mood_names[static_cast<std::size_t>(now)]));
  const char step = "OCMRTLNBE"[roll(9)];
  if (now == Mood::permanent) filter.answers[step == 'O' ? 'E' : step] = test::milter_packet('r');
  if (now == Mood::temporary) filter.answers[step == 'O' ? 'E' : step] = test::milter_packet('t');
  if (now == Mood::silent) filter.answers[step] = "";
  if (now == Mood::closes) filter.leaves_at = step;
  co_await test::serve_milter(std::move(stream), filter);
}

Task<bool> World::imap_command(net::BufferedReader& reader, std::size_t side, std::string& user,
                               std::string line) {
  const auto words = split(trim(line), ' ');
  const std::string tag(words[0]);
  const std::string verb = words.size() > 1 ? upper(words[1]) : "";
  if (verb == "APPEND") co_return co_await append(reader, side, user, std::move(line));
  std::string reply;
  if (verb == "LOGIN") {
    ++log_ins;
    user = between(line, '"', '"');
    if (user.empty() && words.size() > 2) user = words[2];
    if (user.find('@') == std::string::npos) user += "@example.jp";
  }
  const auto& messages = inbox[user][side];
  if (verb == "CAPABILITY") reply = "* CAPABILITY " + offers(side) + "\r\n";
  if (verb == "LIST") reply = "* LIST () \"/\" INBOX\r\n";
  if (verb == "EXAMINE" || verb == "SELECT")
    reply = fmt::format("* {} EXISTS\r\n* OK [UIDVALIDITY 1] ok\r\n* OK [UIDNEXT {}] ok\r\n",
                        messages.size(), messages.size() + 1);
  if (verb == "UID" || verb == "SEARCH") reply = search(side, user, {words.begin(), words.end()});
  if (verb == "LOGOUT") reply = "* BYE bye\r\n";
  reply += tag + " OK done\r\n";
  const auto written = co_await reader.stream().write(reply);
  co_return written.has_value() && verb != "LOGOUT";
}

// Knows UID n:* and any number of HEADER Received, of which one is enough.
std::string World::search(std::size_t side, const std::string& user,
                          const std::vector<std::string>& words) {
  std::size_t first = 1;
  for (std::size_t i = 3; i < words.size(); ++i)
    if (words[i - 1] == "UID") first = *parse_number(words[i].substr(0, words[i].find(':')));
  std::string found = "* SEARCH";
  const auto& messages = inbox[user][side];
  for (std::size_t uid = first; uid <= messages.size(); ++uid) {
    bool has = false;
    for (std::size_t i = 1; i < words.size(); ++i)
      if (words[i - 1] == "Received" && messages[uid - 1].find(words[i]) != std::string::npos)
        has = true;
    if (has) found += fmt::format(" {}", uid);
  }
  return found + "\r\n";
}

Task<bool> World::append(net::BufferedReader& reader, std::size_t side, const std::string& user,
                         std::string line) {
  const std::string tag = line.substr(0, line.find(' '));
  std::vector<std::string> messages;
  while (line != "\r\n") {
    const auto size = parse_number(between(line, '{', '}'));
    if (!size) co_return false;
    const auto asked = co_await reader.stream().write("+ go\r\n");
    if (!asked) co_return false;
    const auto bytes = co_await reader.take(*size);
    if (!bytes) co_return false;
    messages.push_back(*bytes);
    auto rest = co_await reader.read_line(line_limit);
    if (!rest) co_return false;
    line = std::move(*rest);
  }
  const Mood now = mood(side, Point::append);
  if (now == Mood::temporary || now == Mood::permanent) {
    const auto written = co_await reader.stream().write(tag + " NO not this\r\n");
    co_return written.has_value();
  }
  if (now != Mood::well && chance(0.5)) co_return false;
  for (std::string& message : messages) {
    if (!message.ends_with(body)) wrong.push_back(message);
    ++copies[user].appended[side];
    tell(fmt::format("{} gets a copy for {}", side_names[side], user));
    inbox[user][side].push_back(std::move(message));
  }
  if (now != Mood::well) co_return false;
  const auto written = co_await reader.stream().write(tag + " OK done\r\n");
  co_return written.has_value() && !chance(trouble);  // some close what they take for idle
}

}  // namespace tandem::gateway
