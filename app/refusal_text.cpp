#include "app/refusal_text.hpp"

#include <fmt/core.h>
#include <string_view>

#include <boost/json.hpp>

#include "app/json_text.hpp"
#include "app/language.hpp"

namespace tandem::app {

void print_refusal(const boost::json::value& refused) {
  const auto* const explanation = refused.as_object().if_contains("explanation");
  if (explanation == nullptr) return;
  const std::string_view language = speaks_japanese() ? "ja" : "en";
  const std::string_view guess = speaks_japanese() ? "おそらく: " : "probably: ";
  fmt::print("    {}\n    {}{} {}\n", text(refused.at("server_words")),
             explanation->at("sure").as_bool() ? "" : guess,
             text(explanation->at("cause").at(language)),
             text(explanation->at("next_step").at(language)));
}

}  // namespace tandem::app
