// What FETCH asks for (RFC 9051 6.4.5, RFC 7162, 8474, 8514, 8970, 9394), both to parse and to
// write.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/protocol/imap/section.hpp"

namespace tandem::imap {

// How a body item was asked for: its answer has the same shape.
enum class BodyForm : std::uint8_t {
  body,           // BODY[…]
  binary,         // BINARY[…]: transfer encoding removed
  binary_size,    // BINARY.SIZE[…]
  rfc822,         // RFC822, answers as such
  rfc822_header,  // RFC822.HEADER (does not set \Seen)
  rfc822_text,    // RFC822.TEXT
};

struct BodyRequest {
  BodyForm form = BodyForm::body;
  Section section;
  bool peek = false;  // does not set \Seen
  std::optional<Partial> partial;
  bool operator==(const BodyRequest&) const = default;
};

struct FetchAttributes {
  bool uid = false;
  bool flags = false;
  bool internal_date = false;
  bool size = false;
  bool envelope = false;
  bool body = false;  // BODY: BODYSTRUCTURE without extension data
  bool body_structure = false;
  bool modseq = false;
  bool preview = false;
  bool preview_lazy = false;
  bool save_date = false;
  bool email_id = false;
  bool thread_id = false;
  std::vector<BodyRequest> bodies;
  // Attributes of single servers, written as they are (X-GM-MSGID); a parser never fills them.
  std::vector<std::string> extra;
  bool operator==(const FetchAttributes&) const = default;
};

// A macro (ALL, FAST, FULL), one attribute, or a list of them.
bool expect_fetch_attributes(Decoder& in, FetchAttributes& out);
// `(UID FLAGS BODY.PEEK[])`.
[[nodiscard]] std::string to_string(const FetchAttributes& attributes);

}  // namespace tandem::imap
