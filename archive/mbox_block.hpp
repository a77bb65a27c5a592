// What stands in front of a message in an mbox file, besides its From line. Pure.
//
// We write, behind "From MAILER-DAEMON DATE":
//   X-Tandemail-Export: uidvalidity=17 uid=45 line-ends=crlf stored=0000001234
//   Status: RO
//   X-Status: AF
//   X-Keywords: work $label1
// and then the message. The first line says whose these four are, so that they are taken off again;
// the others are for mail programs. `stored` is the number of bytes the message takes in the file,
// "incomplete" until all of them are on the medium. line-ends=crlf: CR LF became LF, as the system
// has it; as-is: the message had other line ends too, and nothing was changed.
//
// Of other people's messages flags are read from Status, X-Status, X-Keywords and from
// Thunderbird's X-Mozilla-Status and X-Mozilla-Keys; these fields stay in the message.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "archive/maildir_name.hpp"
#include "lib/protocol/imap/date_time.hpp"

namespace tandem::archive {

struct MboxMark {
  Origin origin;
  bool crlf = true;
  std::optional<std::uint64_t> stored;  // nothing: incomplete
  std::size_t size = 0;                 // of the four lines
};

// "From MAILER-DAEMON Thu Nov 26 23:54:46 2026", in UTC, without a line end.
[[nodiscard]] std::string from_line(imap::DateTime date);
[[nodiscard]] bool is_from_line(std::string_view line);
[[nodiscard]] std::optional<imap::DateTime> date_of_from_line(std::string_view line);

// The four lines.
[[nodiscard]] std::string mbox_block(const MboxMark& mark, const sync::Flags& flags);
// How far behind the beginning of `block` (or of its From line) `stored` is, and what is to be
// written there.
[[nodiscard]] std::size_t place_of_stored(std::string_view block);
[[nodiscard]] std::string stored_text(std::optional<std::uint64_t> stored);
// From the beginning of a message in the file; nothing: that is none of ours.
[[nodiscard]] std::optional<MboxMark> read_mbox_mark(std::string_view text);
// From a header block.
[[nodiscard]] sync::Flags mbox_flags(std::string_view header);

}  // namespace tandem::archive
