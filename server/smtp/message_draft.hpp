// MessageDraft: a message's content on its way into a blob. The header is held back until it is
// complete (at most 1 MiB, the machine's limit), so that what is delivered can be decided on it and
// differ from what came; the body is written through. One coroutine at a time.
#pragma once

#include <expected>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "lib/mail/header.hpp"
#include "lib/protocol/smtp/reply.hpp"
#include "lib/store/draft.hpp"

namespace tandem::server {

class MessageDraft {
 public:
  // What to write in the header's place (its fields, and the empty line where it had one), or why
  // the message is refused.
  using Edit =
      std::function<std::expected<std::string, smtp::Reply>(const mail::HeaderView& header)>;

  MessageDraft(store::BlobDraft blob, Edit edit) : blob_(std::move(blob)), edit_(std::move(edit)) {}

  // Error: no more content is wanted; finish() tells why.
  [[nodiscard]] Result<void> append(std::string_view chunk);
  // The content is complete: the blob, or the refusal.
  [[nodiscard]] std::expected<store::BlobDraft, smtp::Reply> finish();

 private:
  [[nodiscard]] Result<void> take_header();
  [[nodiscard]] Result<void> write(std::string_view bytes);
  [[nodiscard]] Result<void> refuse(smtp::Reply reply);

  store::BlobDraft blob_;
  Edit edit_;
  bool in_header_ = true;
  std::string header_;
  std::optional<smtp::Reply> refusal_;
};

// The reply for an error of the store: 452 4.3.1 for a full disk, else 451 4.3.0.
[[nodiscard]] smtp::Reply storage_reply(const Error& error);

}  // namespace tandem::server
