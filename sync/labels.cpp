#include "sync/labels.hpp"

#include <algorithm>
#include <charconv>

#include "lib/base/log.hpp"
#include "lib/base/text.hpp"
#include "lib/net/wait.hpp"
#include "sync/copy.hpp"
#include "sync/scan.hpp"

namespace tandem::sync {
namespace {

constexpr std::string_view attribute = "X-GM-MSGID";
constexpr std::size_t at_once = 2000;

// An unsigned number of 64 bits; 0: it is none.
std::uint64_t message_id_from(std::string_view text) {
  std::uint64_t id = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), id);
  return read.ec == std::errc() && read.ptr == text.data() + text.size() ? id : 0;
}

class Ids final : public net::ImapHandler {
 public:
  std::vector<Label> labels;
  Task<Result<void>> on_message(const imap::response::Fetch& message) override {
    for (const auto& [name, value] : message.other) {
      const std::uint64_t id = iequals(name, attribute) ? message_id_from(value) : 0;
      if (id != 0 && message.uid != 0) labels.push_back({message.uid, id});
    }
    co_return Result<void>{};
  }
};

// Asks for the ids of those that the ledger has none of, and writes them down.
Task<Result<void>> learn_ids(Context& context, const FolderRow& folder, net::ImapClient& source,
                             Side side, std::vector<Uid> uids) {
  const auto unknown = context.ledger.without_label(folder.id, side, uids);
  if (!unknown) co_return fail(unknown.error());
  if (unknown->empty()) co_return Result<void>{};
  Ids ids;
  imap::SequenceSet set = set_of(*unknown);
  imap::FetchAttributes attributes;
  attributes.uid = true;
  attributes.extra.emplace_back(attribute);
  const auto fetched = co_await source.fetch(set, attributes, ids);
  if (!fetched && is_fatal(fetched.error())) co_return fail(fetched.error());
  if (!fetched)
    log::warning("W-SYNC-12", "account {}: the ids of the messages in '{}' were not told: {}",
                 folder.account, folder.at(side).name, fetched.error().to_string());
  co_return co_await context.ledger.save_labels(folder.id, side, std::move(ids.labels));
}

}  // namespace

bool has_labels(const net::ImapClient& client) {
  return client.has("X-GM-EXT-1");
}

Task<Result<std::vector<LabelCopy>>> find_label_copies(Context& context, const FolderRow& folder,
                                                       net::ImapClient& source, Side source_side,
                                                       const std::vector<Item>& items) {
  std::vector<LabelCopy> all;
  const std::vector<Uid> uids = uids_of(items);
  for (std::size_t at = 0; at < uids.size(); at += at_once) {
    const auto first = uids.begin() + static_cast<std::ptrdiff_t>(at);
    const std::size_t count = std::min(at_once, uids.size() - at);
    const std::vector<Uid> some(first, first + static_cast<std::ptrdiff_t>(count));
    const auto learned = co_await learn_ids(context, folder, source, source_side, some);
    if (!learned) co_return fail(learned.error());
    auto copies = context.ledger.label_copies(folder.id, source_side, some);
    if (!copies) co_return fail(copies.error());
    std::ranges::move(*copies, std::back_inserter(all));
    co_await net::yield_now();  // others wait while the ledger is asked
  }
  co_return all;
}

}  // namespace tandem::sync
