// Rung (c) of the ladder, for what (a) and (b) left alone on both sides though the headers are
// alike. Some servers change what they are given: Courier ends the last line and drops a CR alone,
// so the sizes differ; Cyrus puts an X for each 8-bit byte of a header; Exchange and Domino give
// messages other Message-IDs. Such messages are read whole and compared in the normal form of
// lib/mail/digest.
#pragma once

#include <set>

#include "lib/net/imap_client.hpp"
#include "sync/match.hpp"

namespace tandem::sync {

using net::Task;

// Messages of the folder that is selected, looked at; `at`: the caller's index of each.
struct Alone {
  std::vector<Item> items;
  std::vector<std::size_t> at;
  void add(const Item& item, std::size_t index);
};

// All but those at the indexes `taken`, and those whose header says nothing or was not looked at:
// rung (c) cannot tell them apart.
[[nodiscard]] Alone alone(const std::vector<Item>& items, const std::set<std::size_t>& taken);

// The matches' indexes are the callers' own. Reads nothing unless headers are alike. What came
// through the gateway is told by its trace id alone and stays out. Errors: as FETCH's.
[[nodiscard]] Task<Result<std::vector<Match>>> match_whole(net::ImapClient& left, Alone ours,
                                                           net::ImapClient& right, Alone theirs,
                                                           mail::DigestOptions options);

}  // namespace tandem::sync
