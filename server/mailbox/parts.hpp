// The tree of a message's parts as a short text, kept so that BODY[1.2.MIME] needs no parsing:
// "m 0 120 900 2 …" in preorder: kind (m multipart, r message/rfc822, l leaf), header begin, body
// begin, body end, children; a leaf's encoding instead of its children. BODY without extension data
// is made from the message itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/mail/mime.hpp"

namespace tandem::server {

[[nodiscard]] std::string write_parts(const mail::Part& root);
// Offsets, nesting, "multipart"/"message" and encodings only: enough for find_part and
// find_section.
[[nodiscard]] std::optional<mail::Part> read_parts(std::string_view text);

}  // namespace tandem::server
