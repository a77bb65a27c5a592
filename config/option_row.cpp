#include "config/option_row.hpp"

#include <filesystem>

#include "config/units.hpp"

namespace tandem::config {

Outcome take_text(std::string& into, const Value& value) {
  if (value.text.empty()) return Fault{"The value is empty.", "Give one, or remove the line."};
  into = value.text;
  return std::nullopt;
}

Outcome take_path(std::string& into, const Value& value) {
  if (auto fault = take_text(into, value)) return fault;
  const std::filesystem::path path(value.text);
  if (path.is_relative() && !value.folder.empty())
    into = (std::filesystem::path(value.folder) / path).lexically_normal().string();
  return std::nullopt;
}

Outcome take_flag(bool& into, const Value& value) {
  const auto flag = parse_flag(value.text);
  if (!flag)
    return Fault{fmt::format("\"{}\" is neither yes nor no.", printable(value.text, 60)),
                 "Write yes or no."};
  into = *flag;
  return std::nullopt;
}

Outcome take_number(unsigned& into, const Value& value, unsigned least, unsigned most) {
  const auto number = parse_number(value.text);
  if (!number || *number < least || *number > most)
    return Fault{fmt::format("\"{}\" is not a number from {} to {}.", printable(value.text, 60),
                             least, most),
                 "Correct the number."};
  into = unsigned(*number);
  return std::nullopt;
}

}  // namespace tandem::config
