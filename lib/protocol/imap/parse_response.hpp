// From one complete response (its literals in place, or streamed elsewhere) to a typed Response.
#pragma once

#include <span>
#include <string_view>

#include "lib/base/result.hpp"
#include "lib/protocol/imap/response.hpp"

namespace tandem::imap {

// `text` without its final CR LF; `streamed`: where literals stood whose bytes are not in it.
// `utf8`: mailbox names arrive in UTF-8. Fails (kind protocol) for what is no response, and for a
// FETCH that cannot be read, since passing it over would lose a message; other data that cannot be
// read is `Unknown`. Views in the result point into `text`. An error holds none of the words of
// `text`: it may be mail.
[[nodiscard]] Result<Response> parse_response(std::string_view text,
                                              std::span<const std::size_t> streamed = {},
                                              bool utf8 = false);

// A FETCH up to and with the announcement of a body's literal (and its line end): what was said
// before it, the body last. Nothing: the literal is not a body's, or this is no FETCH.
[[nodiscard]] bool parse_fetch_prefix(std::string_view text, std::span<const std::size_t> streamed,
                                      response::Fetch& out);

// Reads a `[CODE …] ` at the front and returns the text after it.
std::string_view read_response_code(std::string_view text, ResponseCode& code);

}  // namespace tandem::imap
