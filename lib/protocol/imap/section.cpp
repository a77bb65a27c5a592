#include "lib/protocol/imap/section.hpp"

#include "lib/protocol/imap/decoder.hpp"
#include "lib/protocol/imap/write.hpp"

namespace tandem::imap {
namespace {

bool expect_fields(Decoder& in, Section& out) {
  if (!in.expect_space() || !in.expect_byte('(', "header list expected")) return false;
  do {
    std::string_view name;
    if (!in.expect_astring(name, "header field name expected")) return false;
    if (out.fields.size() == max_section_fields) return in.fail("too many header fields");
    out.fields.emplace_back(name);
  } while (in.try_spaces() && in.peek() != ')');
  return in.expect_byte(')', "header list not closed");
}

bool expect_text(Decoder& in, Section& out) {
  if (in.try_word("HEADER.FIELDS.NOT")) {
    out.text = SectionText::header_fields_not;
    return expect_fields(in, out);
  }
  if (in.try_word("HEADER.FIELDS")) {
    out.text = SectionText::header_fields;
    return expect_fields(in, out);
  }
  if (in.try_word("HEADER")) {
    out.text = SectionText::header;
  } else if (in.try_word("TEXT")) {
    out.text = SectionText::text;
  } else if (!out.part.empty() && in.try_word("MIME")) {
    out.text = SectionText::mime;
  } else {
    return in.fail("unknown section");
  }
  return true;
}

}  // namespace

bool expect_section(Decoder& in, Section& out) {
  if (!in.expect_byte('[', "section expected")) return false;
  if (in.try_byte(']')) return true;
  std::uint32_t number = 0;
  bool text_follows = true;
  while (in.try_number(number)) {
    if (number == 0) return in.fail("part number may not be 0");
    if (out.part.size() == max_part_depth) return in.fail("part number too deep");
    out.part.push_back(number);
    text_follows = in.try_byte('.');
    if (!text_follows) break;
  }
  if (text_follows && !expect_text(in, out)) return false;
  return in.expect_byte(']', "section not closed");
}

bool expect_partial(Decoder& in, Partial& out) {
  if (!in.expect_byte('<', "partial expected") ||
      !in.expect_number(out.offset, "offset expected") ||
      !in.expect_byte('.', "partial size expected") || !in.expect_number(out.size, "size expected"))
    return false;
  if (out.size == 0) return in.fail("partial size may not be 0");
  return in.expect_byte('>', "partial not closed");
}

std::string to_string(const Section& section) {
  std::string text;
  for (const std::uint32_t number : section.part) {
    if (!text.empty()) text += '.';
    text += std::to_string(number);
  }
  if (section.text == SectionText::whole) return text;
  if (!text.empty()) text += '.';
  switch (section.text) {
    case SectionText::whole: break;
    case SectionText::header: text += "HEADER"; break;
    case SectionText::text: text += "TEXT"; break;
    case SectionText::mime: text += "MIME"; break;
    case SectionText::header_fields: text += "HEADER.FIELDS ("; break;
    case SectionText::header_fields_not: text += "HEADER.FIELDS.NOT ("; break;
  }
  if (section.fields.empty()) return text;
  for (std::size_t at = 0; at < section.fields.size(); ++at) {
    if (at > 0) text += ' ';
    append_astring(text, section.fields[at]);
  }
  return text + ')';
}

}  // namespace tandem::imap
