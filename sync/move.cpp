#include "sync/move.hpp"

#include <vector>

namespace tandem::sync {
namespace {

constexpr std::size_t most_uids = 100'000;

std::vector<Uid> numbers_of(const imap::SequenceSet& set) {
  std::vector<Uid> numbers;
  for (const auto [first, last] : set.ranges())
    for (Uid uid = first; uid <= last && numbers.size() < most_uids; ++uid) numbers.push_back(uid);
  return numbers;
}

bool has_move(const net::ImapClient& client) {
  return client.has("MOVE") || client.has("IMAP4REV2");
}

}  // namespace

// RFC 4315 3: both sets have the messages in the same order.
std::map<Uid, Uid> copied_uids(const imap::ResponseCode& code) {
  std::map<Uid, Uid> pairs;
  if (code.kind != imap::CodeKind::copy_uid) return pairs;
  const std::vector<Uid> from = numbers_of(code.source);
  const std::vector<Uid> to = numbers_of(code.target);
  if (from.size() != to.size()) return pairs;
  for (std::size_t at = 0; at < from.size(); ++at) pairs[from[at]] = to[at];
  return pairs;
}

bool can_expunge(const net::ImapClient& client) {
  return client.has("UIDPLUS") || client.has("IMAP4REV2");
}

bool can_move(const net::ImapClient& client) {
  return has_move(client) || can_expunge(client);
}

Task<Result<MoveOutcome>> move_messages(net::ImapClient& client, imap::SequenceSet set,
                                        std::string target) {
  MoveOutcome outcome;
  if (has_move(client)) {
    const auto moved = co_await client.move(set, target);
    if (!moved) co_return fail(moved.error());
    outcome.uids = copied_uids(*moved);
    outcome.validity = static_cast<std::uint32_t>(moved->number);
    co_return outcome;
  }
  const auto copied = co_await client.copy(set, target);
  if (!copied) co_return fail(copied.error());
  outcome.uids = copied_uids(*copied);
  outcome.validity = static_cast<std::uint32_t>(copied->number);
  outcome.removed = can_expunge(client);
  if (!outcome.removed) co_return outcome;
  const auto removed = co_await expunge_messages(client, set);
  if (!removed) co_return fail(removed.error());
  co_return outcome;
}

Task<Result<void>> expunge_messages(net::ImapClient& client, imap::SequenceSet set) {
  const std::vector<std::string> deleted(1, "\\Deleted");
  const auto add = imap::command::StoreAction::add;
  const auto marked = co_await client.store(set, add, deleted);
  if (!marked) co_return fail(marked.error());
  co_return co_await client.expunge(set);
}

}  // namespace tandem::sync
