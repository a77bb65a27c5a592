// SMTP, LMTP and submission sessions of the built-in server, from greeting to end.
#pragma once

#include "lib/net/task_group.hpp"
#include "server/protocol_context.hpp"

namespace tandem::server {

// Mail from other servers (RFC 5321), or LMTP (RFC 2033): only for mailboxes that are here,
// whoever asks (T-34). One message is one blob and one commit, however many recipients.
[[nodiscard]] net::Task<void> serve_smtp_in(net::StreamPtr stream, ProtocolContext context,
                                            bool lmtp, net::TaskGroup& group);
// Mail from people (RFC 6409): after AUTH, from an address of theirs, to mailboxes that are here.
// Mail to other servers is refused at RCPT: this server has no way out.
[[nodiscard]] net::Task<void> serve_submission(net::StreamPtr stream, ProtocolContext context,
                                               net::TaskGroup& group);

}  // namespace tandem::server
