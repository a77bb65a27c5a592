#include "lib/mail/parameter.hpp"

#include <algorithm>

#include "lib/base/text.hpp"
#include "lib/mail/charset.hpp"
#include "lib/mail/encoded_word.hpp"
#include "lib/mail/header.hpp"
#include "lib/mail/lexer.hpp"

namespace tandem::mail {
namespace {

constexpr std::size_t max_parameters = 100;
constexpr auto npos = std::string_view::npos;

// A parameter as it stands in the text: "filename*1*=..." is {filename, 1, extended}.
struct Segment {
  std::string base;
  std::optional<std::uint64_t> section;
  bool extended = false;
  std::string value;
  bool used = false;
};

Segment make_segment(std::string_view name, std::string value) {
  Segment segment{.base = lower(name), .section = {}, .value = std::move(value)};
  const auto star = segment.base.find('*');
  if (star == npos || star == 0) return segment;
  std::string_view rest = std::string_view(segment.base).substr(star + 1);
  if (rest.ends_with('*')) {
    segment.extended = true;
    rest.remove_suffix(1);
  } else if (rest.empty()) {
    segment.extended = true;
  }
  segment.section = parse_number(rest);
  if (!rest.empty() && !segment.section) segment.extended = false;
  segment.base.resize(star);
  return segment;
}

// name=my file (1).pdf: in file names blanks and parentheses belong to it; elsewhere they end it.
std::string unquoted_value(Lexer& lexer, bool is_file_name) {
  if (!is_file_name) return std::string(lexer.run(";"));
  std::string value;
  for (; !lexer.done() && lexer.peek() != ';'; lexer.skip()) value += lexer.peek();
  return unfold(value);
}

std::vector<Segment> read_segments(Lexer& lexer) {
  std::vector<Segment> segments;
  while (!lexer.done() && segments.size() < max_parameters) {
    lexer.skip_to(';');
    lexer.take(';');
    lexer.skip_cfws();
    const auto name = lexer.run("=;");
    lexer.skip_cfws();
    if (!lexer.take('=')) continue;
    lexer.skip_cfws();
    const bool is_file = iequals(name, "name") || iequals(name, "filename");
    auto value = lexer.peek() == '"' ? lexer.quoted_string() : unquoted_value(lexer, is_file);
    if (!name.empty()) segments.push_back(make_segment(name, std::move(value)));
  }
  return segments;
}

std::string percent_decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '%' ? hex_decode(text.substr(i + 1, 2)) : std::nullopt;
    if (byte && byte->size() == 1) {
      out += *byte;
      i += 2;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '.' || c == '-' || c == '_';
    out += plain ? std::string(1, c) : "%" + upper(hex_encode({&c, 1}));
  }
  return out;
}

// charset'language'text with percent escapes, RFC 2231 4.
std::string decode_extended(std::string_view value) {
  const auto first = value.find('\'');
  const auto second = first == npos ? npos : value.find('\'', first + 1);
  if (second == npos) return guess_to_utf8(percent_decode(value));
  return to_utf8(percent_decode(value.substr(second + 1)), value.substr(0, first));
}

Parameter finish(std::string name, std::string value, bool extended) {
  Parameter made{.name = std::move(name), .value = std::move(value), .text = {}};
  made.text = extended ? decode_extended(made.value) : decode_header_text(made.value);
  if (extended) made.name += '*';
  return made;
}

// All sections of one name, in order from 0 up to the first that is missing.
Parameter join(std::vector<Segment>& segments, const std::string& base) {
  std::string value;
  bool extended = false;
  for (std::uint64_t section = 0; section < max_parameters; ++section) {
    const auto found = std::ranges::find_if(segments, [&](const Segment& s) {
      return !s.used && s.base == base && s.section == section;
    });
    if (found == segments.end()) break;
    if (section == 0) extended = found->extended;
    value += extended && !found->extended ? percent_encode(found->value) : found->value;
    found->used = true;
  }
  for (auto& segment : segments)
    if (segment.base == base && segment.section) segment.used = true;
  return finish(base, std::move(value), extended);
}

}  // namespace

Parametrized parse_parametrized(std::string_view field_value) {
  Lexer lexer(field_value);
  lexer.skip_cfws();
  Parametrized result;
  std::string value(lexer.run(";("));
  // "text / plain" is legal: blanks around the slash are dropped.
  while (lexer.skip_cfws() && (lexer.peek() == '/' || value.ends_with('/')))
    value += lexer.run(";(");
  result.value = lower(value);
  auto segments = read_segments(lexer);
  for (auto& segment : segments) {
    if (segment.used) continue;
    if (segment.section) {
      const std::string base = segment.base;
      result.parameters.push_back(join(segments, base));
    } else {
      segment.used = true;
      result.parameters.push_back(finish(segment.base, segment.value, segment.extended));
    }
  }
  return result;
}

const Parameter* find_parameter(const Parameters& parameters, std::string_view name) {
  const std::string extended = std::string(name) + "*";
  for (const auto& wanted : {extended, std::string(name)}) {
    const auto found = std::ranges::find(parameters, wanted, &Parameter::name);
    if (found != parameters.end()) return &*found;
  }
  return nullptr;
}

}  // namespace tandem::mail
