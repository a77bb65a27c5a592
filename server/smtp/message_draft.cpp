#include "server/smtp/message_draft.hpp"

#include "lib/base/log.hpp"

namespace tandem::server {
namespace {

constexpr std::size_t longest_header = 2 * 1024 * 1024;

// Where the header ends, its empty line included; nothing: more is needed. `from`: what was looked
// at already.
std::optional<std::size_t> header_end(std::string_view bytes, std::size_t from) {
  if (bytes.starts_with("\r\n")) return 2;
  const std::size_t end = bytes.find("\r\n\r\n", from < 3 ? 0 : from - 3);
  if (end == std::string_view::npos) return std::nullopt;
  return end + 4;
}

}  // namespace

smtp::Reply storage_reply(const Error& error) {
  log::warning("W-SERVER-1", "a message was not taken: {}", error.to_string());
  if (error.temporary) return smtp::make_reply(452, "4.3.1", "No room for the message now");
  return smtp::make_reply(451, "4.3.0", "The message cannot be stored now");
}

Result<void> MessageDraft::refuse(smtp::Reply reply) {
  refusal_ = std::move(reply);
  return fail(ErrorKind::refused, "the message is refused");
}

Result<void> MessageDraft::write(std::string_view bytes) {
  auto written = blob_.append(bytes);
  if (!written) return refuse(storage_reply(written.error()));
  return {};
}

Result<void> MessageDraft::take_header() {
  in_header_ = false;
  auto edited = edit_(mail::HeaderView(header_));
  header_ = {};
  if (!edited) return refuse(std::move(edited.error()));
  return write(*edited);
}

Result<void> MessageDraft::append(std::string_view chunk) {
  if (refusal_) return fail(ErrorKind::refused, "the message is refused");
  if (!in_header_) return write(chunk);
  const std::size_t before = header_.size();
  header_.append(chunk);
  const auto end = header_end(header_, before);
  if (!end && header_.size() > longest_header)
    return refuse(smtp::make_reply(554, "5.6.0", "The header is too long"));
  if (!end) return {};
  const std::string_view body = chunk.substr(*end - before);
  header_.resize(*end);
  if (auto taken = take_header(); !taken) return taken;
  return write(body);
}

std::expected<store::BlobDraft, smtp::Reply> MessageDraft::finish() {
  if (!refusal_ && in_header_) (void)take_header();
  if (refusal_) return std::unexpected(std::move(*refusal_));
  return std::move(blob_);
}

}  // namespace tandem::server
