#include "proxy/gateway/trace_search.hpp"

#include <algorithm>
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

// In the mailbox that is open. OR takes two keys (RFC 3501 6.4.4).
Task<Result<bool>> has_any(net::ImapClient& client, std::uint32_t from,
                           std::span<const Sought> sought) {
  const auto oldest = std::ranges::min(sought, {}, &Sought::received).received;
  std::string search = from > 1 ? fmt::format("UID {}:* ", from) : "";
  search += fmt::format("SINCE {}", since(oldest));
  for (std::size_t i = 0; i < sought.size(); ++i)
    search +=
        fmt::format("{} HEADER Received {}", i + 1 < sought.size() ? " OR" : "", sought[i].trace);
  const auto found = co_await client.search(std::move(search));
  if (!found) co_return fail(found.error());
  co_return !found->empty();
}

}  // namespace

Task<Result<std::set<std::string>>> traces_in(net::ImapClient& client, std::string mailbox,
                                              std::vector<Sought> sought) {
  const auto opened = co_await client.examine(std::move(mailbox));
  if (!opened) co_return fail(opened.error());
  if (opened->exists == 0) co_return std::set<std::string>{};
  co_return co_await traces_from(client, 1, std::move(sought));
}

Task<Result<std::set<std::string>>> traces_from(net::ImapClient& client, std::uint32_t from,
                                                std::vector<Sought> sought) {
  std::set<std::string> there;
  if (sought.empty()) co_return there;
  const auto any = co_await has_any(client, from, sought);
  if (!any) co_return fail(any.error());
  if (*any && sought.size() == 1) there.insert(sought.front().trace);
  for (std::size_t i = 0; *any && sought.size() > 1 && i < sought.size(); ++i) {
    const std::span<const Sought> one(&sought[i], 1);
    const auto this_one = co_await has_any(client, from, one);
    if (!this_one) co_return fail(this_one.error());
    if (*this_one) there.insert(sought[i].trace);
  }
  co_return there;
}

Task<Result<bool>> mailbox_has_trace(net::ImapClient& client, std::string mailbox,
                                     std::string trace, WallTime received) {
  std::vector<Sought> one;
  one.push_back({std::move(trace), received});
  const auto there = co_await traces_in(client, std::move(mailbox), std::move(one));
  if (!there) co_return fail(there.error());
  co_return !there->empty();
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
