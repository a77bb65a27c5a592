// A message of anybody's making: its structure, its texts, what IMAP says of it. All ranges lie
// within the message and all work is bounded.
#include <string>

#include "lib/mail/address_list.hpp"
#include "lib/mail/authentication_results.hpp"
#include "lib/mail/date.hpp"
#include "lib/mail/encoded_word.hpp"
#include "lib/mail/envelope.hpp"
#include "lib/mail/header.hpp"
#include "lib/mail/imap_structure.hpp"
#include "lib/mail/mime.hpp"
#include "lib/mail/received.hpp"
#include "tests/fuzz/target.hpp"

using namespace tandem;

namespace {

void look_into(std::string_view message, const mail::Part& part) {
  fuzz::require(part.body_begin <= part.body_end && part.body_end <= message.size(),
                "a part lies within its message");
  (void)mail::decode_text(message, part, 4096);
  (void)mail::decode_body(message, part, 4096);
  for (const mail::Part& child : part.children) look_into(message, child);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  const mail::HeaderView header(input);
  fuzz::require(header.block_size() <= input.size(), "a header lies within its message");
  for (const mail::HeaderField& field : header) {
    (void)mail::decode_header_text(field.value);
    (void)mail::parse_address_list(field.value);
    (void)mail::parse_date(field.value);
    (void)mail::parse_received(field.value);
    (void)mail::parse_authentication_results(field.value);
  }
  (void)mail::trace_ids(header, {});
  (void)mail::imap_envelope(mail::make_envelope(header));
  const mail::Part root = mail::parse_message(input);
  look_into(input, root);
  const mail::ReadAt read = [input](std::uint64_t offset, std::uint64_t) {
    return Result<std::string>(input.substr(offset, 1 + offset % 7));
  };
  const auto pieces = mail::parse_message(read, input.size());
  fuzz::require(pieces.has_value(), "a message can be read in pieces");
  fuzz::require(mail::imap_bodystructure(root, true) == mail::imap_bodystructure(*pieces, true),
                "a message read in pieces has the structure of the whole one");
  (void)mail::parse_internal_date(input);
  (void)mail::decode_header_text(input);
  return 0;
}
