// What is asked of a message's body: `BODY[1.2.HEADER.FIELDS (Subject)]<0.100>` and its relatives
// (RFC 9051 6.4.5 and 9: section, section-binary).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::imap {

class Decoder;

enum class SectionText : std::uint8_t {
  whole,
  header,
  header_fields,
  header_fields_not,
  text,
  mime
};

struct Section {
  std::vector<std::uint32_t> part;  // 1.2; empty: the message itself
  SectionText text = SectionText::whole;
  std::vector<std::string> fields;  // of header_fields and header_fields_not, as they were spelt
  bool operator==(const Section&) const = default;
};

struct Partial {
  std::uint32_t offset = 0;
  std::uint32_t size = 0;  // at least 1
  bool operator==(const Partial&) const = default;
};

constexpr std::size_t max_part_depth = 64;
constexpr std::size_t max_section_fields = 500;

// `[1.2.HEADER]` with its brackets.
bool expect_section(Decoder& in, Section& out);
// `<offset.size>` of a request.
bool expect_partial(Decoder& in, Partial& out);
// Between the brackets: "1.2.HEADER.FIELDS (Subject)".
[[nodiscard]] std::string to_string(const Section& section);

}  // namespace tandem::imap
