// Reads one preset (config/providers/*.json). A fact is [value, "H" or "M"].
#include <algorithm>
#include <array>
#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "config/login_pattern.hpp"
#include "config/providers.hpp"
#include "config/units.hpp"
#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

namespace json = boost::json;

// Inside this file a bad preset is an exception; parse_provider makes it a value.
struct BadPreset {
  std::string what;
};

constexpr std::array<std::string_view, 10> quirks = {
    "app_password",               // ordinary passwords are refused
    "flags_after_append",         // \Flagged given with APPEND is lost: STORE it afterwards
    "foreign_addresses_refused",  // connections from outside Japan are refused by default
    "labels",                     // folders are labels: one message in several of them
    "line_limit",                 // APPEND refuses very long lines
    "no_condstore",               // no CONDSTORE
    "no_move",                    // no MOVE: COPY and \Deleted
    "no_special_use",             // no SPECIAL-USE: folders are known by name
    "oauth_only",                 // IMAP and POP3 log-ins by OAuth only
    "retention_deletes",          // old mail vanishes by itself
};

std::string text_of(const json::value& value) {
  const auto* const text = value.if_string();
  if (text == nullptr || text->empty()) throw BadPreset{"a text is missing"};
  return {text->data(), text->size()};
}

const json::object& object_of(const json::value& value) {
  const auto* const object = value.if_object();
  if (object == nullptr) throw BadPreset{"an object is missing"};
  return *object;
}

const json::array& array_of(const json::value& value) {
  const auto* const array = value.if_array();
  if (array == nullptr) throw BadPreset{"a list is missing"};
  return *array;
}

const json::value& member(const json::object& object, std::string_view name) {
  const auto* const value = object.if_contains({name.data(), name.size()});
  if (value == nullptr) throw BadPreset{fmt::format("{} is missing", name)};
  return *value;
}

Confidence confidence_of(const json::value& value) {
  const auto word = text_of(value);
  if (word == "H") return Confidence::high;
  if (word == "M") return Confidence::medium;
  throw BadPreset{"a confidence is neither H nor M"};
}

template <class T, class Convert>
Fact<T> fact_of(const json::value& value, Convert convert) {
  const auto& pair = array_of(value);
  if (pair.size() != 2) throw BadPreset{"a fact is not [value, confidence]"};
  return {convert(pair[0]), confidence_of(pair[1])};
}

std::vector<Fact<std::string>> facts_of(const json::value& value) {
  std::vector<Fact<std::string>> facts;
  for (const auto& each : array_of(value)) facts.push_back(fact_of<std::string>(each, text_of));
  return facts;
}

Words words_of(const json::value& value) {
  const auto& object = object_of(value);
  return {text_of(member(object, "en")), text_of(member(object, "ja"))};
}

unsigned count_of(const json::value& value) {
  const auto* const number = value.if_int64();
  if (number == nullptr || *number < 1 || *number > 1000)
    throw BadPreset{"a count is not a number from 1 to 1000"};
  return unsigned(*number);
}

std::uint64_t size_of(const json::value& value) {
  const auto size = parse_size(text_of(value));
  if (!size) throw BadPreset{"a size cannot be read"};
  return *size;
}

void set_host(Provider& provider, const json::value& value) {
  provider.needs_host = true;
  provider.host_hint = words_of(value);
}

void set_endpoints(Provider& provider, const json::value& value) {
  constexpr std::array<std::string_view, 4> names = {"imap", "pop3", "smtp", "submission"};
  for (const auto& [name, fact] : object_of(value)) {
    if (std::ranges::find(names, std::string_view(name.data(), name.size())) == names.end())
      throw BadPreset{"an endpoint has an unknown name"};
    provider.endpoints.emplace(std::string(name), fact_of<std::string>(fact, text_of));
  }
}

void set_login(Provider& provider, const json::value& value) {
  provider.login = fact_of<std::string>(value, text_of);
  if (!check_login_pattern(provider.login.value)) throw BadPreset{"login is not a pattern"};
}

void set_master_login(Provider& provider, const json::value& value) {
  provider.master_login = fact_of<std::string>(value, text_of);
  if (!check_master_pattern(provider.master_login.value))
    throw BadPreset{"master_login is not a pattern"};
}

void set_quirks(Provider& provider, const json::value& value) {
  provider.quirks = facts_of(value);
  for (const auto& quirk : provider.quirks)
    if (std::ranges::find(quirk_words(), std::string_view(quirk.value)) == quirk_words().end())
      throw BadPreset{fmt::format("{} is not a quirk", quirk.value)};
}

void set_notes(Provider& provider, const json::value& value) {
  for (const auto& note : array_of(value))
    provider.notes.push_back(
        {words_of(note), confidence_of(member(object_of(note), "confidence"))});
}

struct Member {
  std::string_view name;
  void (*set)(Provider&, const json::value&);
};

// clang-format off
constexpr std::array members = {
    Member{"id", [](Provider& p, const json::value& v) { p.id = text_of(v); }},
    Member{"name", [](Provider& p, const json::value& v) { p.name = words_of(v); }},
    Member{"host", set_host},
    Member{"host_default", [](Provider& p, const json::value& v) { p.host_default = text_of(v); }},
    Member{"endpoints", set_endpoints},
    Member{"login", set_login},
    Member{"master_login", set_master_login},
    Member{"connections", [](Provider& p, const json::value& v) { p.connection_limit = fact_of<unsigned>(v, count_of); }},
    Member{"connections_per_address", [](Provider& p, const json::value& v) { p.connections_per_address = fact_of<unsigned>(v, count_of); }},
    Member{"message_size", [](Provider& p, const json::value& v) { p.message_size_limit = fact_of<std::uint64_t>(v, size_of); }},
    Member{"download_per_day", [](Provider& p, const json::value& v) { p.download_per_day = fact_of<std::uint64_t>(v, size_of); }},
    Member{"upload_per_day", [](Provider& p, const json::value& v) { p.upload_per_day = fact_of<std::uint64_t>(v, size_of); }},
    Member{"folder_prefix", [](Provider& p, const json::value& v) { p.folder_prefix = fact_of<std::string>(v, text_of); }},
    Member{"refused_in_folders", [](Provider& p, const json::value& v) { p.refused_in_folders = facts_of(v); }},
    Member{"reserved_folders", [](Provider& p, const json::value& v) { p.reserved_folders = facts_of(v); }},
    Member{"mx", [](Provider& p, const json::value& v) { p.mx = facts_of(v); }},
    Member{"spf", [](Provider& p, const json::value& v) { p.spf = facts_of(v); }},
    Member{"quirks", set_quirks},
    Member{"notes", set_notes},
};
// clang-format on

Provider read(const json::object& object) {
  Provider provider;
  for (const auto& [name, value] : object) {
    const auto known =
        std::ranges::find(members, std::string_view(name.data(), name.size()), &Member::name);
    if (known == members.end()) throw BadPreset{fmt::format("{} is not known", std::string(name))};
    known->set(provider, value);
  }
  for (const std::string_view needed : {"id", "name", "endpoints", "login", "notes"})
    member(object, needed);
  return provider;
}

}  // namespace

std::span<const std::string_view> quirk_words() {
  return quirks;
}

Result<Provider> parse_provider(std::string_view text) {
  boost::system::error_code failed;
  const auto value = json::parse({text.data(), text.size()}, failed);
  if (failed) return fail(ErrorKind::invalid, "preset: not JSON: " + failed.message());
  try {
    return read(object_of(value));
  } catch (const BadPreset& bad) {
    return fail(ErrorKind::invalid, "preset: " + bad.what);
  }
}

}  // namespace tandem::config
