// A server that follows a script: reads exactly what is expected, then says its line.
#pragma once

#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "lib/net/stream.hpp"
#include "tests/support/run.hpp"

namespace tandem::test {

struct ScriptStep {
  std::string expect;  // exactly these bytes; empty: says its line unasked
  std::string say;
};

// Follows the first `steps` of the script, then closes.
inline net::Task<void> follow(net::StreamPtr stream, std::vector<ScriptStep> script,
                              std::size_t steps) {
  for (std::size_t at = 0; at < std::min(steps, script.size()); ++at) {
    std::string got;
    while (got.size() < script[at].expect.size()) {
      char byte = 0;
      const auto count = co_await stream->read_some(std::span<char>(&byte, 1));
      if (!count || *count == 0) break;
      got.push_back(byte);
    }
    CHECK(got == script[at].expect);
    if (got != script[at].expect) break;
    if (!co_await stream->write(script[at].say)) break;
  }
  stream->close();
}

}  // namespace tandem::test
