// The error catalogue as values: what catalogue/*.json says, read once. Internal to the room.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/delivery/diagnosis/diagnosis.hpp"
#include "lib/delivery/diagnosis/pattern.hpp"

namespace tandem::delivery {

// An enhanced status code, or a range of details: "5.7.1", "5.7.606-649"; "X" is any class.
struct StatusRange {
  char kind = 'X';
  int subject = 0;
  int from = 0;
  int to = 0;

  [[nodiscard]] bool contains(std::string_view status) const;
};
[[nodiscard]] Result<StatusRange> parse_status_range(std::string_view text);

struct ClassRow {
  ErrorClass error_class = ErrorClass::unclear;
  bool temporary = false;
  Retry retry = Retry::after_fix;
  Actor who = Actor::migration;
  mail::BothLanguages cause;
  mail::BothLanguages next_step;
};

struct Entry {
  std::string id;
  ErrorClass error_class = ErrorClass::unclear;
  std::string source;
  Actor who = Actor::migration;
  Retry retry = Retry::after_fix;
  Confidence confidence = Confidence::low;
  std::vector<std::string> hosts;      // "*.google.com"; empty: anybody's words
  std::vector<std::string> providers;  // ids of presets
  bool only_hosts = false;             // the words are too common to mean this of other hosts
  std::vector<int> only;               // reply codes; empty: any
  std::vector<StatusRange> status;     // what these hosts mean by a code
  std::vector<Pattern> says;
  std::vector<std::string> examples;
  mail::BothLanguages cause;
  mail::BothLanguages next_step;
};

struct StatusRow {
  StatusRange code;
  ErrorClass error_class = ErrorClass::unclear;
  bool overloaded = false;  // several servers use it for other things
  mail::BothLanguages meaning;
};

// When words are asked: `clear` ones before any code, `vague` ones where a status code of one
// meaning did not tell, the `last` ones where the command that was refused did not tell either.
enum class Tier : std::uint8_t { clear, vague, last };
[[nodiscard]] std::string_view name_of(Tier tier);

struct WordsRow {
  ErrorClass error_class = ErrorClass::unclear;
  Tier tier = Tier::clear;
  std::vector<Pattern> says;
};

struct Catalogue {
  std::vector<ClassRow> classes;  // indexed by ErrorClass
  std::vector<Entry> entries;
  std::vector<StatusRow> status_codes;
  std::vector<WordsRow> words;  // within a tier the longest that are found count
};

// Error invalid: not JSON, an unknown member or word, a class without a row.
[[nodiscard]] Result<Catalogue> parse_catalogue(std::span<const std::string_view> texts);
// The one that is compiled in.
[[nodiscard]] const Catalogue& catalogue();

}  // namespace tandem::delivery
