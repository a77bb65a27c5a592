#include "server/mailbox/flags.hpp"

#include <algorithm>
#include <array>

#include "lib/base/text.hpp"

namespace tandem::server {
namespace {

struct SystemFlag {
  std::string_view name;
  Flags::Bit bit;
};
constexpr std::array<SystemFlag, 5> system_flags = {{{"\\Answered", Flags::answered},
                                                     {"\\Flagged", Flags::flagged},
                                                     {"\\Deleted", Flags::deleted},
                                                     {"\\Seen", Flags::seen},
                                                     {"\\Draft", Flags::draft}}};

bool before(std::string_view a, std::string_view b) {
  return lower(a) < lower(b);
}
auto place_of(std::vector<std::string>& keywords, std::string_view name) {
  return std::lower_bound(keywords.begin(), keywords.end(), name, before);
}

}  // namespace

Result<Flags> Flags::from_names(std::span<const std::string> names) {
  Flags flags;
  for (const std::string& name : names) {
    if (name.starts_with('\\')) {
      const auto* known = std::ranges::find_if(
          system_flags, [&](const SystemFlag& flag) { return iequals(flag.name, name); });
      if (known != system_flags.end())
        flags.bits |= known->bit;
      else if (!iequals(name, "\\Recent"))
        return fail(ErrorKind::invalid, "unknown system flag");
      continue;
    }
    if (name.empty() || name.size() > max_keyword_length)
      return fail(ErrorKind::invalid, "keyword too long");
    const auto place = place_of(flags.keywords, name);
    if (place == flags.keywords.end() || !iequals(*place, name)) flags.keywords.insert(place, name);
  }
  if (flags.keywords.size() > max_keywords) return fail(ErrorKind::limit, "too many keywords");
  return flags;
}

std::string Flags::to_text() const {
  std::string text;
  for (const auto& [name, bit] : system_flags)
    if ((bits & bit) != 0) text.append(text.empty() ? "" : " ").append(name);
  for (const std::string& keyword : keywords) text.append(text.empty() ? "" : " ").append(keyword);
  return text;
}

bool Flags::has(std::string_view name) const {
  for (const auto& [known, bit] : system_flags)
    if (iequals(known, name)) return has(bit);
  return std::ranges::any_of(keywords, [&](const auto& keyword) { return iequals(keyword, name); });
}

void Flags::add(const Flags& other) {
  bits |= other.bits;
  for (const std::string& keyword : other.keywords) {
    const auto place = place_of(keywords, keyword);
    if (place == keywords.end() || !iequals(*place, keyword)) keywords.insert(place, keyword);
  }
}

void Flags::remove(const Flags& other) {
  bits &= ~other.bits;
  std::erase_if(keywords, [&](const std::string& keyword) { return other.has(keyword); });
}

std::string Flags::keyword_text() const {
  std::string text;
  for (const std::string& keyword : keywords) text.append(text.empty() ? "" : " ").append(keyword);
  return text;
}

Flags Flags::from_row(std::uint32_t bits, std::string_view keyword_text) {
  Flags flags{bits, {}};
  if (keyword_text.empty()) return flags;
  for (const std::string_view keyword : split(keyword_text, ' '))
    flags.keywords.emplace_back(keyword);
  return flags;
}

}  // namespace tandem::server
