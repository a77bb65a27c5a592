// What an export or a load did, folder by folder, and what it could not do.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lib/base/result.hpp"

namespace tandem::archive {

struct FolderReport {
  std::string name;           // as on the server
  std::uint64_t found = 0;    // messages in the source
  std::uint64_t before = 0;   // of these, in the target already
  std::uint64_t written = 0;  // now
  std::uint64_t renewed = 0;  // files whose flags were written anew
  std::uint64_t failed = 0;
};

// A message or a folder that could not be taken over.
struct Problem {
  std::string folder;
  std::string message;  // which one: "UID 17", a file; empty: the folder
  std::string reason;
  std::string next_step;
};

struct Report {
  std::vector<FolderReport> folders;
  std::vector<Problem> problems;
  [[nodiscard]] bool clean() const { return problems.empty(); }
};

// The reason with the server's own words.
[[nodiscard]] inline std::string reason_of(const Error& error) {
  return error.server_words.empty() ? error.what
                                    : error.what + "; the server said: " + error.server_words;
}

}  // namespace tandem::archive
