// ImapClient: FETCH, SEARCH, STORE, COPY, MOVE, EXPUNGE, APPEND.
#include <algorithm>
#include <fmt/format.h>

#include "lib/net/imap_client.hpp"
#include "lib/protocol/imap/write.hpp"

namespace tandem::net {

namespace response = imap::response;

namespace {

// UIDs from SEARCH or ESEARCH.
class Found final : public ImapHandler {
 public:
  imap::SequenceSet uids;
  void on_response(imap::Response& any) override {
    if (auto* search = std::get_if<response::Search>(&any)) {
      std::ranges::sort(search->numbers);
      for (const std::uint32_t number : search->numbers) uids.add(number);
    } else if (auto* esearch = std::get_if<response::Esearch>(&any)) {
      if (esearch->all) uids = std::move(*esearch->all);
    }
  }
};

Result<void> only_error(Result<ImapCompletion> done) {
  if (!done) return fail(std::move(done.error()));
  return {};
}

}  // namespace

Task<Result<ImapTag>> ImapClient::send_fetch(imap::SequenceSet uids,
                                             imap::FetchAttributes attributes,
                                             FetchModifiers modifiers) {
  std::string command = "UID FETCH " + uids.to_string() + " " + to_string(attributes);
  if (modifiers.changed_since)
    command += fmt::format(" (CHANGEDSINCE {}{})", *modifiers.changed_since,
                           modifiers.vanished ? " VANISHED" : "");
  return send(std::move(command));
}

Task<Result<void>> ImapClient::fetch(imap::SequenceSet uids, imap::FetchAttributes attributes,
                                     ImapHandler& handler, FetchModifiers modifiers) {
  constexpr std::size_t window = 8;
  const auto parts = uids.split(options_.command_bytes);
  std::vector<ImapTag> tags;
  std::optional<Error> refused;
  for (std::size_t at = 0; at < parts.size() + window; ++at) {
    if (at < parts.size()) {
      auto tag = co_await send_fetch(parts[at], attributes, modifiers);
      if (!tag) co_return fail(std::move(tag.error()));
      tags.push_back(*tag);
    }
    if (at < window || at - window >= tags.size()) continue;
    auto done = co_await finish(tags[at - window], &handler);
    if (!done) co_return fail(std::move(done.error()));
    if (!done->ok() && !refused) refused = to_error(*done, "FETCH was refused");
  }
  if (refused) co_return fail(std::move(*refused));
  co_return Result<void>();
}

Task<Result<imap::SequenceSet>> ImapClient::search(std::string criteria) {
  const bool extended = has("ESEARCH") || has("IMAP4REV2");
  std::string command(extended ? "UID SEARCH RETURN (ALL) " : "UID SEARCH ");
  command += criteria;
  Found found;
  auto done = co_await run(std::move(command), "SEARCH was refused", &found);
  if (!done) co_return fail(std::move(done.error()));
  co_return std::move(found.uids);
}

Task<Result<ImapTag>> ImapClient::send_store(imap::SequenceSet uids,
                                             imap::command::StoreAction action,
                                             std::vector<std::string> flags,
                                             std::optional<std::uint64_t> unchanged_since) {
  std::string command = "UID STORE " + uids.to_string() + " ";
  if (unchanged_since) command += fmt::format("(UNCHANGEDSINCE {}) ", *unchanged_since);
  if (action == imap::command::StoreAction::add) command += '+';
  if (action == imap::command::StoreAction::remove) command += '-';
  command += "FLAGS.SILENT ";
  imap::append_flags(command, flags);
  return send(std::move(command));
}

Task<Result<ImapCompletion>> ImapClient::store(imap::SequenceSet uids,
                                               imap::command::StoreAction action,
                                               std::vector<std::string> flags,
                                               std::optional<std::uint64_t> unchanged_since) {
  std::vector<ImapTag> tags;
  for (const imap::SequenceSet& part : uids.split(options_.command_bytes)) {
    auto tag = co_await send_store(part, action, flags, unchanged_since);
    if (!tag) co_return fail(std::move(tag.error()));
    tags.push_back(*tag);
  }
  ImapCompletion last;
  std::optional<Error> refused;
  imap::SequenceSet modified;
  for (const ImapTag tag : tags) {
    auto done = co_await finish(tag);
    if (!done) co_return fail(std::move(done.error()));
    last = std::move(*done);
    for (const auto [first, end] : last.code.target.ranges()) modified.add(first, end);
    if (!last.ok() && !refused) refused = to_error(last, "the flags could not be changed");
  }
  if (refused) co_return fail(std::move(*refused));
  if (!modified.empty()) {
    last.code.kind = imap::CodeKind::modified;
    last.code.target = std::move(modified);
  }
  co_return last;
}

Task<Result<imap::ResponseCode>> ImapClient::copy_or_move(std::string command,
                                                          imap::SequenceSet uids,
                                                          std::string mailbox) {
  imap::ResponseCode all;
  for (const imap::SequenceSet& part : uids.split(options_.command_bytes)) {
    copy_uid_ = {};
    auto done = co_await run(command + part.to_string() + " " + mailbox_text(mailbox),
                             "the messages could not be copied");
    if (!done) co_return fail(std::move(done.error()));
    take_code(done->code);  // MOVE says it before, in an untagged OK (RFC 6851 4.3)
    if (copy_uid_.kind == imap::CodeKind::none) continue;
    all.kind = copy_uid_.kind;
    all.name = copy_uid_.name;
    all.number = copy_uid_.number;
    for (const auto [first, last] : copy_uid_.source.ranges()) all.source.add(first, last);
    for (const auto [first, last] : copy_uid_.target.ranges()) all.target.add(first, last);
  }
  co_return all;
}

Task<Result<imap::ResponseCode>> ImapClient::copy(imap::SequenceSet uids, std::string mailbox) {
  return copy_or_move("UID COPY ", std::move(uids), std::move(mailbox));
}

Task<Result<imap::ResponseCode>> ImapClient::move(imap::SequenceSet uids, std::string mailbox) {
  return copy_or_move("UID MOVE ", std::move(uids), std::move(mailbox));
}

Task<Result<void>> ImapClient::expunge(imap::SequenceSet uids) {
  for (const imap::SequenceSet& part : uids.split(options_.command_bytes)) {
    auto done =
        co_await run("UID EXPUNGE " + part.to_string(), "the messages could not be removed");
    if (!done) co_return fail(std::move(done.error()));
  }
  co_return Result<void>();
}

Task<Result<void>> ImapClient::expunge_all() {
  auto done = co_await run("EXPUNGE", "the messages could not be removed");
  co_return only_error(std::move(done));
}

// ` (\Seen) "date" {n}` CR LF.
std::string ImapClient::append_text(const ImapAppend& message, bool& synchronising) const {
  constexpr std::uint64_t literal_minus = 4096;  // RFC 7888 5
  synchronising =
      !has("LITERAL+") && !((has("LITERAL-") || has("IMAP4REV2")) && message.size <= literal_minus);
  std::string text = " ";
  if (!message.flags.empty()) {
    imap::append_flags(text, message.flags);
    text += ' ';
  }
  if (message.date) text += '"' + to_string(*message.date) + "\" ";
  if (!message.extensions.empty()) text += message.extensions.substr(1) + ' ';
  return text + fmt::format("{{{}{}}}\r\n", message.size, synchronising ? "" : "+");
}

Task<Result<ImapTag>> ImapClient::send_append(std::string mailbox, ImapAppend message) {
  const ImapTag tag = begin("APPEND " + mailbox_text(mailbox));
  append_tag_ = tag;
  auto begun = co_await append_more(std::move(message));
  if (!begun) co_return fail(std::move(begun.error()));
  co_return tag;
}

Task<Result<void>> ImapClient::append_more(ImapAppend message) {
  if (append_left_ > 0) co_return fail(ErrorKind::internal, "the message before is not complete");
  bool synchronising = false;
  out_ += append_text(message, synchronising);
  if (synchronising) {
    auto asked = co_await await_literal(append_tag_, "the message was refused");
    if (!asked) co_return asked;
  }
  append_left_ = message.size;
  co_return Result<void>();
}

Task<Result<void>> ImapClient::append_bytes(std::string_view bytes) {
  constexpr std::size_t direct_from = 16 * 1024;
  if (bytes.size() > append_left_) {
    close();
    co_return fail(ErrorKind::internal, "more bytes than the message was announced with");
  }
  append_left_ -= bytes.size();
  if (bytes.size() < direct_from) {
    out_.append(bytes);
    if (out_.size() < options_.read_size) co_return Result<void>();
    co_return co_await flush();
  }
  auto flushed = co_await flush();
  if (!flushed) co_return flushed;
  stream_->expires_after(options_.wait);
  auto written = co_await stream_->write(bytes);
  if (!written) co_return fail(connection_error(std::move(written.error())));
  bytes_sent_ += bytes.size();
  co_return written;
}

Task<Result<void>> ImapClient::append_end() {
  if (append_left_ > 0) {
    close();
    co_return fail(ErrorKind::internal, "fewer bytes than the message was announced with");
  }
  out_ += "\r\n";
  if (out_.size() >= options_.read_size) co_return co_await flush();
  co_return Result<void>();
}

Task<Result<ImapCompletion>> ImapClient::append(std::string mailbox, ImapAppend message,
                                                std::string_view bytes) {
  message.size = bytes.size();
  auto tag = co_await send_append(std::move(mailbox), std::move(message));
  if (!tag) co_return fail(std::move(tag.error()));
  auto put = co_await append_bytes(bytes);
  if (!put) co_return fail(std::move(put.error()));
  auto ended = co_await append_end();
  if (!ended) co_return fail(std::move(ended.error()));
  co_return co_await finish_ok(*tag, "the message was refused");
}

}  // namespace tandem::net
