// A POP3 session of the built-in server (RFC 1939), from greeting to end.
#pragma once

#include "lib/net/task_group.hpp"
#include "server/pop3/maildrop_locks.hpp"
#include "server/protocol_context.hpp"

namespace tandem::server {

[[nodiscard]] net::Task<void> serve_pop3(net::StreamPtr stream, ProtocolContext context,
                                         MaildropLocks& locks, net::TaskGroup& group);

}  // namespace tandem::server
