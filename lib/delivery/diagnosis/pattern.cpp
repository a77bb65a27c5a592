#include "lib/delivery/diagnosis/pattern.hpp"

#include "lib/base/text.hpp"
#include "lib/delivery/diagnosis/codes.hpp"

namespace tandem::delivery {
namespace {

bool is_blank(char c) {
  return static_cast<unsigned char>(c) <= 0x20;
}

// Where the words begin behind "550-5.1.1 " or "550 " or "5.1.1 " at the start of `text`.
std::size_t codes_length(std::string_view text) {
  std::size_t at = 0;
  if (const auto code = reply_code_at(text, 0)) at = code->end;
  if (at > 0 && at < text.size() && (text[at] == '-' || text[at] == ' ')) ++at;
  while (at < text.size() && is_blank(text[at])) ++at;
  if (const auto status = status_code_at(text, at)) at = status->end;
  while (at < text.size() && is_blank(text[at])) ++at;
  return at;
}

// The same code again, with a status code: a line of the reply that was joined to the one before.
bool continues(std::string_view text, std::size_t at, std::string_view code) {
  const auto again = reply_code_at(text, at);
  return again && text.substr(at, code.size()) == code && again->end < text.size() &&
         status_code_at(text, again->end + 1);
}

}  // namespace

Pattern::Pattern(std::string_view text) {
  anchored_ = text.starts_with('^');
  if (anchored_) text.remove_prefix(1);
  for (const auto part : split(text, '*')) {
    parts_.emplace_back(part);
    weight_ += part.size();
  }
}

bool Pattern::found_in(std::string_view text) const {
  if (anchored_ && !text.starts_with(parts_.front())) return false;
  std::size_t at = 0;
  for (const auto& part : parts_) {
    at = text.find(part, at);
    if (at == std::string_view::npos) return false;
    at += part.size();
  }
  return true;
}

std::string comparable(std::string_view text) {
  const auto first = reply_code_at(text, 0);
  const auto code = first ? text.substr(0, first->end) : std::string_view();
  text = text.substr(codes_length(text));
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const bool word_begins = out.empty() || out.back() == ' ';
    if (word_begins && !code.empty() && continues(text, at, code)) {
      at += codes_length(text.substr(at));
      continue;
    }
    if (!is_blank(text[at]))
      out += text[at];
    else if (!word_begins)
      out += ' ';
    ++at;
  }
  return lower(out);
}

}  // namespace tandem::delivery
