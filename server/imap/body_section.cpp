#include "server/imap/body_section.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "lib/mail/header.hpp"
#include "lib/mail/mime.hpp"
#include "server/mailbox/parts.hpp"

namespace tandem::server {
namespace {

using imap::BodyForm;
using imap::Section;
using imap::SectionText;

std::string part_path(const Section& section) {
  std::string path;
  for (const std::uint32_t number : section.part)
    path.append(path.empty() ? "" : ".").append(std::to_string(number));
  return path;
}

// A section's bytes, header fields as the whole header.
std::optional<mail::ByteRange> find_range(const MessageRow& row, const Section& section) {
  if (section.part.empty()) {
    switch (section.text) {
      case SectionText::whole: return mail::ByteRange{0, row.size};
      case SectionText::text: return mail::ByteRange{row.header_size, row.size};
      default: return mail::ByteRange{0, row.header_size};
    }
  }
  const auto root = read_parts(row.parts);
  if (!root) return std::nullopt;
  std::string path = part_path(section);
  switch (section.text) {
    case SectionText::whole: break;
    case SectionText::text: path += ".TEXT"; break;
    case SectionText::mime: path += ".MIME"; break;
    default: path += ".HEADER";
  }
  return mail::find_section(*root, path);
}

bool is_field_list(const Section& section) {
  return section.text == SectionText::header_fields ||
         section.text == SectionText::header_fields_not;
}

void cut(BodyBytes& bytes, const std::optional<imap::Partial>& partial) {
  if (!partial) return;
  if (bytes.text) {
    *bytes.text = partial->offset < bytes.text->size()
                      ? bytes.text->substr(partial->offset, partial->size)
                      : std::string();
    return;
  }
  const std::uint64_t skipped = std::min<std::uint64_t>(partial->offset, bytes.size);
  bytes.begin += skipped;
  bytes.size = std::min<std::uint64_t>(partial->size, bytes.size - skipped);
}

Result<void> make_text(const store::Blobs& blobs, const MessageRow& row,
                       const imap::BodyRequest& request, BodyBytes& bytes) {
  const bool binary = request.form == BodyForm::binary || request.form == BodyForm::binary_size;
  if (!binary && !is_field_list(request.section)) return {};
  auto raw = blobs.read(row.blob, bytes.begin, bytes.size);
  if (!raw) return fail(std::move(raw.error()));
  if (!binary) {
    const bool others = request.section.text == SectionText::header_fields_not;
    bytes.text = mail::select_fields(mail::HeaderView(*raw), request.section.fields, others);
    return {};
  }
  const auto root = read_parts(row.parts);
  const mail::Part* part = root ? mail::find_part(*root, part_path(request.section)) : nullptr;
  bytes.text = part == nullptr || request.section.part.empty()
                   ? std::move(*raw)
                   : mail::decode_transfer(*raw, part->encoding);
  return {};
}

}  // namespace

Result<BodyBytes> find_body(const store::Blobs& blobs, const MessageRow& row,
                            const imap::BodyRequest& request) {
  BodyBytes bytes;
  const auto range = find_range(row, request.section);
  if (!range || range->begin > range->end || range->end > row.size) return bytes;
  bytes.there = true;
  bytes.begin = range->begin;
  bytes.size = range->end - range->begin;
  if (auto made = make_text(blobs, row, request, bytes); !made)
    return fail(std::move(made.error()));
  cut(bytes, request.partial);
  return bytes;
}

std::string body_label(const imap::BodyRequest& request) {
  std::string origin;
  if (request.partial) origin = fmt::format("<{}>", request.partial->offset);
  const std::string section = imap::to_string(request.section);
  switch (request.form) {
    case BodyForm::body: return "BODY[" + section + "]" + origin;
    case BodyForm::binary: return "BINARY[" + section + "]" + origin;
    case BodyForm::binary_size: return "BINARY.SIZE[" + section + "]";
    case BodyForm::rfc822: return "RFC822";
    case BodyForm::rfc822_header: return "RFC822.HEADER";
    case BodyForm::rfc822_text: return "RFC822.TEXT";
  }
  return "BODY[]";
}

}  // namespace tandem::server
