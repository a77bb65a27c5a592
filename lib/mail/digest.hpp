// Who is this message? The values behind the identity ladder of the sync: (a) a trace id, (b) the
// digest of the stable header and the body's size, (c) the digest of the body. Two copies of one
// message give the same values though servers add fields, refold, reorder and damage bytes.
//
// Normal form of the header ("header" is the SHA-256 of it):
//  - left out: fields that are no fields (no colon, blanks in the name), all X-*, ARC-*, Received*,
//    and the names in digest.cpp: what transport, filters and stores add or rewrite;
//  - each other field as: name in lower case, ':', the value's bytes 0x21-0x7E without '?' and '"'.
//    So blanks, folding, NUL, 8-bit bytes and what servers put in their place ('?', 0x80) do not
//    count;
//  - a Date that can be read is replaced by its instant in decimal seconds;
//  - each such text is hashed, the hashes are sorted (order does not count, repetition does) and
//    hashed together. Limits as HeaderView's: what is beyond does not count.
// Normal form of the body ("body"): CR dropped, 0x80 as NUL, line ends at the end dropped. Text
// that has neither a field nor an empty line is a body without a header.
// `body_size` and `header_size` count a bare LF as CR LF, as IMAP's RFC822.SIZE does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct evp_md_ctx_st;

namespace tandem::mail {

struct DigestOptions {
  std::vector<std::string> our_names;  // host names whose trace ids count; empty: any
  bool exact = false;                  // StableDigest::exact is wanted too
};

struct StableDigest {
  std::string header;  // 32 bytes
  // The same, but two things do not count either: 'X', which Cyrus puts for 8-bit, and the
  // Message-ID, which Exchange and Domino rewrite.
  std::string likeness;
  std::size_t stable_fields = 0;    // fields in it; 0: the header says nothing, match by body only
  std::optional<std::string> body;  // 32 bytes; absent when only the header was seen
  std::uint64_t header_size = 0;    // with the empty line
  bool ended = false;               // there was an empty line behind the header
  std::uint64_t body_size = 0;      // meaningful with `body` only
  std::optional<std::string> trace_id;
  std::optional<std::string> exact;  // 32 bytes: of all bytes of a whole message, as they came
};

// From a header block alone (the empty line may be missing).
[[nodiscard]] StableDigest digest_header(std::string_view header,
                                         const DigestOptions& options = {});
// From a whole message.
[[nodiscard]] StableDigest digest_message(std::string_view message,
                                          const DigestOptions& options = {});
// Whether a field counts for the digest.
[[nodiscard]] bool is_stable_field(std::string_view name);

// The same for a message that arrives in pieces of any size. Holds at most 1 MiB of header and one
// small buffer. Not for two threads at once.
class DigestStream {
 public:
  explicit DigestStream(DigestOptions options = {});
  ~DigestStream();
  DigestStream(DigestStream&&) noexcept;
  DigestStream& operator=(DigestStream&&) noexcept;

  void update(std::string_view chunk);
  // Once, at the end.
  [[nodiscard]] StableDigest finish();

 private:
  struct CloseHash {
    void operator()(evp_md_ctx_st* context) const;
  };

  std::size_t take_header(std::string_view chunk);
  void take_body(std::string_view chunk);
  void take_as_body();
  void put_text(std::string_view line);
  void put(std::string_view text);
  void hash(std::string_view text);
  void flush();

  DigestOptions options_;
  std::unique_ptr<evp_md_ctx_st, CloseHash> hash_;
  std::unique_ptr<evp_md_ctx_st, CloseHash> exact_;  // null: not wanted
  std::string header_;
  std::string buffer_;
  std::uint64_t header_size_ = 0;
  std::uint64_t body_size_ = 0;
  std::uint64_t held_line_ends_ = 0;  // not yet known to be inside the body
  char last_ = '\n';                  // the byte before the next chunk
  bool line_is_empty_ = true;
  bool in_body_ = false;
};

}  // namespace tandem::mail
