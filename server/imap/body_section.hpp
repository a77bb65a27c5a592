// Which bytes a BODY[…] or BINARY[…] item of FETCH means: a range of the stored message, or text
// made from it (header fields, decoded parts). RFC 3501 6.4.5.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "lib/protocol/imap/fetch_request.hpp"
#include "lib/store/blob.hpp"
#include "server/mailbox/types.hpp"

namespace tandem::server {

struct BodyBytes {
  bool there = false;  // false: NIL
  // Without `text`: these bytes of the message.
  std::uint64_t begin = 0;
  std::uint64_t size = 0;
  std::optional<std::string> text;

  [[nodiscard]] std::uint64_t length() const { return text ? text->size() : size; }
};

// `row` with detail blob or structure. The partial is applied.
[[nodiscard]] Result<BodyBytes> find_body(const store::Blobs& blobs, const MessageRow& row,
                                          const imap::BodyRequest& request);
// As FETCH answers: `BODY[1.2]<0>`.
[[nodiscard]] std::string body_label(const imap::BodyRequest& request);

}  // namespace tandem::server
