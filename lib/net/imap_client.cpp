#include "lib/net/imap_client.hpp"

#include <algorithm>
#include <fmt/format.h>

#include <boost/asio/this_coro.hpp>

#include "lib/base/text.hpp"
#include "lib/net/timer.hpp"
#include "lib/protocol/imap/decoder.hpp"
#include "lib/protocol/imap/parse_response.hpp"
#include "lib/protocol/imap/refusal_words.hpp"
#include "lib/protocol/imap/write.hpp"

namespace tandem::net {

namespace response = imap::response;
using imap::CodeKind;
using ReadStep = imap::ResponseReader::Step;

namespace {

constexpr std::size_t flush_at = 64 * 1024;
constexpr std::size_t longest_words = 1024;
constexpr std::size_t most_changes = 10'000;

ErrorKind kind_of(CodeKind code) {
  switch (code) {
    case CodeKind::authentication_failed:
    case CodeKind::authorization_failed:
    case CodeKind::expired:
    case CodeKind::privacy_required: return ErrorKind::authentication;
    case CodeKind::nonexistent:
    case CodeKind::try_create: return ErrorKind::not_found;
    case CodeKind::already_exists: return ErrorKind::conflict;
    default: return ErrorKind::refused;
  }
}

}  // namespace

Task<Result<void>> ImapHandler::on_body(const response::Fetch&, std::uint64_t) {
  co_return Result<void>();
}
Task<Result<void>> ImapHandler::on_body_bytes(std::string_view) {
  co_return Result<void>();
}
Task<Result<void>> ImapHandler::on_body_end() {
  co_return Result<void>();
}
Task<Result<void>> ImapHandler::on_message(const response::Fetch&) {
  co_return Result<void>();
}
void ImapHandler::on_response(imap::Response&) {}

ImapClient::ImapClient(StreamPtr stream, Options options)
    : stream_(std::move(stream)), options_(std::move(options)), reader_(options_.limits) {}

ImapClient::~ImapClient() {
  wipe(out_);
}

void ImapClient::close() {
  stream_->close();
}

void ImapClient::stream_bodies_from(std::uint64_t bytes) {
  reader_.set_stream_from(bytes);
  stream_all_ = bytes == 0;
}

// Of what the connection did: whose it was, and the server's goodbye if it said one.
Error ImapClient::connection_error(Error error) const {
  error.origin = options_.side;
  if (goodbye_.empty()) return error;
  error.server_words = goodbye_;
  imap::ResponseCode code;
  (void)imap::read_response_code(goodbye_, code);
  const bool says_why = code.kind != CodeKind::none && code.kind != CodeKind::alert;
  error.temporary =
      !says_why || imap::is_temporary(code.kind) || imap::asks_for_pause(error.server_words);
  return error;
}

Error ImapClient::to_error(const ImapCompletion& completion, std::string what) const {
  Error error{
      .kind = kind_of(completion.code.kind), .what = std::move(what), .origin = options_.side};
  error.temporary = imap::is_temporary(completion.code.kind);
  const auto& code = completion.code;
  if (code.kind != CodeKind::none)
    error.server_words =
        "[" + code.name + (code.argument.empty() ? "" : " " + code.argument) + "] ";
  error.server_words = (error.server_words + completion.text).substr(0, longest_words);
  error.temporary = error.temporary || imap::asks_for_pause(error.server_words);
  return error;
}

imap::ResponseCode code_of(const Error& error) {
  imap::ResponseCode code;
  (void)imap::read_response_code(error.server_words, code);
  return code;
}

std::string ImapClient::mailbox_text(std::string_view name) const {
  std::string text;
  if (odd_names_.contains(name))
    imap::append_astring(text, name, true);
  else
    imap::append_mailbox(text, name, false);
  return text;
}

ImapTag ImapClient::begin(std::string_view command) {
  const ImapTag tag = ++last_tag_;
  open_.insert(tag);
  fmt::format_to(std::back_inserter(out_), "A{} {}", tag, command);
  return tag;
}

Task<Result<void>> ImapClient::flush() {
  if (out_.empty()) co_return Result<void>();
  if (is_measuring()) {
    const auto executor = co_await boost::asio::this_coro::executor;
    left_at_ = clock_of(executor).steady();
    alone_ = open_.size() == 1;
  }
  stream_->expires_after(options_.wait);
  const std::size_t leaving = out_.size();
  auto written = co_await stream_->write(out_);
  if (std::exchange(secret_, false)) wipe(out_);
  out_.clear();
  if (!written) co_return fail(connection_error(std::move(written.error())));
  bytes_sent_ += leaving;
  co_return written;
}

Task<Result<void>> ImapClient::fill() {
  auto flushed = co_await flush();
  if (!flushed) co_return flushed;
  stream_->expires_after(options_.wait);
  auto count = co_await stream_->read_some(reader_.space(options_.read_size));
  reader_.filled(count.value_or(0));
  bytes_received_ += count.value_or(0);
  if (is_measuring()) {
    const auto executor = co_await boost::asio::this_coro::executor;
    read_at_ = clock_of(executor).steady();
  }
  if (!count) co_return fail(connection_error(std::move(count.error())));
  if (*count > 0) co_return Result<void>();
  Error error{
      .kind = ErrorKind::closed, .what = "the server ended the connection", .temporary = true};
  co_return fail(connection_error(std::move(error)));
}

// One event of the reader: a response, or a piece of a body.
Task<Result<void>> ImapClient::step(ImapHandler* handler) {
  switch (reader_.next()) {
    case ReadStep::need_input: co_return co_await fill();
    case ReadStep::error: {
      Error error = reader_.error();
      error.origin = options_.side;
      close();
      co_return fail(std::move(error));
    }
    case ReadStep::body_begin:
      if (handler == nullptr) co_return Result<void>();
      co_return co_await handler->on_body(reader_.prefix(), reader_.body_left());
    case ReadStep::body_data: {
      const std::string_view bytes = reader_.take_body();
      if (handler == nullptr) co_return Result<void>();
      co_return co_await handler->on_body_bytes(bytes);
    }
    case ReadStep::body_end:
      if (handler == nullptr) co_return Result<void>();
      co_return co_await handler->on_body_end();
    case ReadStep::response: break;
  }
  auto parsed = imap::parse_response(reader_.text(), reader_.streamed());
  if (!parsed) {
    // Instead of a greeting it is no mail, and says what speaks there.
    if (!greeting_) parsed.error().server_words = printable(reader_.text());
    close();
    co_return fail(connection_error(std::move(parsed.error())));
  }
  if (auto* message = std::get_if<response::Fetch>(&*parsed))
    co_return co_await deliver(*message, handler);
  co_return take(*parsed, handler);
}

Task<Result<void>> ImapClient::deliver(const response::Fetch& message, ImapHandler* handler) {
  if (handler == nullptr) {
    note_flags(message);
    co_return Result<void>();
  }
  if (stream_all_) {
    for (const response::Body& body : message.bodies) {
      if (body.value.streamed || body.value.nil || body.form == imap::BodyForm::binary_size)
        continue;
      response::Fetch so_far;
      so_far.number = message.number;
      so_far.uid = message.uid;
      so_far.has_flags = message.has_flags;
      so_far.flags = message.flags;
      so_far.internal_date = message.internal_date;
      so_far.size = message.size;
      so_far.modseq = message.modseq;
      so_far.other = message.other;
      so_far.bodies.push_back(body);
      so_far.bodies.back().value.streamed = true;
      auto begun = co_await handler->on_body(so_far, body.value.bytes.size());
      if (!begun) co_return begun;
      auto passed = co_await handler->on_body_bytes(body.value.bytes);
      if (!passed) co_return passed;
      auto ended = co_await handler->on_body_end();
      if (!ended) co_return ended;
    }
  }
  co_return co_await handler->on_message(message);
}

void ImapClient::note_flags(const response::Fetch& message) {
  if (!message.has_flags) return;
  if (changes_.flags.size() >= most_changes) {
    changes_.overflow = true;
    return;
  }
  auto& change = changes_.flags.emplace_back();
  change.number = message.number;
  change.uid = message.uid;
  change.modseq = message.modseq;
  for (const std::string_view flag : message.flags)
    change.flags.push_back(imap::canonical_flag(flag));
}

void ImapClient::take_code(const imap::ResponseCode& code) {
  switch (code.kind) {
    case CodeKind::capability: capabilities_ = {code.words.begin(), code.words.end()}; break;
    case CodeKind::uid_validity:
      selected_.uid_validity = static_cast<std::uint32_t>(code.number);
      break;
    case CodeKind::uid_next: selected_.uid_next = static_cast<std::uint32_t>(code.number); break;
    case CodeKind::highest_modseq: selected_.highest_modseq = code.number; break;
    case CodeKind::no_modseq: selected_.no_modseq = true; break;
    case CodeKind::uid_not_sticky: selected_.uid_not_sticky = true; break;
    case CodeKind::permanent_flags: selected_.permanent_flags = code.words; break;
    case CodeKind::read_only: selected_.read_only = true; break;
    case CodeKind::read_write: selected_.read_only = false; break;
    case CodeKind::copy_uid: copy_uid_ = code; break;
    default: break;
  }
}

Result<void> ImapClient::take_status(response::Status& status) {
  take_code(status.code);
  if (status.tag.empty()) {
    if (status.condition == response::Condition::bye) {
      const auto& code = status.code;
      goodbye_ = code.kind == CodeKind::none ? "" : "[" + code.name + "] ";
      goodbye_ = (goodbye_ + status.text).substr(0, longest_words);
      if (goodbye_.empty()) goodbye_ = "BYE";
    }
    // RFC 5465 5.8: from then on nothing is told, not even of the selected mailbox.
    if (hears_all_ && status.code.name == "NOTIFICATIONOVERFLOW")
      notify_refused_ = changes_.overflow = true;
    if (status.code.kind == CodeKind::alert && changes_.alerts.size() < 100)
      changes_.alerts.push_back(status.text.substr(0, longest_words));
    if (!greeting_) greeting_ = std::move(status);
    return {};
  }
  const auto number = status.tag.starts_with('A')
                          ? parse_number(std::string_view(status.tag).substr(1))
                          : std::nullopt;
  const ImapTag tag = number && *number <= last_tag_ ? static_cast<ImapTag>(*number) : 0;
  if (!open_.contains(tag)) {
    close();
    return fail(connection_error(
        {.kind = ErrorKind::protocol, .what = "the server answered a command that was not sent"}));
  }
  open_.erase(tag);
  note_round_trip();
  if (unawaited_.erase(tag) > 0) return {};
  completions_[tag] = {status.condition, std::move(status.code), std::move(status.text)};
  return {};
}

// Keeps what this client itself goes by, then passes the response on.
Result<void> ImapClient::take(imap::Response& any, ImapHandler* handler) {
  if (take_notice(any)) return {};
  if (auto* status = std::get_if<response::Status>(&any)) {
    if (!status->tag.empty() || !greeting_) return take_status(*status);
    response::Status copy = *status;
    (void)take_status(copy);
  } else if (auto* more = std::get_if<response::Continuation>(&any)) {
    continuation_ = std::move(more->text);
    return {};
  } else if (auto* known = std::get_if<response::Capability>(&any)) {
    capabilities_ = {known->words.begin(), known->words.end()};
  } else if (auto* enabled = std::get_if<response::Enabled>(&any)) {
    for (const auto& word : enabled->words)
      if (enabled_.size() < most_changes) enabled_.insert(word);
  } else if (auto* flags = std::get_if<response::Flags>(&any)) {
    selected_.flags = flags->flags;
  } else if (auto* exists = std::get_if<response::Exists>(&any)) {
    selected_.exists = exists->count;
    if (!in_select_) changes_.exists = exists->count;
  } else if (auto* gone = std::get_if<response::Expunge>(&any)) {
    if (selected_.exists > 0) --selected_.exists;
    if (changes_.expunged.size() < most_changes)
      changes_.expunged.push_back(gone->number);
    else
      changes_.overflow = true;
  } else if (auto* vanished = std::get_if<response::Vanished>(&any)) {
    if (!vanished->earlier) {
      const std::uint64_t count = vanished->uids.count();
      selected_.exists -=
          static_cast<std::uint32_t>(std::min<std::uint64_t>(count, selected_.exists));
      for (const auto [first, last] : vanished->uids.ranges()) {
        if (changes_.vanished.ranges().size() < most_changes)
          changes_.vanished.add(first, last);
        else
          changes_.overflow = true;
      }
    }
  } else if (auto* entry = std::get_if<response::List>(&any)) {
    const bool odd = entry->name == entry->wire_name && entry->name.find('&') != std::string::npos;
    if (odd && odd_names_.size() < most_changes) odd_names_.insert(entry->wire_name);
  }
  if (handler != nullptr) handler->on_response(any);
  return {};
}

Task<Result<ImapTag>> ImapClient::send(std::string command) {
  const ImapTag tag = begin(command);
  out_ += "\r\n";
  if (out_.size() >= flush_at) {
    auto flushed = co_await flush();
    if (!flushed) co_return fail(std::move(flushed.error()));
  }
  co_return tag;
}

Task<Result<ImapCompletion>> ImapClient::finish(ImapTag tag, ImapHandler* handler) {
  while (true) {
    const auto found = completions_.find(tag);
    if (found != completions_.end()) {
      ImapCompletion completion = std::move(found->second);
      completions_.erase(found);
      co_return completion;
    }
    if (!open_.contains(tag)) co_return fail(ErrorKind::internal, "no such IMAP command under way");
    auto done = co_await step(handler);
    if (!done) {
      close();
      co_return fail(std::move(done.error()));
    }
  }
}

Task<Result<ImapCompletion>> ImapClient::finish_ok(ImapTag tag, std::string what,
                                                   ImapHandler* handler) {
  auto completion = co_await finish(tag, handler);
  if (!completion || completion->ok()) co_return completion;
  co_return fail(to_error(*completion, std::move(what)));
}

Task<Result<ImapCompletion>> ImapClient::run(std::string command, std::string what,
                                             ImapHandler* handler) {
  auto tag = co_await send(std::move(command));
  if (!tag) co_return fail(std::move(tag.error()));
  co_return co_await finish_ok(*tag, std::move(what), handler);
}

Task<Result<std::vector<ImapCompletion>>> ImapClient::run_each(std::vector<std::string> commands,
                                                               ImapHandler* handler) {
  constexpr std::size_t window = 50;
  std::vector<ImapTag> tags;
  std::vector<ImapCompletion> completions;
  while (completions.size() < commands.size()) {
    while (tags.size() < std::min(commands.size(), completions.size() + window)) {
      auto tag = co_await send(std::move(commands[tags.size()]));
      if (!tag) co_return fail(std::move(tag.error()));
      tags.push_back(*tag);
    }
    auto done = co_await finish(tags[completions.size()], handler);
    if (!done) co_return fail(std::move(done.error()));
    completions.push_back(std::move(*done));
  }
  co_return completions;
}

Task<Result<std::optional<std::string>>> ImapClient::continuation(ImapTag tag) {
  continuation_.reset();
  while (!continuation_ && !completions_.contains(tag)) {
    auto done = co_await step(nullptr);
    if (!done) co_return fail(std::move(done.error()));
  }
  co_return std::exchange(continuation_, std::nullopt);
}

// After `{n}` CR LF was written: until the server asks for the bytes. A refusal is an error.
Task<Result<void>> ImapClient::await_literal(ImapTag tag, std::string what) {
  auto asked = co_await continuation(tag);
  if (!asked) co_return fail(std::move(asked.error()));
  if (*asked) co_return Result<void>();
  auto completion = co_await finish(tag);
  if (!completion) co_return fail(std::move(completion.error()));
  if (!completion->ok()) co_return fail(to_error(*completion, std::move(what)));
  close();
  co_return fail(connection_error(
      {.kind = ErrorKind::protocol, .what = "the server answered a command before its end"}));
}

}  // namespace tandem::net
