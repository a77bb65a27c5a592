// The letters and bits of the milter protocol, version 6. There is no RFC; the names are
// libmilter's (mfdef.h) without their prefixes.
#pragma once

#include <cstddef>
#include <cstdint>

namespace tandem::milter {

inline constexpr std::uint32_t newest_version = 6;
inline constexpr std::uint32_t oldest_version = 2;
// Data of one packet that every filter takes (MILTER_CHUNK_SIZE).
inline constexpr std::size_t largest_data = 65'535;

// What the server says.
enum class Command : char {
  abort = 'A',
  body = 'B',
  connect = 'C',
  macros = 'D',
  end_of_body = 'E',
  helo = 'H',
  header = 'L',
  mail = 'M',
  end_of_header = 'N',
  negotiate = 'O',
  quit = 'Q',
  rcpt = 'R',
  data = 'T',
};

// What a filter says.
enum class Answer : char {
  add_recipient = '+',
  add_recipient_with_parameters = '2',
  remove_recipient = '-',
  shut_down = '4',
  accept = 'a',
  replace_body = 'b',
  go_on = 'c',
  discard = 'd',
  change_sender = 'e',
  fail_connection = 'f',
  add_header = 'h',
  insert_header = 'i',
  change_header = 'm',
  progress = 'p',
  quarantine = 'q',
  reject = 'r',
  skip = 's',
  tempfail = 't',
  reply_code = 'y',
};

// What a filter may ask to be done (SMFIF_…). Bodies, senders and recipients are not offered.
namespace action {
inline constexpr std::uint32_t add_headers = 0x01;
inline constexpr std::uint32_t change_headers = 0x10;
inline constexpr std::uint32_t quarantine = 0x20;
inline constexpr std::uint32_t offered = add_headers | change_headers | quarantine;
}  // namespace action

// What a filter need not be told, and what it will not answer to (SMFIP_…).
namespace option {
inline constexpr std::uint32_t no_connect = 0x01;
inline constexpr std::uint32_t no_helo = 0x02;
inline constexpr std::uint32_t no_mail = 0x04;
inline constexpr std::uint32_t no_rcpt = 0x08;
inline constexpr std::uint32_t no_body = 0x10;
inline constexpr std::uint32_t no_header = 0x20;
inline constexpr std::uint32_t no_end_of_header = 0x40;
inline constexpr std::uint32_t silent_header = 0x80;
inline constexpr std::uint32_t no_unknown = 0x100;
inline constexpr std::uint32_t no_data = 0x200;
inline constexpr std::uint32_t skip = 0x400;
inline constexpr std::uint32_t silent_connect = 0x1000;
inline constexpr std::uint32_t silent_helo = 0x2000;
inline constexpr std::uint32_t silent_mail = 0x4000;
inline constexpr std::uint32_t silent_rcpt = 0x8000;
inline constexpr std::uint32_t silent_data = 0x1'0000;
inline constexpr std::uint32_t silent_unknown = 0x2'0000;
inline constexpr std::uint32_t silent_end_of_header = 0x4'0000;
inline constexpr std::uint32_t silent_body = 0x8'0000;
// A header's value is told and given with the blank behind its colon: signatures are over bytes.
inline constexpr std::uint32_t leading_space = 0x10'0000;
inline constexpr std::uint32_t offered =
    no_connect | no_helo | no_mail | no_rcpt | no_body | no_header | no_end_of_header |
    silent_header | no_unknown | no_data | skip | silent_connect | silent_helo | silent_mail |
    silent_rcpt | silent_data | silent_unknown | silent_end_of_header | silent_body | leading_space;
}  // namespace option

}  // namespace tandem::milter
