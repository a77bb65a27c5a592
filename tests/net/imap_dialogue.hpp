// A dialogue of ImapClient with a script, whole, byte by byte, and with a server that leaves early.
#pragma once

#include <string>
#include <vector>

#include "lib/net/imap_client.hpp"
#include "tests/net/imap_script.hpp"

namespace tandem::test {

using Body = net::Task<Result<std::string>> (*)(net::ImapClient& client);

inline net::Task<void> talk(TestNet& at, Body body, std::vector<ScriptStep> script,
                            std::size_t capacity, std::size_t steps, Result<std::string>& out) {
  auto [ours, theirs] = net::make_memory_pair(at.executor(), capacity);
  at.group.spawn(follow(std::move(theirs), script, steps));
  net::ImapClient client(std::move(ours));
  out = co_await body(client);
  client.close();
  co_await at.group.join();
}

inline Result<std::string> talk(Body body, const std::vector<ScriptStep>& script,
                                std::size_t capacity, std::size_t steps) {
  TestNet at;
  Result<std::string> out;
  at.run(talk(at, body, script, capacity, steps, out));
  return out;
}

// The dialogue succeeds whole and byte by byte, and fails without hanging when the server leaves
// early.
inline void check_dialogue(Body body, const std::vector<ScriptStep>& script,
                           const std::string& expected) {
  for (const std::size_t capacity : {65536, 1, 7}) {
    const auto out = talk(body, script, capacity, script.size());
    if (!out) FAIL(out.error().to_string());
    CHECK(*out == expected);
  }
  for (std::size_t steps = 0; steps + 1 < script.size(); ++steps) {
    const auto out = talk(body, script, 65536, steps);
    REQUIRE_FALSE(out);
    CHECK(out.error().kind == ErrorKind::closed);
  }
}

#define OK_OR_RETURN(name, call) \
  auto name = co_await (call);   \
  if (!name) co_return fail(std::move(name.error()))

}  // namespace tandem::test
