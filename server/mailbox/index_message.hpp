// What is worked out once, when a message arrives, so that FETCH and SEARCH need not read it again.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "lib/store/draft.hpp"

namespace tandem::server {

struct MessageIndex {
  std::uint64_t size = 0;
  std::uint64_t header_size = 0;
  std::string envelope;        // IMAP text
  std::string body_structure;  // IMAP text, BODYSTRUCTURE
  std::string parts;
  std::optional<std::int64_t> sent;  // the day of the Date field as written, Unix seconds (UTC)
  std::optional<std::string> received;
  std::string message_id;
};

[[nodiscard]] MessageIndex index_message(std::string_view message);
// The same from a draft, of any size in bounded memory (unless its header alone is larger than what
// SMTP lets through).
[[nodiscard]] Result<MessageIndex> index_draft(const store::BlobDraft& draft);

}  // namespace tandem::server
