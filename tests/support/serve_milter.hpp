// A scripted milter at the end of a Stream.
#pragma once

#include "lib/net/stream.hpp"
#include "tests/protocol/milter_fixture.hpp"

namespace tandem::test {

// Until the other side ends, or the milter leaves. `filter` outlives it.
inline net::Task<void> serve_milter(net::StreamPtr stream, ScriptedMilter& filter) {
  char room[8192];
  while (true) {
    const std::span<char> into(room);
    const auto count = co_await stream->read_some(into);
    if (!count || *count == 0) co_return;
    const std::string answers = filter.hear({room, *count});
    if (filter.left()) co_return;
    const auto written = co_await stream->write(answers);
    if (!written) co_return;
  }
}

}  // namespace tandem::test
