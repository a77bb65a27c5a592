#include "proxy/gateway/mirror_inbox.hpp"

#include <algorithm>
#include <utility>

#include "proxy/gateway/trace_search.hpp"

namespace tandem::gateway {
namespace {

// Bytes of one APPEND with several messages: what is refused is sent again one by one.
constexpr std::uint64_t together = 256 * 1024;

std::uint64_t size_of(const Pending& copy) {
  return copy.message.received.size() + copy.message.size;
}

net::ImapAppend item_of(const Pending& copy, const store::BlobReader& body) {
  const auto received = std::chrono::floor<std::chrono::seconds>(copy.message.at);
  net::ImapAppend item;
  item.size = copy.message.received.size() + body.size();
  item.date = imap::DateTime{.unix_seconds = received.time_since_epoch().count()};
  return item;
}

}  // namespace

std::uint32_t MirrorInbox::first_uid(std::span<const Pending> copies,
                                     std::uint32_t uid_validity) const {
  if (!last_ || last_->uid_next == 0 || last_->uid_validity != uid_validity) return 1;
  for (const auto& copy : copies)
    if (copy.recipient.id <= last_->newest) return 1;
  return last_->uid_next;
}

Task<Result<std::set<std::string>>> MirrorInbox::look(std::span<const Pending> copies) {
  const auto opened = co_await client_->examine("INBOX");
  if (!opened) co_return fail(opened.error());
  const auto newest = journal_.newest_recipient();
  if (!newest) co_return fail(newest.error());
  std::set<std::string> there;
  const std::uint32_t from = first_uid(copies, opened->uid_validity);
  if (opened->exists > 0 && (opened->uid_next == 0 || from < opened->uid_next)) {
    std::vector<Sought> sought;
    for (const auto& copy : copies) sought.push_back({copy.message.trace, copy.message.at});
    auto found = co_await traces_from(*client_, from, std::move(sought));
    if (!found) co_return fail(found.error());
    there = std::move(*found);
  }
  last_ = Look{opened->uid_validity, opened->uid_next, *newest};
  co_return there;
}

std::size_t MirrorInbox::at_once(std::span<const Pending> copies) const {
  if (!client_->has("MULTIAPPEND")) return std::min<std::size_t>(copies.size(), 1);
  std::uint64_t bytes = 0;
  std::size_t count = 0;
  while (count < copies.size() && (bytes += size_of(copies[count])) <= together) ++count;
  return std::clamp<std::size_t>(count, 1, copies.size());
}

Task<Result<void>> MirrorInbox::append(std::span<const Pending> copies) {
  std::optional<net::ImapTag> tag;
  for (const Pending& copy : copies) {
    auto body = store_.blobs().open(copy.message.blob);
    if (!body) {
      client_->close();  // nothing of what was begun may be taken for a message
      co_return fail(body.error());
    }
    auto item = item_of(copy, *body);
    if (tag) {
      const auto begun = co_await client_->append_more(std::move(item));
      if (!begun) co_return begun;
    } else {
      const auto begun = co_await client_->send_append("INBOX", std::move(item));
      if (!begun) co_return fail(begun.error());
      tag = *begun;
    }
    const auto sent = co_await send(std::move(*body), copy.message.received);
    if (!sent) co_return sent;
  }
  if (!tag) co_return Result<void>{};
  const auto ended = co_await client_->append_end();
  if (!ended) co_return ended;
  const auto completed = co_await client_->finish_ok(*tag, "APPEND of a mirror copy");
  if (!completed) co_return fail(completed.error());
  co_return Result<void>{};
}

Task<Result<void>> MirrorInbox::send(store::BlobReader body, const std::string& received) {
  auto sent = co_await client_->append_bytes(received);
  while (sent && body.position() < body.size()) {
    const auto piece = body.next();
    if (!piece) {
      client_->close();  // fewer bytes than announced
      co_return fail(piece.error());
    }
    sent = co_await client_->append_bytes(*piece);
  }
  co_return sent;
}

}  // namespace tandem::gateway
