#include "sync/copy.hpp"

#include <algorithm>

#include "sync/pause.hpp"
#include "sync/scan.hpp"

namespace tandem::sync {
namespace {

constexpr std::size_t most_header = 1024 * 1024;

// Behind the empty line, or npos. `from`: where the search may begin.
std::size_t header_end(std::string_view text, std::size_t from) {
  const std::size_t crlf = text.find("\n\r\n", from);
  const std::size_t lf = text.find("\n\n", from);
  if (text.starts_with("\r\n")) return 2;
  if (lf < crlf) return lf + 2;
  return crlf == std::string_view::npos ? crlf : crlf + 3;
}

std::vector<Uid> numbers_of(const imap::SequenceSet& set, std::size_t most) {
  std::vector<Uid> numbers;
  for (const auto [first, last] : set.ranges())
    for (Uid uid = first; uid <= last && numbers.size() <= most; ++uid) numbers.push_back(uid);
  return numbers;
}

}  // namespace

bool is_fatal(const Error& error) {
  if (asked_to_wait(error)) return true;
  switch (error.kind) {
    case ErrorKind::refused:
    case ErrorKind::not_found:
    case ErrorKind::conflict:
    case ErrorKind::authentication: return false;
    default: return true;
  }
}

BatchCopy::BatchCopy(net::ImapClient& target, std::string mailbox, std::vector<Item> items,
                     Options options)
    : target_(target),
      mailbox_(std::move(mailbox)),
      items_(std::move(items)),
      options_(std::move(options)),
      results_(items_.size()) {}

std::optional<std::size_t> BatchCopy::position_of(Uid uid) const {
  const auto at = std::ranges::lower_bound(items_, uid, {}, &Item::uid);
  if (at == items_.end() || at->uid != uid) return std::nullopt;
  return static_cast<std::size_t>(at - items_.begin());
}

Task<Result<void>> BatchCopy::on_body(const imap::response::Fetch& so_far, std::uint64_t size) {
  current_.reset();
  // A server that says the UID behind the body can be asked for one message at a time only.
  const Uid uid = so_far.uid == 0 && items_.size() == 1 ? items_.front().uid : so_far.uid;
  const auto at = position_of(uid);
  if (!at || results_[*at].state != Copied::State::waiting) co_return Result<void>{};
  const SteadyTime from = now();
  const auto begun = co_await begin(*at, size);
  waited_ += now() - from;
  co_return begun;
}

SteadyTime BatchCopy::now() const {
  return options_.clock == nullptr ? SteadyTime() : options_.clock->steady();
}

Task<Result<void>> BatchCopy::begin(std::size_t at, std::uint64_t size) {
  results_[at].size = size;
  if (size == 0) {
    results_[at].state = Copied::State::refused;
    results_[at].error.kind = ErrorKind::refused;
    results_[at].error.what = "the source server gave an empty message";
    co_return Result<void>{};
  }
  header_.clear();
  header_done_ = false;
  whole_.reset();
  net::ImapAppend message;
  message.flags = items_[at].flags.to_list();
  if (items_[at].date != imap::DateTime()) message.date = items_[at].date;
  message.size = size;
  const auto opened = co_await open_command(std::move(message));
  if (!opened) co_return co_await refuse(opened.error(), at);
  current_ = at;
  results_[at].state = Copied::State::sent;
  open_->members.push_back(at);
  open_->bytes += size;
  co_return Result<void>{};
}

Task<Result<void>> BatchCopy::open_command(net::ImapAppend message) {
  if (open_ && (open_->members.size() >= options_.command_messages ||
                open_->bytes + message.size > options_.command_bytes)) {
    const auto ended = co_await end_command();
    if (!ended) co_return ended;
  }
  if (open_) co_return co_await target_.append_more(std::move(message));
  const auto tag = co_await target_.send_append(mailbox_, std::move(message));
  if (!tag) co_return fail(tag.error());
  Command command;
  command.tag = *tag;
  open_ = std::move(command);
  co_return Result<void>{};
}

// The server said no before it took the bytes: the command is over, and all in it.
Task<Result<void>> BatchCopy::refuse(Error error, std::size_t at) {
  if (is_fatal(error)) co_return fail(std::move(error));
  results_[at].state = Copied::State::refused;
  if (open_) {
    for (const std::size_t member : open_->members) results_[member].state = Copied::State::retry;
    results_[at].state = Copied::State::retry;
    open_.reset();
  }
  results_[at].error = std::move(error);
  co_return Result<void>{};
}

Task<Result<void>> BatchCopy::on_body_bytes(std::string_view bytes) {
  if (!current_) co_return Result<void>{};
  digest(bytes);
  bytes_ += bytes.size();
  const SteadyTime from = now();
  const auto put = co_await target_.append_bytes(bytes);
  waited_ += now() - from;
  co_return put;
}

void BatchCopy::digest(std::string_view bytes) {
  if (whole_) whole_->update(bytes);
  if (header_done_) return;
  const std::size_t before = header_.size();
  header_.append(bytes.substr(0, most_header - before));
  const std::size_t end = header_end(header_, before < 3 ? 0 : before - 3);
  if (end == std::string::npos && header_.size() < most_header) return;
  header_done_ = true;
  digest_ = mail::digest_header(std::string_view(header_).substr(0, end), options_.digest);
  if (digest_.stable_fields > 0) return;
  whole_.emplace(options_.digest);
  whole_->update(header_);
  whole_->update(bytes.substr(header_.size() - before));
}

void BatchCopy::finish_digest() {
  Copied& copied = results_[*current_];
  if (!header_done_) {  // a message that is all header
    digest_ = mail::digest_header(header_, options_.digest);
    if (digest_.stable_fields == 0) digest_ = mail::digest_message(header_, options_.digest);
  } else if (whole_) {
    digest_ = whole_->finish();
  }
  const std::uint64_t body =
      whole_ ? digest_.body_size : copied.size - std::min(copied.size, digest_.header_size);
  copied.identity = identity_of(digest_, body);
  copied.trace = digest_.trace_id.value_or("");
}

Task<Result<void>> BatchCopy::on_body_end() {
  if (!current_) co_return Result<void>{};
  finish_digest();
  if (!options_.multi) {
    const SteadyTime from = now();
    const auto ended = co_await end_command();
    waited_ += now() - from;
    if (!ended) co_return ended;
  }
  current_.reset();
  co_return Result<void>{};
}

Task<Result<void>> BatchCopy::on_message(const imap::response::Fetch& message) {
  const auto at = position_of(message.uid);
  if (!at || message.bodies.empty()) co_return Result<void>{};
  const auto& value = message.bodies.front().value;
  if (results_[*at].state != Copied::State::waiting) co_return Result<void>{};
  if (value.streamed) {  // its UID was said too late
    results_[*at].state = Copied::State::retry;
    co_return Result<void>{};
  }
  if (value.nil) {
    results_[*at].state = Copied::State::vanished;
    co_return Result<void>{};
  }
  current_.reset();
  const auto begun = co_await begin(*at, value.bytes.size());
  if (!begun) co_return begun;
  const auto put = co_await on_body_bytes(value.bytes);
  if (!put) co_return put;
  co_return co_await on_body_end();
}

Task<Result<void>> BatchCopy::end_command() {
  if (!open_) co_return Result<void>{};
  const auto ended = co_await target_.append_end();
  if (!ended) co_return ended;
  under_way_.push_back(std::move(*open_));
  open_.reset();
  co_return Result<void>{};
}

Task<Result<void>> BatchCopy::collect(const std::optional<Error>& refused) {
  const auto ended = co_await end_command();
  if (!ended) co_return ended;
  for (const Command& command : under_way_) {
    const auto completion = co_await target_.finish(command.tag);
    if (!completion) co_return fail(completion.error());
    answer(command, *completion);
  }
  under_way_.clear();
  for (Copied& copied : results_) {
    if (copied.state != Copied::State::waiting) continue;
    copied.state = refused ? Copied::State::retry : Copied::State::vanished;
    if (refused) copied.error = *refused;
  }
  co_return Result<void>{};
}

void BatchCopy::answer(const Command& command, const net::ImapCompletion& completion) {
  if (!completion.ok()) {
    const bool alone = command.members.size() == 1;
    for (const std::size_t at : command.members) {
      results_[at].state = alone ? Copied::State::refused : Copied::State::retry;
      results_[at].error = target_.to_error(completion, "the message was refused");
    }
    return;
  }
  std::vector<Uid> uids;
  if (completion.code.kind == imap::CodeKind::append_uid) {
    uids = numbers_of(completion.code.target, command.members.size());
    validity_ = static_cast<std::uint32_t>(completion.code.number);
  }
  for (std::size_t i = 0; i < command.members.size(); ++i) {
    Copied& copied = results_[command.members[i]];
    copied.state = Copied::State::appended;
    if (uids.size() == command.members.size()) copied.uid = uids[i];
  }
}

}  // namespace tandem::sync
