#include "migration/sizes.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace tandem::migration {
namespace {

class Sizes final : public net::ImapHandler {
 public:
  std::vector<std::uint64_t> sizes;
  Task<Result<void>> on_message(const imap::response::Fetch& message) override {
    if (message.size) sizes.push_back(*message.size);
    co_return Result<void>{};
  }
};

Task<Result<std::uint64_t>> count_larger_listed(net::ImapClient& client, std::uint64_t limit) {
  const auto sizes = co_await sizes_in(client);
  if (!sizes) co_return fail(sizes.error());
  co_return static_cast<std::uint64_t>(
      std::ranges::count_if(*sizes, [limit](std::uint64_t size) { return size > limit; }));
}

}  // namespace

bool is_closed(const Error& error) {
  return error.kind == ErrorKind::refused || error.kind == ErrorKind::not_found;
}

Task<Result<std::vector<std::uint64_t>>> sizes_in(net::ImapClient& client) {
  Sizes told;
  if (client.selected().exists == 0) co_return told.sizes;
  imap::SequenceSet all;
  all.add(1, imap::SequenceSet::star);
  imap::FetchAttributes attributes;
  attributes.size = true;
  const auto fetched = co_await client.fetch(all, attributes, told);
  if (!fetched) co_return fail(fetched.error());
  co_return std::move(told.sizes);
}

Task<Result<std::uint64_t>> count_larger(net::ImapClient& client, std::vector<std::string> folders,
                                         bool pop3_only, std::uint64_t limit) {
  std::uint64_t found = 0;
  if (pop3_only) co_return co_await count_larger_listed(client, limit);
  const std::string criteria = fmt::format("LARGER {}", limit);
  bool searches = true;
  for (const std::string& folder : folders) {
    const auto opened = co_await client.examine(folder);
    if (!opened && is_closed(opened.error())) continue;
    if (!opened) co_return fail(opened.error());
    if (opened->exists == 0) continue;
    if (searches) {
      const auto larger = co_await client.search(criteria);
      if (larger) {
        found += larger->count();
        continue;
      }
      if (larger.error().kind != ErrorKind::refused) co_return fail(larger.error());
      searches = false;
    }
    const auto larger = co_await count_larger_listed(client, limit);
    if (!larger) co_return larger;
    found += *larger;
  }
  co_return found;
}

}  // namespace tandem::migration
