// Problem of openapi.json: a stable kind the page translates, plain English, the other server's own
// words, the next step and who has to act. Rooms give plain words; the kind is found from them.
#pragma once

#include <string>

#include <boost/json/fwd.hpp>

#include "lib/base/result.hpp"

namespace tandem::migration {
struct CopyProgress;
struct CutoverWarning;
struct SkippedMessage;
}  // namespace tandem::migration

namespace tandem::webui {

struct Problem {
  std::string kind;
  std::string what;
  std::string server_words;  // empty: none
  std::string next_step;
  std::string_view who = "you";  // "you", "old_host", "new_host", "reader", "nobody"
};

[[nodiscard]] boost::json::object describe(const Problem& problem);

[[nodiscard]] Problem problem_of(const migration::CopyProgress& progress);
[[nodiscard]] Problem problem_of(const migration::SkippedMessage& skipped);
[[nodiscard]] Problem problem_of(const migration::CutoverWarning& warning);
// A cut-over that failed.
[[nodiscard]] Problem problem_of(const Error& error);

}  // namespace tandem::webui
