// The header block of a message, looked at without touching a byte of it.
// A HeaderView is views into the caller's bytes, which must outlive it. Fields keep their order,
// spelling, folding and line ends, so "everything but this field" can be written back exactly.
// RFC 5322 2.2; foreign mail is tolerated: LF without CR, 8-bit, NUL, lines without a colon (a
// field with an empty name), blanks before the colon, a block that never ends (then all of it is
// header). Limits: fields are listed up to 1 MiB of header and 10,000 fields; `truncated()` tells.
// The size of the block is exact in any case. A bare CR ends no line.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::mail {

struct HeaderField {
  std::string_view name;   // as written; empty when the line is not "name: value"
  std::string_view value;  // behind the colon, folding included, without the last line end
  std::string_view raw;    // the whole field, folding and last line end included
};

struct HeaderLimits {
  std::size_t bytes = 1024 * 1024;
  std::size_t fields = 10'000;
};

class HeaderView {
 public:
  // `bytes` may be a whole message or a header block alone.
  explicit HeaderView(std::string_view bytes, HeaderLimits limits = {});

  [[nodiscard]] const std::vector<HeaderField>& fields() const { return fields_; }
  [[nodiscard]] auto begin() const { return fields_.begin(); }
  [[nodiscard]] auto end() const { return fields_.end(); }

  // Names compare without regard to case. The first field of that name, or null.
  [[nodiscard]] const HeaderField* find(std::string_view name) const;
  [[nodiscard]] std::vector<const HeaderField*> all(std::string_view name) const;
  [[nodiscard]] std::size_t count(std::string_view name) const;
  // The first field's value, unfolded and trimmed; text() is empty when there is none.
  [[nodiscard]] std::optional<std::string> value_of(std::string_view name) const;
  [[nodiscard]] std::string text(std::string_view name) const;

  // Bytes of the fields with the empty line that ends them: the offset at which the body begins.
  [[nodiscard]] std::size_t block_size() const { return block_size_; }
  // Bytes of the fields alone.
  [[nodiscard]] std::size_t fields_size() const { return fields_size_; }
  // The empty line was seen.
  [[nodiscard]] bool complete() const { return complete_; }
  // A limit was reached: there are fields that are not listed.
  [[nodiscard]] bool truncated() const { return truncated_; }

 private:
  void find_end(std::string_view bytes);
  void list_fields(std::string_view block, HeaderLimits limits);

  std::vector<HeaderField> fields_;
  std::size_t block_size_ = 0;
  std::size_t fields_size_ = 0;
  bool complete_ = false;
  bool truncated_ = false;
};

// A value without its line ends (RFC 5322 2.2.3: only CR LF goes, the blanks stay) and trimmed.
[[nodiscard]] std::string unfold(std::string_view value);
// The fields of these names as they stand, and the empty line: IMAP's HEADER.FIELDS, or with
// `others` HEADER.FIELDS.NOT (RFC 3501 6.4.5). Fields without a name count as others.
[[nodiscard]] std::string select_fields(const HeaderView& header,
                                        std::span<const std::string> names, bool others);
// One field taken apart; `raw` is a line with its folded followers.
[[nodiscard]] HeaderField parse_field(std::string_view raw);

}  // namespace tandem::mail
