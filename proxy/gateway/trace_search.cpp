#include "proxy/gateway/trace_search.hpp"

#include <fmt/core.h>
#include <utility>

#include "lib/base/text.hpp"
#include "lib/protocol/imap/date_time.hpp"

namespace tandem::gateway {
namespace {

// A day earlier: SINCE compares the server's own date, in its own time zone (RFC 3501 6.4.4).
std::string since(WallTime received) {
  return imap::to_string(std::chrono::floor<std::chrono::days>(received - std::chrono::hours(24)));
}

bool can_be_opened(const net::ImapListed& listed) {
  for (const auto& attribute : listed.entry.attributes)
    if (iequals(attribute, "\\Noselect") || iequals(attribute, "\\NonExistent")) return false;
  return !iequals(listed.entry.name, "INBOX");
}

}  // namespace

Task<Result<bool>> mailbox_has_trace(net::ImapClient& client, std::string mailbox,
                                     std::string trace, WallTime received) {
  const auto opened = co_await client.examine(std::move(mailbox));
  if (!opened) co_return fail(opened.error());
  if (opened->exists == 0) co_return false;
  const auto found =
      co_await client.search(fmt::format("SINCE {} HEADER Received {}", since(received), trace));
  if (!found) co_return fail(found.error());
  co_return !found->empty();
}

Task<Result<std::optional<std::string>>> mailbox_with_trace(net::ImapClient& client,
                                                            std::string trace, WallTime received) {
  const auto inbox = co_await mailbox_has_trace(client, "INBOX", trace, received);
  if (!inbox) co_return fail(inbox.error());
  if (*inbox) co_return "INBOX";
  const auto mailboxes = co_await client.list("", "*");
  if (!mailboxes) co_return fail(mailboxes.error());
  for (const auto& listed : *mailboxes) {
    if (!can_be_opened(listed)) continue;
    const auto there = co_await mailbox_has_trace(client, listed.entry.name, trace, received);
    if (!there) co_return fail(there.error());
    if (*there) co_return listed.entry.name;
  }
  co_return std::nullopt;
}

Task<Result<bool>> account_has_trace(net::ImapClient& client, std::string trace,
                                     WallTime received) {
  const auto found = co_await mailbox_with_trace(client, std::move(trace), received);
  if (!found) co_return fail(found.error());
  co_return found->has_value();
}

}  // namespace tandem::gateway
