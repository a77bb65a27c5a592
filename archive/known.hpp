// Which messages of files are on a server already: the sync's identity ladder, on counts.
#pragma once

#include <vector>

#include "archive/content.hpp"
#include "lib/net/imap_client.hpp"
#include "sync/match.hpp"

namespace tandem::archive {

using net::Task;

// Files as the sync sees messages: item `i` has the UID i + 1.
struct Files {
  std::vector<sync::Item> items;
  std::vector<sync::Identity> whole;  // rung (c)
  struct Unreadable {
    std::size_t at = 0;
    Error error;
  };
  std::vector<Unreadable> unreadable;  // and in no match
};
[[nodiscard]] Files measure_all(const std::vector<Local>& locals,
                                const mail::DigestOptions& options);

// left: index of a file; right: index in `there`, messages of the folder that `client` has open.
// Looks at headers, and at whole messages where a server may have changed what it was given.
[[nodiscard]] Task<Result<std::vector<sync::Match>>> match_files(const Files& files,
                                                                 net::ImapClient& client,
                                                                 std::vector<sync::Item>& there,
                                                                 mail::DigestOptions options);

// How many of `items`, from `at` on, are handled together: at most 100, and no more once they have
// `most_bytes`.
[[nodiscard]] std::size_t portion(const std::vector<sync::Item>& items, std::size_t at,
                                  std::uint64_t most_bytes);

}  // namespace tandem::archive
