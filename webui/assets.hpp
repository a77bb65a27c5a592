// The page's files, built by webui/app/build.mjs and embedded at build time: webui/embed.cmake
// generates the one source file that defines assets(). Immutable, static storage, any thread.
// Only gzip is kept (about 40 KB in all): every browser since 2000 takes it; a client that does
// not is answered 406 by the caller.
#pragma once

#include <span>
#include <string_view>

namespace tandem::webui {

struct Asset {
  std::string_view path;          // absolute, e.g. "/index.html"; the caller maps "/" to it
  std::string_view content_type;  // with charset where it is text
  std::string_view gzip;          // the body, to be sent with Content-Encoding: gzip
  std::string_view etag;          // strong, quoted; from the content
  bool immutable;                 // the path carries the content's hash: may be cached for a year
};

/// All of them, sorted by path; "/index.html" is always there.
std::span<const Asset> assets();

/// The page's words (webui/app/src/words) as one JSON object of texts; see Words.
std::string_view page_words(bool japanese);

/// The content security policy every answer carries. No inline code or style anywhere.
inline constexpr std::string_view content_security_policy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'";

}  // namespace tandem::webui
