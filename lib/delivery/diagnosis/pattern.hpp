// How the catalogue describes words: plain text in lower case, found anywhere in the text; '*' is
// any run of characters, '^' at the start the beginning of the server's words. No regular
// expressions: a search is linear in the text for each part.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::delivery {

class Pattern {
 public:
  explicit Pattern(std::string_view text);

  // `text` as `comparable` makes it.
  [[nodiscard]] bool found_in(std::string_view text) const;
  // Letters that have to match: the more, the more exact.
  [[nodiscard]] std::size_t weight() const { return weight_; }

 private:
  bool anchored_ = false;
  std::vector<std::string> parts_;
  std::size_t weight_ = 0;
};

// The words of a reply in the form that patterns are compared with: ASCII in lower case, runs of
// blanks as one, the codes at the start of the reply and of its continued lines left out.
[[nodiscard]] std::string comparable(std::string_view text);

}  // namespace tandem::delivery
