#include "sync/pause.hpp"

#include <algorithm>
#include <string>

#include "lib/base/text.hpp"
#include "lib/protocol/imap/refusal_words.hpp"

namespace tandem::sync {
namespace {

constexpr Duration usual_pause = std::chrono::minutes(1);
constexpr Duration longest_pause = std::chrono::hours(24);

std::optional<Duration> said_time(std::string_view words) {
  constexpr std::string_view label = "suggested backoff time:";
  const auto at = words.find(label);
  if (at == std::string_view::npos) return std::nullopt;
  words = trim(words.substr(at + label.size()));
  const auto end = words.find_first_not_of("0123456789");
  const auto number = parse_number(words.substr(0, std::min<std::size_t>(end, 12)));
  if (!number) return std::nullopt;
  return std::min<Duration>(std::chrono::milliseconds(*number), longest_pause);
}

}  // namespace

std::optional<Duration> asked_to_wait(const Error& error) {
  const std::string words = lower(error.server_words);
  if (const auto said = said_time(words)) return said;
  if (!imap::asks_for_pause(words)) return std::nullopt;
  return usual_pause;
}

}  // namespace tandem::sync
