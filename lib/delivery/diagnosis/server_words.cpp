// Takes the codes out of what a server said.
#include <algorithm>
#include <charconv>

#include "lib/base/text.hpp"
#include "lib/delivery/diagnosis/codes.hpp"
#include "lib/delivery/diagnosis/diagnosis.hpp"

namespace tandem::delivery {
namespace {

constexpr std::size_t max_text = 64 * 1024;

std::size_t skip(std::string_view text, std::size_t at) {
  while (at < text.size() && (text[at] == ' ' || text[at] == '-' || text[at] == '#')) ++at;
  return at;
}

// How much a number that could be a reply code looks like one; 0: not at all.
int likeness(std::string_view text, const FoundCode& code) {
  const bool followed = code.end >= text.size() || text[code.end] == ' ' || text[code.end] == '-' ||
                        text[code.end] == ':' || text[code.end] == ',';
  if (!followed || (code.begin > 0 && text[code.begin - 1] == '=')) return 0;
  if (status_code_at(text, skip(text, code.end))) return 4;
  if (code.begin == 0) return 3;
  const auto before = text.substr(0, code.begin);
  for (const std::string_view sign :
       {": ", ":", "<<< ", "'", "\"", "> ", "[", "(", "was ", "said "})
    if (before.ends_with(sign)) return 2;
  return 1;
}

std::optional<FoundCode> best_reply_code(std::string_view text) {
  std::optional<FoundCode> best;
  int best_likeness = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto code = reply_code_at(text, at);
    if (!code) continue;
    if (const int how = likeness(text, *code); how > best_likeness) {
      best = code;
      best_likeness = how;
    }
  }
  return best;
}

std::optional<FoundCode> first_status_code(std::string_view text, std::size_t from) {
  for (std::size_t at = from; at < text.size(); ++at)
    if (const auto code = status_code_at(text, at)) return code;
  return std::nullopt;
}

}  // namespace

ServerWords read_server_words(std::string_view text) {
  text = text.substr(0, max_text);
  ServerWords said{.text = std::string(text)};
  const auto reply = best_reply_code(text);
  if (reply) std::from_chars(text.data() + reply->begin, text.data() + reply->end, said.code);
  auto status = reply ? first_status_code(text, reply->end) : std::nullopt;
  if (!status) status = first_status_code(text, 0);
  if (status) said.status = text.substr(status->begin, status->end - status->begin);
  return said;
}

}  // namespace tandem::delivery
