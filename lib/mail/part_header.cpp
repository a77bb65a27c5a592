#include "lib/mail/part_header.hpp"

#include "lib/base/text.hpp"
#include "lib/mail/lexer.hpp"

namespace tandem::mail {
namespace {

constexpr std::size_t max_languages = 100;

bool read_type(Part& part, std::string_view value) {
  auto parsed = parse_parametrized(value);
  const auto slash = parsed.value.find('/');
  if (slash == std::string::npos || slash == 0 || slash + 1 == parsed.value.size()) return false;
  part.type = parsed.value.substr(0, slash);
  part.subtype = parsed.value.substr(slash + 1);
  part.parameters = std::move(parsed.parameters);
  return true;
}

std::vector<std::string> languages_of(std::string_view value) {
  std::vector<std::string> tags;
  Lexer lexer(value);
  lexer.skip_cfws();
  while (!lexer.done() && tags.size() < max_languages) {
    const auto tag = lexer.run(",(");
    if (!tag.empty()) tags.emplace_back(tag);
    lexer.skip_cfws();
    lexer.take(',');
    lexer.skip_cfws();
  }
  return tags;
}

void read_encoding(Part& part, std::string_view value) {
  Lexer lexer(value);
  lexer.skip_cfws();
  const auto token = lexer.run(";(");
  if (!token.empty()) part.encoding = lower(token);
}

}  // namespace

void read_part_header(Part& part, const HeaderView& header, bool in_digest) {
  const auto* type = header.find("content-type");
  if ((!type || !read_type(part, type->value)) && in_digest) {
    part.type = "message";
    part.subtype = "rfc822";
  }
  if (part.type == "text" && !find_parameter(part.parameters, "charset"))
    part.parameters.push_back({.name = "charset", .value = "us-ascii", .text = "us-ascii"});
  if (const auto* field = header.find("content-transfer-encoding"))
    read_encoding(part, field->value);
  if (const auto* field = header.find("content-disposition")) {
    auto parsed = parse_parametrized(field->value);
    if (!parsed.value.empty()) part.disposition = std::move(parsed.value);
    part.disposition_parameters = std::move(parsed.parameters);
  }
  if (const auto* field = header.find("content-language"))
    part.languages = languages_of(field->value);
  part.id = header.value_of("content-id");
  part.description = header.value_of("content-description");
  part.md5 = header.value_of("content-md5");
  part.location = header.value_of("content-location");
}

}  // namespace tandem::mail
