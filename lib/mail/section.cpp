// Parts and sections of a message by their IMAP names (RFC 3501 6.4.5: "1.2", "1.2.MIME", "TEXT"),
// and their bodies decoded.
#include "lib/base/text.hpp"
#include "lib/mail/charset.hpp"
#include "lib/mail/mime.hpp"

namespace tandem::mail {
namespace {

const Part* child_of(const Part& part, std::uint64_t number) {
  // RFC 3501 6.4.5: numbers behind a message go on inside the embedded message.
  const Part& body = part.is_message() ? part.children.front() : part;
  if (body.is_multipart())
    return number >= 1 && number <= body.children.size() ? &body.children[number - 1] : nullptr;
  return number == 1 && part.is_message() ? &body : nullptr;
}

}  // namespace

const Part* find_part(const Part& root, std::string_view path) {
  const Part* part = &root;
  if (path.empty()) return part;
  bool first = true;
  for (const auto step : split(path, '.')) {
    const auto number = parse_number(step);
    if (!number) return nullptr;
    // The outermost message has no container: its own body is part 1.
    if (first && !root.is_multipart()) {
      if (*number != 1) return nullptr;
    } else {
      part = child_of(*part, *number);
      if (!part) return nullptr;
    }
    first = false;
  }
  return part;
}

std::optional<ByteRange> find_section(const Part& root, std::string_view section) {
  const auto last = section.substr(section.rfind('.') + 1);
  const bool is_word = !last.empty() && !parse_number(last);
  auto path = is_word ? section.substr(0, section.size() - last.size()) : section;
  if (is_word && path.ends_with('.')) path.remove_suffix(1);
  const Part* part = find_part(root, path);
  if (!part) return std::nullopt;
  if (section.empty()) return ByteRange{root.header_begin, root.body_end};
  if (!is_word) return ByteRange{part->body_begin, part->body_end};
  if (iequals(last, "MIME")) {
    if (path.empty()) return std::nullopt;
    return ByteRange{part->header_begin, part->body_begin};
  }
  if (!path.empty()) {
    if (!part->is_message()) return std::nullopt;
    part = &part->children.front();
  }
  if (iequals(last, "HEADER")) return ByteRange{part->header_begin, part->body_begin};
  if (iequals(last, "TEXT")) return ByteRange{part->body_begin, part->body_end};
  return std::nullopt;
}

std::string decode_body(std::string_view message, const Part& part, std::size_t limit) {
  if (part.body_end > message.size() || part.body_begin > part.body_end) return {};
  return decode_transfer(message.substr(part.body_begin, part.body_size()), part.encoding, limit);
}

std::string decode_text(std::string_view message, const Part& part, std::size_t limit) {
  const auto* charset = find_parameter(part.parameters, "charset");
  return to_utf8(decode_body(message, part, limit), charset ? charset->text : "");
}

}  // namespace tandem::mail
