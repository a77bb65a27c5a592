// Finds the messages of an mbox file, fed in pieces of any size. Pure; holds one header at most.
//
// A message begins behind a From line (at the file's beginning or behind an empty line) and ends
// before the next one's empty line. Where it says itself how long it is (our mark, Content-Length)
// and exactly there another begins or the file ends, From lines inside of it are text. What stands
// before the first From line is a message without one. Nothing is left out but the lines between.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "archive/mbox_block.hpp"

namespace tandem::archive {

struct MboxMessage {
  std::uint64_t from = 0;   // its From line
  std::uint64_t begin = 0;  // of the message: behind the From line, and behind our block
  std::uint64_t end = 0;
  std::optional<imap::DateTime> date;  // of the From line
  sync::Flags flags;
  std::optional<MboxMark> mark;  // ours, and as long as it says
  bool counted = false;          // as long as its Content-Length says
  bool incomplete = false;       // ours, and its writing was broken off
};

class MboxScanner {
 public:
  void feed(std::string_view bytes);
  // At the file's end; then everything is in messages().
  void finish();
  [[nodiscard]] std::vector<MboxMessage>& messages() { return messages_; }

 private:
  void line_ended(bool with_end);
  void begin_message(std::uint64_t from, std::uint64_t behind, std::string_view line);
  void header_ended();
  void found_from_line();
  void end_message(std::uint64_t at);
  void promote();
  [[nodiscard]] bool is_hint_right(std::uint64_t at) const;

  struct Start {  // a From line inside of a message that says it is longer
    std::uint64_t from, behind, separator;
    std::string line;
  };

  std::vector<MboxMessage> messages_;
  bool open_ = false;       // the last of them has no end yet
  std::uint64_t at_ = 0;    // of the next byte
  std::uint64_t line_ = 0;  // where the present line began
  std::string text_;        // of it, its first bytes
  bool after_empty_ = true;
  std::uint64_t separator_ = 0;  // where the empty line before the present one began
  bool in_header_ = false;
  std::string header_;
  std::uint64_t hint_ = 0;  // where the message says it ends; 0: it does not say
  std::vector<Start> inside_;
};

}  // namespace tandem::archive
