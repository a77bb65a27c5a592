// The words of IMAP (RFC 3501 9, RFC 9051 9), read one after the other from a complete command or
// response in which literals stand in place (`{5}CRLF` followed by five bytes).
//
// Two families: try_x returns true and moves on, or false and stays; expect_x is the same, but a
// false is noted as the reason (the first one is kept). A string that begins and then breaks off is
// noted by try_x too. Values are views into the input; only quoted strings with escapes are copied,
// into an arena that can be taken along. Nothing here allocates more than the input holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <forward_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::imap {

// The announcement at the end of a line: `{size}`, `{size+}`, `~{size}`.
struct LiteralSpec {
  std::uint64_t size = 0;  // saturated: larger than any limit if it does not fit
  bool synchronising = true;
  bool binary = false;    // literal8
  std::size_t brace = 0;  // where `{` (or `~`) stands in the line
};
// What a line (without its CR LF) announces at its end; nothing if it announces nothing.
[[nodiscard]] std::optional<LiteralSpec> literal_suffix(std::string_view line);

// A quoted string or literal. A streamed literal has a size but no bytes: they went elsewhere.
struct StringValue {
  std::string_view bytes;
  std::uint64_t size = 0;
  bool nil = false;
  bool literal = false;
  bool binary = false;
  bool streamed = false;
};

using Arena = std::forward_list<std::string>;

class Decoder {
 public:
  static constexpr std::size_t max_depth = 64;  // of parentheses that are skipped

  // `streamed`: positions after the line end of those literals whose bytes are not in `input`.
  explicit Decoder(std::string_view input, std::span<const std::size_t> streamed = {});

  [[nodiscard]] std::size_t position() const { return position_; }
  [[nodiscard]] bool at_end() const { return position_ == input_.size(); }
  [[nodiscard]] char peek() const { return at_end() ? '\0' : input_[position_]; }
  [[nodiscard]] std::string_view rest() const { return input_.substr(position_); }
  [[nodiscard]] std::string_view since(std::size_t start) const {
    return input_.substr(start, position_ - start);
  }
  void move_to(std::size_t position) { position_ = position; }

  [[nodiscard]] bool failed() const { return !failure_.empty(); }
  [[nodiscard]] std::string_view failure() const { return failure_; }
  // Notes the first reason (a constant text) and returns false.
  bool fail(std::string_view reason);
  [[nodiscard]] Arena take_arena() { return std::move(arena_); }

  bool try_byte(char byte);
  bool try_spaces();  // one or more; false: none
  // A keyword without regard to case, not followed by a further atom byte.
  bool try_word(std::string_view word);
  bool try_atom(std::string_view& out);
  bool try_list_atom(std::string_view& out);  // with `%`, `*` and `]`: a LIST pattern
  bool try_tag(std::string_view& out);
  bool try_flag(std::string_view& out);  // `\Seen`, `\*`, `keyword`
  bool try_number(std::uint32_t& out);
  bool try_number64(std::uint64_t& out);
  bool try_quoted(StringValue& out);
  bool try_literal(StringValue& out);
  bool try_string(StringValue& out);   // quoted or literal
  bool try_nstring(StringValue& out);  // or NIL
  bool try_astring(std::string_view& out);

  bool expect_byte(char byte, std::string_view reason);
  bool expect_space();
  bool expect_end();
  bool expect_atom(std::string_view& out, std::string_view reason);
  bool expect_number(std::uint32_t& out, std::string_view reason);
  bool expect_number64(std::uint64_t& out, std::string_view reason);
  bool expect_string(StringValue& out, std::string_view reason);
  bool expect_astring(std::string_view& out, std::string_view reason);
  // `(` words `)`: flags, with or without spaces at the ends (seen from servers).
  bool expect_flag_list(std::vector<std::string_view>& out);
  // One value of any kind: atom, number, string, or a list of values, at most max_depth deep.
  bool skip_value(std::string_view& out);

 private:
  bool take(std::uint8_t kind, std::string_view& out);

  std::string_view input_;
  std::span<const std::size_t> streamed_;
  std::size_t position_ = 0;
  std::string_view failure_;
  Arena arena_;
};

[[nodiscard]] bool is_atom(std::string_view text);
// `\seen` as `\Seen`: system flags in their usual spelling, everything else as it is.
[[nodiscard]] std::string canonical_flag(std::string_view flag);

}  // namespace tandem::imap
