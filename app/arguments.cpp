// The words of a command line, split into options and the rest. What a command does not know is an
// error that names its usage.
#include <fmt/core.h>

#include "app/command.hpp"
#include "app/language.hpp"
#include "lib/base/text.hpp"

namespace tandem::app {
namespace {

// Options that every command has.
constexpr std::string_view common_options = "config= json help";

enum class Takes { unknown, nothing, value };

Takes takes(std::string_view allowed, std::string_view name) {
  for (const auto option : split(allowed, ' ')) {
    if (option == name) return Takes::nothing;
    if (option.size() == name.size() + 1 && option.starts_with(name) && option.back() == '=')
      return Takes::value;
  }
  return Takes::unknown;
}

Takes takes(const Command& command, std::string_view name) {
  const Takes own = takes(command.options, name);
  return own != Takes::unknown ? own : takes(common_options, name);
}

std::unexpected<Error> bad(const Command& command, std::string what) {
  return fail(
      Error{.kind = ErrorKind::invalid,
            .what = std::move(what),
            .next_step = fmt::format("Usage: tandemail {} {}", command.name, command.arguments)});
}

}  // namespace

std::string Arguments::get(std::string_view name, std::string fallback) const {
  const auto found = options.find(name);
  return found == options.end() ? fallback : found->second;
}

Result<Arguments> parse_arguments(const Command& command, const std::vector<std::string>& given) {
  Arguments arguments;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string& word = given[i];
    if (!word.starts_with("--") || word == "--") {
      if (word != "--") arguments.words.push_back(word);
      continue;
    }
    const auto equals = word.find('=');
    const std::string name = word.substr(2, equals == std::string::npos ? equals : equals - 2);
    const Takes kind = takes(command, name);
    if (kind == Takes::unknown)
      return bad(command, fmt::format("'{}' has no option --{}", command.name, name));
    if (kind == Takes::nothing) {
      if (equals != std::string::npos)
        return bad(command, fmt::format("--{} takes no value", name));
      arguments.options[name] = "";
    } else if (equals != std::string::npos) {
      arguments.options[name] = word.substr(equals + 1);
    } else if (i + 1 < given.size()) {
      arguments.options[name] = given[++i];
    } else {
      return bad(command, fmt::format("--{} needs a value", name));
    }
  }
  return arguments;
}

ExitCode report(const Error& error) {
  Error told = error;
  told.next_step = in_our_language(std::move(told.next_step));
  fmt::print(stderr, "tandemail: {}\n", told.to_string());
  return ExitCode::failed;
}

}  // namespace tandem::app
