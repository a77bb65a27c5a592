#include "webui/words.hpp"

#include <boost/json.hpp>

#include "webui/assets.hpp"

namespace tandem::webui {

std::optional<Language> language_of(std::string_view tag) {
  if (tag == "en") return Language::english;
  if (tag == "ja") return Language::japanese;
  return std::nullopt;
}

Words::Words(std::string_view json) {
  const auto parsed = boost::json::parse(json);
  for (const auto& [key, text] : parsed.as_object()) texts_.emplace(key, text.as_string());
}

const Words& Words::in(Language language) {
  static const Words english(page_words(false));
  static const Words japanese(page_words(true));
  return language == Language::japanese ? japanese : english;
}

std::optional<std::string_view> Words::find(const std::string& key) const {
  const auto found = texts_.find(key);
  if (found == texts_.end()) return std::nullopt;
  return found->second;
}

std::string Words::say(const std::string& key) const {
  return std::string(find(key).value_or(key));
}

}  // namespace tandem::webui
