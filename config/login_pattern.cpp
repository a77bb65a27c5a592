#include "config/login_pattern.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <initializer_list>

#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

struct Value {
  std::string_view word;  // without braces
  std::string_view text;
};

// Calls `literal` for text between braces and `word` for what braces enclose; false: a lone brace.
template <class Literal, class Word>
bool walk(std::string_view pattern, Literal literal, Word word) {
  while (!pattern.empty()) {
    const auto open = std::min(pattern.find_first_of("{}"), pattern.size());
    literal(pattern.substr(0, open));
    pattern.remove_prefix(open);
    if (pattern.empty()) return true;
    const auto close = pattern.find('}');
    if (pattern.front() == '}' || close == std::string_view::npos) return false;
    word(pattern.substr(1, close - 1));
    pattern.remove_prefix(close + 1);
  }
  return true;
}

std::string fill(std::string_view pattern, std::initializer_list<Value> values) {
  std::string out;
  walk(
      pattern, [&](std::string_view text) { out += text; },
      [&](std::string_view word) {
        for (const auto& value : values)
          if (value.word == word) out += value.text;
      });
  return out;
}

std::unexpected<Error> bad_pattern(std::string what, std::string cure) {
  return fail(
      Error{.kind = ErrorKind::invalid, .what = std::move(what), .next_step = std::move(cure)});
}

Result<void> check_pattern(std::string_view pattern, std::initializer_list<std::string_view> known,
                           std::string_view needed, std::string cure) {
  std::optional<std::string_view> unknown;
  bool personal = false;
  const bool balanced = walk(
      pattern, [](std::string_view) {},
      [&](std::string_view word) {
        if (std::ranges::find(known, word) == known.end()) unknown = word;
        if (needed.empty() ? word != "domain" : word == needed) personal = true;
      });
  if (!balanced) return bad_pattern("The pattern has a brace without its partner.", cure);
  if (unknown)
    return bad_pattern(
        fmt::format("The pattern has an unknown word {{{}}}.", printable(*unknown, 40)), cure);
  if (!personal) return bad_pattern("The pattern gives everybody the same log-in name.", cure);
  return {};
}

}  // namespace

Result<void> check_login_pattern(std::string_view pattern) {
  if (pattern == "csv") return {};
  return check_pattern(
      pattern, {"address", "local", "domain"}, "",
      "Use {address}, {local} and {domain}, for example {local}%{domain}, or csv.");
}

std::optional<std::string> login_name(std::string_view pattern, std::string_view address) {
  if (pattern == "csv") return std::nullopt;
  const auto at = std::min(address.rfind('@'), address.size());
  const auto domain = at == address.size() ? std::string_view{} : address.substr(at + 1);
  return fill(pattern,
              {{"address", address}, {"local", address.substr(0, at)}, {"domain", domain}});
}

Result<void> check_master_pattern(std::string_view pattern) {
  if (pattern == "authzid") return {};
  return check_pattern(pattern, {"login", "master"}, "login",
                       "Use {login} and {master}, for example {login}*{master}, or authzid.");
}

std::string master_login_name(std::string_view pattern, std::string_view login,
                              std::string_view master) {
  if (pattern == "authzid") return std::string(master);
  return fill(pattern, {{"login", login}, {"master", master}});
}

}  // namespace tandem::config
