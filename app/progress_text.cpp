#include "app/progress_text.hpp"

#include <algorithm>
#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/json_text.hpp"
#include "app/language.hpp"
#include "webui/words.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

constexpr std::uint64_t bar_width = 30;

std::string filled(std::string words, std::string_view name, std::string_view value) {
  const auto at = words.find(name);
  return at == std::string::npos ? words : words.replace(at, name.size(), value);
}

std::string label_of(const json::value& sides, std::string_view side) {
  return text(sides.at(side).at("label"));
}

}  // namespace

std::string progress_bar(std::uint64_t done, std::uint64_t total) {
  const std::uint64_t least = std::min(done, total);
  const auto part = [&](std::uint64_t of) {
    return total == 0
               ? 0
               : static_cast<std::uint64_t>(static_cast<double>(least) /
                                            static_cast<double>(total) * static_cast<double>(of));
  };
  const std::uint64_t percent =
      total > 0 && done >= total ? 100 : std::min<std::uint64_t>(part(100), 99);
  const std::uint64_t marks = percent == 100 ? bar_width : std::min(part(bar_width), bar_width - 1);
  return fmt::format("[{}{}] {:>3} %", std::string(marks, '#'), std::string(bar_width - marks, '-'),
                     percent);
}

std::string copied_text(const json::value& copied) {
  const auto number = [&](const char* name) { return copied.at(name).to_number<std::uint64_t>(); };
  const bool by_bytes = number("bytes_total") > 0;
  return fmt::format("{}  {} of {} messages copied",
                     by_bytes ? progress_bar(number("bytes_done"), number("bytes_total"))
                              : progress_bar(number("messages_done"), number("messages_total")),
                     number("messages_done"), number("messages_total"));
}

std::string eta_words(const json::value& eta) {
  if (!eta.at("known").as_bool()) return "";
  return fmt::format("; done between {} and {}", text(eta.at("low")), text(eta.at("high")));
}

std::string bottleneck_text(const json::value& bottleneck, const json::value& sides) {
  if (bottleneck.is_null()) return "";
  const auto language = speaks_japanese() ? webui::Language::japanese : webui::Language::english;
  const webui::Words& words = webui::Words::in(language);
  const json::value& side = bottleneck.at("side");
  const std::string label = side.is_null() ? label_of(sides, "old") + " / " + label_of(sides, "new")
                                           : label_of(sides, text(side));
  std::string said = words.say("bottleneck." + text(bottleneck.at("kind")));
  said = filled(std::move(said), "{time}", text(bottleneck.at("until")));
  said = filled(std::move(said), "{label}", label);
  return words.say("bottleneck.title") + ": " + said;
}

}  // namespace tandem::app
