// Does a message match a search key? In two steps, because most messages are ruled out by what the
// mailbox's rows say (flags, dates, sizes, UIDs): quick_match knows these alone; full_match reads
// what else it needs, the message's header or its text, once and only when asked for.
// RFC 3501 6.4.4: strings compare without regard to ASCII case; encoded words and transfer
// encodings are decoded first; dates disregard time and zone.
#pragma once

#include <optional>
#include <string>

#include "lib/protocol/imap/search_key.hpp"
#include "lib/store/blob.hpp"
#include "server/mailbox/types.hpp"

namespace tandem::server {

struct SearchContext {
  const store::Blobs* blobs = nullptr;
  std::int64_t now = 0;          // Unix seconds
  Uid recent_from = 0xffffffff;  // for \Recent
};

// Sets resolved: `sequence` keys have become `uid` keys. `row` with any detail. Nothing: the rows
// alone do not tell.
[[nodiscard]] std::optional<bool> quick_match(const imap::SearchKey& key, const MessageRow& row,
                                              const SearchContext& context);

// Whether a key needs more than the rows, and then whether it needs the whole message.
[[nodiscard]] bool needs_message(const imap::SearchKey& key);

class FullMatch {
 public:
  // `row` with detail search.
  FullMatch(const MessageRow& row, const SearchContext& context) : row_(row), context_(context) {}
  [[nodiscard]] Result<bool> matches(const imap::SearchKey& key);

 private:
  [[nodiscard]] Result<bool> header_matches(const imap::SearchKey& key);
  [[nodiscard]] Result<bool> text_matches(const imap::SearchKey& key);
  [[nodiscard]] Result<void> load_header();
  [[nodiscard]] Result<void> load_message();

  const MessageRow& row_;
  const SearchContext& context_;
  std::optional<std::string> header_;
  std::optional<std::string> message_;
  std::optional<std::string> body_text_;  // decoded, lower case
};

// Puts cheap keys first, makes needles lower case.
void prepare(imap::SearchKey& key);

}  // namespace tandem::server
