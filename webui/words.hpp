// Words: the page's texts (webui/app/src/words), for what is written here rather than in the
// browser. Texts with {…} in them are the page's alone. Immutable; any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "config/explain.hpp"

namespace tandem::webui {

using config::Language;
// "en", "ja"; nothing: another.
[[nodiscard]] std::optional<Language> language_of(std::string_view tag);

class Words {
 public:
  [[nodiscard]] static const Words& in(Language language);

  // Nothing: there is no such text.
  [[nodiscard]] std::optional<std::string_view> find(const std::string& key) const;
  // The key itself, where there is no such text.
  [[nodiscard]] std::string say(const std::string& key) const;
  [[nodiscard]] const std::map<std::string, std::string>& all() const { return texts_; }

 private:
  explicit Words(std::string_view json);
  std::map<std::string, std::string> texts_;
};

}  // namespace tandem::webui
