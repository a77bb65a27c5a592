// A filter that a test plays: it answers each command by a table, and keeps what it was told.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lib/protocol/milter/client_machine.hpp"

namespace tandem::test {

inline std::string milter_packet(char letter, std::string_view data = "") {
  std::string bytes;
  milter::append_packet(bytes, letter, data);
  return bytes;
}
inline std::string milter_options(std::uint32_t version, std::uint32_t actions,
                                  std::uint32_t options) {
  std::string data;
  for (const auto number : {version, actions, options}) milter::append_number(data, number);
  return milter_packet('O', data);
}
inline std::string milter_field(char letter, std::string_view name, std::string_view value) {
  std::string data;
  if (letter != 'h') milter::append_number(data, 1);
  milter::append_text(data, name);
  milter::append_text(data, value);
  return milter_packet(letter, data);
}

// Answers by letter; what is not in the table gets 'c' ("go on"), the end 'a' ("accept").
class ScriptedMilter {
 public:
  std::map<char, std::string> answers{{'O', milter_options(6, 0x11, 0)},
                                      {'D', ""},
                                      {'A', ""},
                                      {'Q', ""},
                                      {'E', milter_packet('a')}};
  std::vector<milter::Packet> told;
  int silent_from = -1;  // from which packet on it says nothing
  char leaves_at = 0;    // it closes the connection when it is told this

  // Takes bytes at any split; returns what it answers.
  std::string hear(std::string_view bytes) {
    std::string out;
    while (!bytes.empty()) {
      bytes.remove_prefix(reader_.feed(bytes));
      if (reader_.state() != milter::PacketReader::State::complete) break;
      told.push_back(reader_.take());
      const auto known = answers.find(told.back().letter);
      if (silent_from >= 0 && static_cast<int>(told.size()) > silent_from) continue;
      out += known != answers.end() ? known->second : milter_packet('c');
    }
    return out;
  }
  // The letters told, macros apart.
  [[nodiscard]] std::string letters() const {
    std::string all;
    for (const auto& packet : told)
      if (packet.letter != 'D') all += packet.letter;
    return all;
  }
  [[nodiscard]] bool left() const {
    return leaves_at != 0 && letters().find(leaves_at) != std::string::npos;
  }
  // The data of all packets of this letter, one after the other.
  [[nodiscard]] std::string heard(char letter) const {
    std::string all;
    for (const auto& packet : told)
      if (packet.letter == letter) all += packet.data;
    return all;
  }

 private:
  milter::PacketReader reader_{1 << 20};
};

}  // namespace tandem::test
