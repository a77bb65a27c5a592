#include "config/units.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <limits>
#include <memory>

#include <unicode/idna.h>

#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
};

constexpr std::array size_units = {Unit{"", 1},
                                   Unit{"b", 1},
                                   Unit{"k", 1ULL << 10},
                                   Unit{"kb", 1ULL << 10},
                                   Unit{"kib", 1ULL << 10},
                                   Unit{"m", 1ULL << 20},
                                   Unit{"mb", 1ULL << 20},
                                   Unit{"mib", 1ULL << 20},
                                   Unit{"g", 1ULL << 30},
                                   Unit{"gb", 1ULL << 30},
                                   Unit{"gib", 1ULL << 30},
                                   Unit{"t", 1ULL << 40},
                                   Unit{"tb", 1ULL << 40},
                                   Unit{"tib", 1ULL << 40}};
constexpr std::array duration_units = {Unit{"ms", 1},        Unit{"s", 1000},
                                       Unit{"min", 60'000},  Unit{"m", 60'000},
                                       Unit{"h", 3'600'000}, Unit{"d", 86'400'000}};

// A number, then one of the units, with or without spaces between.
template <class Units>
std::optional<std::uint64_t> parse_scaled(std::string_view text, const Units& units) {
  text = trim(text);
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_number(text.substr(0, digits));
  const auto name = lower(trim(text.substr(digits)));
  const auto unit = std::ranges::find(units, name, &Unit::name);
  if (!number || unit == units.end()) return std::nullopt;
  constexpr auto largest = std::uint64_t(std::numeric_limits<std::int64_t>::max());
  if (*number > largest / unit->factor) return std::nullopt;
  return *number * unit->factor;
}

std::optional<std::string> normal_address(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  std::array<char, INET6_ADDRSTRLEN> out{};
  for (const int family : {AF_INET, AF_INET6})
    if (inet_pton(family, text.c_str(), bytes.data()) == 1 &&
        inet_ntop(family, bytes.data(), out.data(), out.size()) != nullptr)
      return std::string(out.data());
  return std::nullopt;
}

// Letters, digits, hyphens inside; 1 to 63 bytes (RFC 1123 2.1), and underscores, which exist.
bool is_label(std::string_view label) {
  const auto ok = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  };
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::ranges::all_of(label, ok);
}

std::optional<std::string> to_ascii(std::string_view text) {
  if (std::ranges::all_of(text, [](unsigned char c) { return c < 0x80; })) return lower(text);
  UErrorCode status = U_ZERO_ERROR;
  const std::unique_ptr<UIDNA, decltype(&uidna_close)> idna(
      uidna_openUTS46(UIDNA_NONTRANSITIONAL_TO_ASCII | UIDNA_CHECK_BIDI | UIDNA_CHECK_CONTEXTJ,
                      &status),
      &uidna_close);
  if (U_FAILURE(status)) return std::nullopt;
  std::array<char, 512> out{};
  UIDNAInfo info = UIDNA_INFO_INITIALIZER;
  const auto length = uidna_nameToASCII_UTF8(idna.get(), text.data(), int32_t(text.size()),
                                             out.data(), int32_t(out.size()), &info, &status);
  if (U_FAILURE(status) || info.errors != 0) return std::nullopt;
  return std::string(out.data(), std::size_t(length));
}

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  return parse_scaled(text, size_units);
}

std::optional<Duration> parse_duration(std::string_view text) {
  if (trim(text) == "0") return Duration{0};
  const auto milliseconds = parse_scaled(text, duration_units);
  if (!milliseconds) return std::nullopt;
  return Duration{std::int64_t(*milliseconds)};
}

std::optional<bool> parse_flag(std::string_view text) {
  const auto word = lower(trim(text));
  if (word == "yes" || word == "true" || word == "on" || word == "1") return true;
  if (word == "no" || word == "false" || word == "off" || word == "0") return false;
  return std::nullopt;
}

std::optional<ListenAddress> parse_listen(std::string_view text) {
  text = trim(text);
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const auto port = parse_number(text.substr(colon + 1));
  if (!port || *port > 65535) return std::nullopt;
  auto host = text.substr(0, colon);
  if (host.empty() || host == "*") return ListenAddress{"::", std::uint16_t(*port)};
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) host = host.substr(1, host.size() - 2);
  // An IPv6 address without brackets cannot be told from its port.
  if ((host.find(':') != std::string_view::npos) != bracketed) return std::nullopt;
  auto address = normal_address(std::string(host));
  if (!address) return std::nullopt;
  return ListenAddress{std::move(*address), std::uint16_t(*port)};
}

std::optional<std::string> parse_domain(std::string_view text, bool single_label) {
  text = trim(text);
  if (text.empty() || text.size() > 253 * 4) return std::nullopt;
  if (text.back() == '.') text.remove_suffix(1);
  auto domain = to_ascii(text);
  if (!domain || domain->size() > 253) return std::nullopt;
  const auto labels = split(*domain, '.');
  if (labels.size() < 2 && !single_label) return std::nullopt;
  if (!std::ranges::all_of(labels, is_label)) return std::nullopt;
  return domain;
}

std::vector<std::string> parse_list(std::string_view text) {
  std::vector<std::string> parts;
  for (const auto part : split(text, ','))
    if (const auto word = trim(part); !word.empty()) parts.emplace_back(word);
  return parts;
}

}  // namespace tandem::config
