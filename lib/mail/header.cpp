#include "lib/mail/header.hpp"

#include <algorithm>

#include "lib/base/text.hpp"

namespace tandem::mail {
namespace {

constexpr auto npos = std::string_view::npos;

// The line at `from` with its LF, or what is left.
std::string_view line_at(std::string_view text, std::size_t from) {
  const auto lf = text.find('\n', from);
  return text.substr(from, lf == npos ? npos : lf + 1 - from);
}

bool is_empty_line(std::string_view line) {
  return line == "\r\n" || line == "\n";
}
bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

// RFC 5322 2.2: printable bytes but the colon. 8-bit is let through, blanks and controls are not:
// an mbox "From " line has colons in its time of day and is no field.
bool is_field_name(std::string_view name) {
  if (name.empty()) return false;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte <= 0x20 || byte == 0x7F) return false;
  }
  return true;
}

}  // namespace

HeaderView::HeaderView(std::string_view bytes, HeaderLimits limits) {
  find_end(bytes);
  list_fields(bytes.substr(0, fields_size_), limits);
}

void HeaderView::find_end(std::string_view bytes) {
  std::size_t at = 0;
  while (at < bytes.size()) {
    const auto line = line_at(bytes, at);
    if (is_empty_line(line)) {
      fields_size_ = at;
      block_size_ = at + line.size();
      complete_ = true;
      return;
    }
    at += line.size();
  }
  fields_size_ = block_size_ = bytes.size();
}

void HeaderView::list_fields(std::string_view block, HeaderLimits limits) {
  truncated_ = block.size() > limits.bytes;
  block = block.substr(0, limits.bytes);
  std::size_t at = 0;
  while (at < block.size()) {
    if (fields_.size() == limits.fields) {
      truncated_ = true;
      return;
    }
    std::size_t end = at + line_at(block, at).size();
    while (end < block.size() && is_blank(block[end])) end += line_at(block, end).size();
    fields_.push_back(parse_field(block.substr(at, end - at)));
    at = end;
  }
}

const HeaderField* HeaderView::find(std::string_view name) const {
  for (const auto& field : fields_)
    if (iequals(field.name, name)) return &field;
  return nullptr;
}

std::vector<const HeaderField*> HeaderView::all(std::string_view name) const {
  std::vector<const HeaderField*> found;
  for (const auto& field : fields_)
    if (iequals(field.name, name)) found.push_back(&field);
  return found;
}

std::size_t HeaderView::count(std::string_view name) const {
  std::size_t found = 0;
  for (const auto& field : fields_) found += iequals(field.name, name) ? 1 : 0;
  return found;
}

std::optional<std::string> HeaderView::value_of(std::string_view name) const {
  const auto* field = find(name);
  return field ? std::optional(unfold(field->value)) : std::nullopt;
}

std::string HeaderView::text(std::string_view name) const {
  return value_of(name).value_or(std::string());
}

std::string select_fields(const HeaderView& header, std::span<const std::string> names,
                          bool others) {
  std::string out;
  for (const auto& field : header) {
    const bool named = !field.name.empty() && std::ranges::any_of(names, [&](const auto& name) {
      return iequals(name, field.name);
    });
    if (named != others) out += field.raw;
  }
  if (!out.empty() && !out.ends_with('\n')) out += "\r\n";
  return out + "\r\n";
}

HeaderField parse_field(std::string_view raw) {
  HeaderField field{.name = {}, .value = without_line_end(raw), .raw = raw};
  const auto line = line_at(raw, 0);
  const auto colon = line.find(':');
  if (colon == npos) return field;
  auto name = line.substr(0, colon);
  while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
  if (!is_field_name(name)) return field;
  field.name = name;
  field.value.remove_prefix(colon + 1);
  return field;
}

std::string unfold(std::string_view value) {
  std::string out;
  value = trim(value);
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    const bool crlf = value[i] == '\r' && i + 1 < value.size() && value[i + 1] == '\n';
    if (value[i] != '\n' && !crlf) out += value[i];
  }
  return out;
}

}  // namespace tandem::mail
