// Two providers and a milter with moods, for the property test: SMTP servers that at any point may
// refuse, close or fall silent, with the message stored or not, and mailboxes that can be searched
// or not. Each message has one token, its Subject. What they did is what the oracle judges by.
#pragma once

#include <array>
#include <map>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "lib/net/reader.hpp"
#include "lib/net/stream.hpp"
#include "lib/net/task_group.hpp"

namespace tandem::gateway {

using net::Task;

enum class Mood : std::uint8_t { well, temporary, permanent, closes, silent };
enum class Point : std::uint8_t { connect, mail, rcpt, data, dot, append };

// What a mailbox got of the message.
struct Copies {
  std::array<int, 2> smtp{};      // by side: handed over by SMTP
  std::array<int, 2> appended{};  // by side
  int unanswered = 0;             // of those by SMTP: the server never said so
  [[nodiscard]] int stored() const { return smtp[0] + smtp[1]; }
};

class World {
 public:
  // Per case.
  double trouble = 0;                            // probability of a bad mood at each point
  std::array<bool, 2> searchable{true, true};    // by side: IMAP answers
  std::array<bool, 2> multiappend{};             // by side: IMAP takes several messages at once
  std::array<bool, 2> catch_all{};               // by side: takes any address
  std::array<std::set<std::string>, 2> unknown;  // by side: who has no mailbox there
  std::map<std::string, Copies> copies;          // by recipient
  // The messages, by recipient and side; the first has UID 1.
  std::map<std::string, std::array<std::vector<std::string>, 2>> inbox;
  bool refused_for_good = false;   // some 5yz was said
  int log_ins = 0;                 // over IMAP
  int filing = 0;                  // messages that are just being stored
  std::vector<std::string> wrong;  // bytes that are not those of the message
  std::string body;                // what must be there behind our Received field
  std::vector<std::string> story;  // for the reader of a failure

  [[nodiscard]] bool chance(double probability) { return roll(1'000'000) < probability * 1e6; }
  [[nodiscard]] std::uint64_t roll(std::uint64_t below) {
    return std::uniform_int_distribution<std::uint64_t>(0, below - 1)(random_);
  }
  void tell(std::string what) { story.push_back(std::move(what)); }

  void begin_case(std::uint64_t seed) {
    random_.seed(seed);
    copies.clear();
    inbox.clear();
    story.clear();
    wrong.clear();
    refused_for_good = false;
  }

  Task<void> serve_smtp(net::StreamPtr stream, std::size_t side, bool lmtp);
  Task<void> serve_imap(net::StreamPtr stream, std::size_t side);
  // Judges one message: mostly yes and a field, or no, or it closes or falls silent half-way.
  Task<void> serve_milter(net::StreamPtr stream);

 private:
  struct Session;
  [[nodiscard]] Mood mood(std::size_t side, Point point);
  // False: the session is over.
  Task<bool> rcpt(Session& session, std::string recipient);
  Task<bool> answer(Session& session, Point point, std::string good);
  Task<bool> command(Session& session, std::string line);
  Task<bool> content(Session& session);
  Task<bool> say(Session& session, std::string line);
  Task<bool> act(Session& session, Mood mood, std::string good);
  void store(std::size_t side, const std::string& recipient, const std::string& message);
  Task<bool> imap_command(net::BufferedReader& reader, std::size_t side, std::string& user,
                          std::string line);
  [[nodiscard]] std::string offers(std::size_t side) const;
  [[nodiscard]] std::string search(std::size_t side, const std::string& user,
                                   const std::vector<std::string>& words);
  // All messages of one APPEND, or none.
  Task<bool> append(net::BufferedReader& reader, std::size_t side, const std::string& user,
                    std::string line);

  std::mt19937_64 random_;
};

}  // namespace tandem::gateway
