// The talk with one milter about one message: a Stream, the client machine, and the message's body,
// read as it is sent. Error kinds: unreachable, refused (an address out in the open), timed_out,
// closed, protocol, cancelled, and whatever reading the body fails with. An Error means that the
// milter has not judged.
#pragma once

#include <functional>
#include <string_view>

#include "lib/net/connector.hpp"
#include "lib/net/milter_address.hpp"
#include "lib/protocol/milter/client_machine.hpp"

namespace tandem::net {

// The next piece of the body, at most 65,535 bytes, good until the next call; empty: its end.
using MilterBody = std::function<Result<std::string_view>()>;

struct MilterLimits {
  milter::ClientWaits waits;
  Duration connect = std::chrono::seconds(5);
  Duration whole = std::chrono::seconds(120);  // for everything, from connecting on
};

// `body` is used until it returns.
Task<Result<milter::Verdict>> ask_milter(const Connector& connector, MilterAddress address,
                                         milter::Examination message, MilterBody body,
                                         MilterLimits limits);

}  // namespace tandem::net
