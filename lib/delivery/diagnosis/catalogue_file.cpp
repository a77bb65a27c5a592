// Reads catalogue/*.json. Inside this file a bad catalogue is an exception; parse_catalogue makes
// it a value.
#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <stdexcept>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include "lib/base/text.hpp"
#include "lib/delivery/diagnosis/catalogue.hpp"
#include "lib/delivery/diagnosis/catalogue_data.hpp"

namespace tandem::delivery {
namespace {

namespace json = boost::json;

constexpr std::size_t class_count = std::size_t(ErrorClass::unclear) + 1;

struct BadCatalogue {
  std::string what;
};

const json::value& member(const json::value& value, std::string_view name) {
  const auto* const object = value.if_object();
  const auto* const found = object ? object->if_contains({name.data(), name.size()}) : nullptr;
  if (found == nullptr) throw BadCatalogue{fmt::format("{} is missing", name)};
  return *found;
}

// A member that may be left out: null then.
const json::value* optional_member(const json::value& value, std::string_view name) {
  const auto* const object = value.if_object();
  return object ? object->if_contains({name.data(), name.size()}) : nullptr;
}

std::string text_of(const json::value& value) {
  const auto* const text = value.if_string();
  if (text == nullptr || text->empty()) throw BadCatalogue{"a text is missing"};
  return {text->data(), text->size()};
}

std::string text_of(const json::value& value, std::string_view name) {
  return text_of(member(value, name));
}

const json::array& list_of(const json::value& value) {
  const auto* const list = value.if_array();
  if (list == nullptr) throw BadCatalogue{"a list is missing"};
  return *list;
}

std::vector<std::string> texts_of(const json::value& value, std::string_view name) {
  std::vector<std::string> texts;
  if (const auto* const list = optional_member(value, name))
    for (const auto& each : list_of(*list)) texts.push_back(text_of(each));
  return texts;
}

bool flag_of(const json::value& value, std::string_view name) {
  const auto* const flag = optional_member(value, name);
  return flag != nullptr && flag->is_bool() && flag->get_bool();
}

mail::BothLanguages words_of(const json::value& value) {
  return {text_of(value, "en"), text_of(value, "ja")};
}

ErrorClass class_of(const json::value& value) {
  const auto name = text_of(value, "class");
  const auto known = parse_error_class(name);
  if (!known) throw BadCatalogue{fmt::format("{} is no class", name)};
  return *known;
}

// One of the values up to `last`, by its name.
template <class Enum>
Enum named(const json::value& value, std::string_view name, Enum last) {
  const auto text = text_of(value, name);
  for (int i = 0; i <= int(last); ++i)
    if (name_of(Enum(i)) == text) return Enum(i);
  throw BadCatalogue{fmt::format("{} cannot be {}", name, text)};
}

StatusRange range_of(std::string_view text) {
  const auto range = parse_status_range(text);
  if (!range) throw BadCatalogue{range.error().what};
  return *range;
}

std::vector<Pattern> patterns_of(const json::value& value) {
  std::vector<Pattern> patterns;
  for (const auto& text : texts_of(value, "says")) {
    if (text != lower(text)) throw BadCatalogue{fmt::format("\"{}\" is not in lower case", text)};
    patterns.emplace_back(text);
  }
  return patterns;
}

ClassRow class_row(const json::value& value) {
  return {.error_class = class_of(value),
          .temporary = flag_of(value, "temporary"),
          .retry = named(value, "retry", Retry::useless),
          .who = named(value, "who", Actor::nobody),
          .cause = words_of(member(value, "cause")),
          .next_step = words_of(member(value, "next"))};
}

std::vector<ClassRow> class_rows(const json::value& list) {
  std::vector<ClassRow> rows;
  for (const auto& each : list_of(list)) rows.push_back(class_row(each));
  std::ranges::sort(rows, {}, &ClassRow::error_class);
  for (std::size_t i = 0; i < class_count; ++i)
    if (i >= rows.size() || rows[i].error_class != ErrorClass(i))
      throw BadCatalogue{fmt::format("{} needs one row", name_of(ErrorClass(i)))};
  if (rows.size() != class_count) throw BadCatalogue{"a class has two rows"};
  return rows;
}

int reply_code(std::string_view text) {
  const auto code = parse_number(text);
  if (!code || *code < 400 || *code > 599) throw BadCatalogue{"not a reply code"};
  return int(*code);
}

Entry entry(const json::value& value) {
  Entry entry{.id = text_of(value, "id"),
              .error_class = class_of(value),
              .source = text_of(value, "from"),
              .who = named(value, "who", Actor::nobody),
              .retry = named(value, "retry", Retry::useless),
              .confidence = named(value, "confidence", Confidence::low),
              .hosts = texts_of(value, "hosts"),
              .providers = texts_of(value, "providers"),
              .only_hosts = flag_of(value, "only_hosts"),
              .says = patterns_of(value),
              .examples = texts_of(value, "examples"),
              .cause = words_of(member(value, "cause")),
              .next_step = words_of(member(value, "next"))};
  for (const auto& text : texts_of(value, "only")) entry.only.push_back(reply_code(text));
  for (const auto& text : texts_of(value, "status")) entry.status.push_back(range_of(text));
  if (entry.says.empty() || entry.examples.empty())
    throw BadCatalogue{fmt::format("{} has no words or no example", entry.id)};
  return entry;
}

StatusRow status_row(const json::value& value) {
  return {.code = range_of(text_of(value, "code")),
          .error_class = class_of(value),
          .overloaded = flag_of(value, "overloaded"),
          .meaning = words_of(value)};
}

WordsRow words_row(const json::value& value) {
  return {.error_class = class_of(value),
          .tier = named(value, "tier", Tier::last),
          .says = patterns_of(value)};
}

json::value parsed(std::string_view text) {
  boost::system::error_code failed;
  auto value = json::parse({text.data(), text.size()}, failed);
  if (failed) throw BadCatalogue{"not JSON: " + failed.message()};
  return value;
}

Catalogue read(std::span<const std::string_view> texts) {
  if (texts.size() < 4) throw BadCatalogue{"a file is missing"};
  Catalogue all;
  all.classes = class_rows(parsed(texts[0]));
  for (const auto& each : list_of(parsed(texts[1]))) all.status_codes.push_back(status_row(each));
  for (const auto& each : list_of(parsed(texts[2]))) all.words.push_back(words_row(each));
  for (const auto text : texts.subspan(3))
    for (const auto& each : list_of(parsed(text))) all.entries.push_back(entry(each));
  return all;
}

}  // namespace

Result<Catalogue> parse_catalogue(std::span<const std::string_view> texts) {
  try {
    return read(texts);
  } catch (const BadCatalogue& bad) {
    return fail(ErrorKind::invalid, "error catalogue: " + bad.what);
  }
}

const Catalogue& catalogue() {
  static const Catalogue all = [] {
    auto parsed_texts = parse_catalogue(catalogue_texts());
    if (!parsed_texts) throw std::runtime_error(parsed_texts.error().what);  // a bug: compiled in
    return std::move(*parsed_texts);
  }();
  return all;
}

}  // namespace tandem::delivery
