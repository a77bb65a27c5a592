#include "lib/mail/authentication_results.hpp"

#include <iterator>

#include "lib/base/text.hpp"
#include "lib/mail/lexer.hpp"

namespace tandem::mail {
namespace {

constexpr std::size_t most_results = 100;
constexpr std::size_t most_properties = 20;

// RFC 8601 2.2: a token, a quoted string, or a quoted local part with what is behind it.
std::string word(Lexer& in, std::string_view stops) {
  std::string text;
  if (in.peek() == '"') text = in.quoted_string();
  text += in.run(stops);
  return text;
}

std::string_view without_dot(std::string_view host) {
  if (host.ends_with('.')) host.remove_suffix(1);
  return host;
}

// What stands behind "method=result" up to the next semicolon.
void read_properties(Lexer& in, AuthenticationResult& into) {
  while (!in.done()) {
    in.skip_cfws();
    if (in.done() || in.peek() == ';') return;
    const std::size_t before = in.position();
    std::string name = lower(word(in, ";=(\""));
    in.skip_cfws();
    if (in.take('=')) {
      in.skip_cfws();
      std::string value = word(in, ";(\"");
      if (into.properties.size() < most_properties)
        into.properties.push_back({std::move(name), std::move(value)});
    }
    if (in.position() == before) in.skip();
  }
}

}  // namespace

std::string_view AuthenticationResult::property(std::string_view name) const {
  for (const auto& one : properties)
    if (one.name == name) return one.value;
  return {};
}

AuthenticationResults parse_authentication_results(std::string_view value) {
  AuthenticationResults found;
  Lexer in(value);
  in.skip_cfws();
  found.by = lower(word(in, ";(\""));
  in.skip_to(';');
  while (in.take(';') && found.results.size() < most_results) {
    in.skip_cfws();
    AuthenticationResult one{.method = lower(word(in, ";=/(\"")), .result = {}, .properties = {}};
    in.skip_cfws();
    if (in.take('/')) {
      in.skip_cfws();
      (void)in.run(";=(\"");
      in.skip_cfws();
    }
    if (in.take('=')) {
      in.skip_cfws();
      one.result = lower(word(in, ";(\""));
      read_properties(in, one);
      found.results.push_back(std::move(one));
    }
    in.skip_to(';');
  }
  return found;
}

bool is_result_by(const HeaderField& field, std::string_view host) {
  if (!iequals(field.name, authentication_results)) return false;
  const auto claimed = parse_authentication_results(field.value);
  return iequals(without_dot(claimed.by), without_dot(host));
}

std::vector<AuthenticationResult> results_by(const HeaderView& header, std::string_view host) {
  std::vector<AuthenticationResult> all;
  for (const auto& field : header) {
    if (!is_result_by(field, host)) continue;
    auto found = parse_authentication_results(field.value).results;
    all.insert(all.end(), std::make_move_iterator(found.begin()),
               std::make_move_iterator(found.end()));
  }
  return all;
}

}  // namespace tandem::mail
