#include "webui/json.hpp"

#include <algorithm>
#include <chrono>
#include <fmt/core.h>

#include <boost/json.hpp>

#include "lib/base/text.hpp"

namespace tandem::webui {
namespace json = boost::json;

namespace {
constexpr std::size_t deepest = 8;
}

Result<json::object> read_object(const std::string& body,
                                 std::initializer_list<std::string_view> members) {
  json::parse_options options;
  options.max_depth = deepest;
  boost::system::error_code error;
  json::value value = json::parse(body, error, {}, options);
  if (error || !value.is_object())
    return fail(ErrorKind::invalid, "The body is not a JSON object.");
  for (const auto& member : value.get_object())
    if (std::ranges::find(members, std::string_view(member.key())) == members.end())
      return fail(ErrorKind::invalid,
                  fmt::format("There is no member '{}' here.", clean(member.key(), 60)));
  return std::move(value.get_object());
}

std::optional<std::string> text_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  if (found == nullptr || !found->is_string()) return std::nullopt;
  return std::string(found->get_string());
}

std::optional<bool> bool_in(const json::object& object, std::string_view name) {
  const json::value* found = object.if_contains(name);
  if (found == nullptr || !found->is_bool()) return std::nullopt;
  return found->get_bool();
}

std::optional<std::vector<std::string>> texts_in(const json::object& object, std::string_view name,
                                                 std::size_t limit) {
  const json::value* found = object.if_contains(name);
  if (found == nullptr || !found->is_array() || found->get_array().size() > limit)
    return std::nullopt;
  std::vector<std::string> texts;
  for (const json::value& one : found->get_array()) {
    if (!one.is_string()) return std::nullopt;
    texts.emplace_back(one.get_string());
  }
  return texts;
}

std::string time_text(WallTime at) {
  const auto day = std::chrono::floor<std::chrono::days>(at);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(std::chrono::floor<std::chrono::seconds>(at - day));
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     time.hours().count(), time.minutes().count(), time.seconds().count());
}

json::value time_or_null(std::optional<WallTime> at) {
  return at ? json::value(time_text(*at)) : json::value(nullptr);
}

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value(nullptr) : json::value(clean(text));
}

std::string clean(std::string_view text, std::size_t limit) {
  return printable(text, limit);
}

}  // namespace tandem::webui
