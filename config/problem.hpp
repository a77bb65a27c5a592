// What is wrong with a file of settings or a list of accounts: where it stands, what it is and what
// to do about it. A reader collects all of them in one pass instead of stopping at the first.
// A problem never quotes a secret.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tandem::config {

enum class Severity : std::uint8_t {
  error,    // the file cannot be used
  warning,  // it can, but probably not as meant
};

struct Problem {
  Severity severity = Severity::error;
  std::string file;    // as the caller named it
  unsigned line = 0;   // from 1; 0: the file as a whole
  std::string column;  // CSV only: the column's name; empty: the whole row
  std::string what;    // one sentence
  std::string cure;    // what to do; one sentence

  // "FILE:LINE: error: WHAT CURE"
  [[nodiscard]] std::string to_string() const;
  bool operator==(const Problem&) const = default;
};

using Problems = std::vector<Problem>;

[[nodiscard]] bool has_error(std::span<const Problem> problems);

// Settings and what was found while reading them; usable only if ok().
template <class T>
struct Loaded {
  T settings;
  Problems problems;
  [[nodiscard]] bool ok() const { return !has_error(problems); }
};

}  // namespace tandem::config
