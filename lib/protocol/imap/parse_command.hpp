// From one complete command (tag to line end, literals in place) to a typed Command. The message
// literals of APPEND are not in the text: see CommandReader and parse_append_*.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <string_view>

#include "lib/protocol/imap/command.hpp"

namespace tandem::imap {

struct ParseOptions {
  bool utf8 = false;  // mailbox names in UTF-8 (after ENABLE UTF8=ACCEPT or IMAP4rev2)
};

// What could not be understood: answered with `tag BAD text` (`NO` for `cannot`), nothing else.
struct CommandError {
  std::string tag = "*";  // `*`: there was no usable tag
  std::string text;       // a constant of ours, never the client's words
  std::string code;       // response code without brackets; empty: none
  bool no = false;        // NO instead of BAD: understood, but impossible
  bool unknown = false;   // no such command

  [[nodiscard]] std::string to_string() const;  // "a1 BAD [TOOBIG] text" CR LF
};

// `text` without its final CR LF.
[[nodiscard]] std::expected<Command, CommandError> parse_command(std::string_view text,
                                                                 ParseOptions options = {});

// What a line that announces a literal is, for CommandReader. `text` ends with the announcement.
enum class AppendPoint : unsigned char { not_append, inline_literal, message };
[[nodiscard]] AppendPoint append_point(std::string_view text);
// `a APPEND box (\Seen) {12}` as a command; and ` (\Seen) {12}`, a further message of MULTIAPPEND.
[[nodiscard]] std::expected<Command, CommandError> parse_append(std::string_view text,
                                                                ParseOptions options);
[[nodiscard]] std::expected<command::AppendItem, CommandError> parse_append_item(
    std::string_view text);

// The tag and the command's word ("UID FETCH" as one), as far as they are there.
struct CommandHead {
  std::string_view tag;
  std::string_view word;
};
[[nodiscard]] CommandHead command_head(std::string_view text);

}  // namespace tandem::imap
