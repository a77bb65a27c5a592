// A message as a tree of parts, each a range of offsets into the caller's bytes (RFC 2045, 2046).
// One pass, no body is copied; a Part stays valid without the bytes. Malformed mail gives a tree
// too: a boundary that never comes or never closes, no header, no body, LF without CR. A multipart
// without parts gets one empty text part, so that what IMAP shows (which needs one) and what
// find_part finds agree. Limits: 50 levels and 1,000 parts (a container beyond them is shown as
// application/octet-stream), 10,000 addresses in all envelopes together.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/mail/envelope.hpp"
#include "lib/mail/parameter.hpp"
#include "lib/mail/transfer.hpp"

namespace tandem::mail {

struct Part {
  std::size_t header_begin = 0;
  std::size_t body_begin = 0;    // behind the empty line
  std::size_t body_end = 0;      // before the line end that belongs to the next boundary
  std::uint64_t body_lines = 0;  // line ends in the body

  std::string type = "text";  // lower case, as are subtype, encoding and disposition
  std::string subtype = "plain";
  Parameters parameters;
  std::string encoding = "7bit";
  std::optional<std::string> id;
  std::optional<std::string> description;
  std::optional<std::string> md5;
  std::optional<std::string> disposition;
  Parameters disposition_parameters;
  std::vector<std::string> languages;
  std::optional<std::string> location;

  // multipart: its parts, at least one. message/rfc822: one, the root of the embedded message.
  std::vector<Part> children;
  // Set in every root of a message, the outermost and the embedded ones.
  std::unique_ptr<Envelope> envelope;

  [[nodiscard]] bool is_multipart() const { return type == "multipart" && !children.empty(); }
  [[nodiscard]] bool is_message() const { return type == "message" && !children.empty(); }
  [[nodiscard]] std::size_t body_size() const { return body_end - body_begin; }
};

struct MimeLimits {
  std::size_t depth = 50;
  std::size_t parts = 1'000;
};

[[nodiscard]] Part parse_message(std::string_view message, MimeLimits limits = {});
// The same of a message that is read from front to back, `size` bytes in all, in bounded memory:
// whatever its size, some hundred KiB and its largest header (1 MiB of one at the most). The error
// is that of `read`, which gives at least one byte of those asked for.
using ReadAt = std::function<Result<std::string>(std::uint64_t offset, std::uint64_t length)>;
[[nodiscard]] Result<Part> parse_message(const ReadAt& read, std::uint64_t size,
                                         MimeLimits limits = {});

// The part of an IMAP section path "1.2.3" (RFC 3501 6.4.5); an empty path is the root. Null if
// there is none. Part 1 of a message that is no multipart is its body, that is the root itself.
[[nodiscard]] const Part* find_part(const Part& root, std::string_view path);

struct ByteRange {
  std::size_t begin = 0;
  std::size_t end = 0;
  bool operator==(const ByteRange&) const = default;
};
// The bytes of an IMAP section without a field list: "" (everything), "HEADER", "TEXT", "1.2",
// "1.2.MIME", "3.HEADER", "3.TEXT" (the last two need part 3 to be a message).
[[nodiscard]] std::optional<ByteRange> find_section(const Part& root, std::string_view section);

// The part's body with its transfer encoding undone, at most `limit` bytes.
[[nodiscard]] std::string decode_body(std::string_view message, const Part& part,
                                      std::size_t limit = no_limit);
// The same as UTF-8 by the part's charset; for text parts.
[[nodiscard]] std::string decode_text(std::string_view message, const Part& part,
                                      std::size_t limit = no_limit);

}  // namespace tandem::mail
