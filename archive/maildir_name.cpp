#include "archive/maildir_name.hpp"

#include <algorithm>
#include <array>
#include <fmt/core.h>

#include "lib/base/text.hpp"

namespace tandem::archive {
namespace {

constexpr std::size_t most_keywords = 26;
constexpr std::string_view our_mark = ".tandemail";

struct Letter {
  char letter;
  std::uint8_t bit;
};
constexpr std::array<Letter, 5> letters = {{{'D', sync::Flags::draft},
                                            {'F', sync::Flags::flagged},
                                            {'R', sync::Flags::answered},
                                            {'S', sync::Flags::seen},
                                            {'T', sync::Flags::deleted}}};

std::string_view digits_at(std::string_view text) {
  const auto end = std::ranges::find_if(text, [](char c) { return c < '0' || c > '9'; });
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

// "V<number>U<number>" with our mark behind it.
Origin origin_in(std::string_view text) {
  const auto number = [&text](char letter) -> std::uint32_t {
    if (!text.starts_with(letter)) return 0;
    const std::string_view digits = digits_at(text.substr(1));
    text.remove_prefix(1 + digits.size());
    const auto value = parse_number(digits);
    return value && *value <= 0xffffffff ? static_cast<std::uint32_t>(*value) : 0;
  };
  const std::uint32_t validity = number('V');
  const std::uint32_t uid = number('U');
  if (!text.starts_with(our_mark) || validity == 0 || uid == 0) return {};
  return {validity, uid};
}

}  // namespace

MaildirName parse_maildir_name(std::string_view file) {
  constexpr std::int64_t first_mail = 100'000'000;  // 1973: smaller numbers are no times
  MaildirName name;
  const auto info = file.rfind(":2,");
  name.unique = file.substr(0, info);
  if (info != std::string_view::npos) name.letters = file.substr(info + 3);
  const std::string_view digits = digits_at(name.unique);
  const auto time = parse_number(digits);
  if (time && *time < 100ULL * 1'000'000'000 && static_cast<std::int64_t>(*time) >= first_mail)
    name.time = static_cast<std::int64_t>(*time);
  if (name.unique.size() > digits.size())
    name.origin = origin_in(std::string_view(name.unique).substr(digits.size() + 1));
  return name;
}

std::string unique_name(Origin origin, std::int64_t time, std::uint64_t size) {
  return fmt::format("{}.V{}U{}{},S={}", std::max<std::int64_t>(time, 0), origin.validity,
                     origin.uid, our_mark, size);
}

Keywords Keywords::parse(std::string_view text) {
  Keywords keywords;
  for (const std::string_view line : split(text, '\n')) {
    const auto blank = line.find(' ');
    const auto number = parse_number(line.substr(0, blank));
    if (blank == std::string_view::npos || !number || *number >= most_keywords) continue;
    if (keywords.names_.size() <= *number) keywords.names_.resize(*number + 1);
    keywords.names_[*number] = trim(line.substr(blank + 1));
  }
  return keywords;
}

std::string Keywords::to_text() const {
  std::string text;
  for (std::size_t at = 0; at < names_.size(); ++at)
    if (!names_[at].empty()) text += fmt::format("{} {}\n", at, names_[at]);
  return text;
}

std::string_view Keywords::name_of(char letter) const {
  const auto at = static_cast<std::size_t>(letter - 'a');
  return letter >= 'a' && at < names_.size() ? std::string_view(names_[at]) : std::string_view();
}

std::optional<char> Keywords::letter_for(std::string_view keyword) {
  const auto letter = [](std::size_t at) { return static_cast<char>('a' + at); };
  for (std::size_t at = 0; at < names_.size(); ++at)
    if (iequals(names_[at], keyword)) return letter(at);
  if (names_.size() >= most_keywords) return std::nullopt;
  names_.emplace_back(keyword);
  changed_ = true;
  return letter(names_.size() - 1);
}

sync::Flags flags_from(std::string_view text, const Keywords& keywords) {
  sync::Flags flags;
  for (const char c : text) {
    for (const Letter& known : letters)
      if (known.letter == c) flags.system |= known.bit;
    if (c == 'P') flags.add("$Forwarded");
    if (const auto keyword = keywords.name_of(c); !keyword.empty()) flags.add(keyword);
  }
  return flags;
}

std::string letters_for(const sync::Flags& flags, Keywords& keywords,
                        std::vector<std::string>& without) {
  std::string text;
  for (const Letter& known : letters)
    if ((flags.system & known.bit) != 0) text += known.letter;
  for (const std::string& keyword : flags.keywords) {
    if (const auto letter = keywords.letter_for(keyword))
      text += *letter;
    else
      without.push_back(keyword);
  }
  std::ranges::sort(text);
  return text;
}

}  // namespace tandem::archive
