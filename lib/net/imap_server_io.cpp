#include "lib/net/imap_server_io.hpp"

namespace tandem::net {

using imap::CommandReader;
using Step = CommandReader::Step;

ImapServerIo::ImapServerIo(Stream& stream, Settings settings)
    : stream_(stream), settings_(settings), reader_(settings.limits) {}

void ImapServerIo::set_settings(Settings settings) {
  settings_ = settings;
  reader_.set_limits(settings.limits);
}

Task<Result<void>> ImapServerIo::flush() {
  if (out_.empty()) co_return Result<void>();
  if (settings_.progress_wait > Duration::zero()) stream_.expires_after(settings_.progress_wait);
  auto written = co_await stream_.write(out_);
  if (out_.capacity() > settings_.flush_at)
    std::string().swap(out_);
  else
    out_.clear();
  co_return written;
}

Task<Result<void>> ImapServerIo::write(std::string_view bytes) {
  if (out_.size() + bytes.size() < settings_.flush_at) {
    out_.append(bytes);
    co_return Result<void>();
  }
  auto flushed = co_await flush();
  if (!flushed) co_return flushed;
  if (bytes.size() < settings_.flush_at / 2) {
    out_.append(bytes);
    co_return Result<void>();
  }
  if (settings_.progress_wait > Duration::zero()) stream_.expires_after(settings_.progress_wait);
  co_return co_await stream_.write(bytes);
}

// Sends what waits, then reads. False: the client ended its direction.
Task<Result<bool>> ImapServerIo::fill(Duration limit) {
  auto flushed = co_await flush();
  if (!flushed) co_return fail(std::move(flushed.error()));
  if (limit > Duration::zero()) stream_.expires_after(limit);
  if (!reader_.has_rest()) {
    reader_.release_memory();
    std::string().swap(out_);
    auto readable = co_await stream_.wait_readable();
    if (!readable) co_return fail(std::move(readable.error()));
  }
  auto count = co_await stream_.read_some(reader_.space(settings_.read_size));
  reader_.filled(count.value_or(0));
  if (!count) co_return fail(std::move(count.error()));
  co_return *count > 0;
}

void ImapServerIo::begin_append(const imap::command::AppendItem& item) {
  announced_ = item.size;
  awaited_ = item.synchronising;
  accepted_ = false;
  utf8_message_ = item.utf8;
}

// The command, if this step has one; what is wrong is answered and counted.
std::optional<imap::Command> ImapServerIo::parsed(Step step) {
  imap::CommandError error;
  if (step == Step::refused) {
    error = reader_.error();
  } else {
    auto command = step == Step::append ? imap::parse_append(reader_.text(), options_)
                                        : imap::parse_command(reader_.text(), options_);
    if (command) {
      errors_ = 0;
      if (step == Step::append) begin_append(std::get<imap::command::Append>(command->body).first);
      return std::move(*command);
    }
    error = command.error();
    if (step == Step::append) {  // skipped first, answered when `refused` comes
      const auto spec = imap::literal_suffix(reader_.text());
      reader_.refuse(error, spec->size, spec->synchronising);
      return std::nullopt;
    }
  }
  ++errors_;
  put(error.to_string());
  return std::nullopt;
}

Task<Result<std::optional<imap::Command>>> ImapServerIo::next() {
  while (true) {
    const Step step = reader_.next();
    if (step == Step::need_input) {
      auto more = co_await fill(settings_.command_wait);
      if (!more) co_return fail(std::move(more.error()));
      if (!*more) co_return std::optional<imap::Command>();
    } else if (step == Step::continue_literal) {
      put("+ OK\r\n");
    } else if (step == Step::command || step == Step::append || step == Step::refused) {
      auto command = parsed(step);
      if (command) co_return command;
      if (errors_ >= settings_.max_errors) {
        put("* BYE Too many errors\r\n");
        (void)co_await flush();
        co_return fail(ErrorKind::limit, "too many malformed IMAP commands");
      }
    } else {
      co_return fail(ErrorKind::internal, "a message of APPEND was neither read nor refused");
    }
  }
}

Task<Result<std::optional<std::string>>> ImapServerIo::next_line() {
  reader_.expect_line();
  while (true) {
    const Step step = reader_.next();
    if (step == Step::line) co_return std::string(reader_.text());
    if (step == Step::refused) co_return fail(ErrorKind::limit, "the client's line is too long");
    auto more = co_await fill(settings_.command_wait);
    if (!more) co_return fail(std::move(more.error()));
    if (!*more) co_return std::optional<std::string>();
  }
}

Task<Result<void>> ImapServerIo::accept_append() {
  reader_.accept(announced_);
  accepted_ = true;
  if (!awaited_) co_return Result<void>();
  put("+ OK\r\n");
  co_return co_await flush();
}

Task<Result<std::size_t>> ImapServerIo::read_literal(std::span<char> into) {
  if (reader_.message_left() == 0) co_return std::size_t{0};
  const std::size_t buffered = reader_.take_message(into);
  if (buffered > 0) co_return buffered;
  if (settings_.progress_wait > Duration::zero()) stream_.expires_after(settings_.progress_wait);
  if (into.size() > reader_.message_left())
    into = into.first(static_cast<std::size_t>(reader_.message_left()));
  auto count = co_await stream_.read_some(into);
  if (!count) co_return count;
  if (*count == 0) co_return fail(ErrorKind::closed, "the client left in the middle of a message");
  reader_.message_read_directly(*count);
  co_return count;
}

Task<Result<std::optional<imap::command::AppendItem>>> ImapServerIo::next_append() {
  std::string reason;
  while (true) {
    const Step step = reader_.next();
    if (step == Step::append_end) {
      const std::string_view rest = reader_.text();
      if (rest != (utf8_message_ ? ")" : ""))
        co_return fail(ErrorKind::invalid, "unexpected text after the message");
      co_return std::optional<imap::command::AppendItem>();
    }
    if (step == Step::append_more) {
      std::string_view text = reader_.text();
      if (utf8_message_ && text.starts_with(')')) text.remove_prefix(1);
      auto item = imap::parse_append_item(text);
      if (item) {
        begin_append(*item);
        co_return std::move(*item);
      }
      reason = item.error().text;
      const auto spec = imap::literal_suffix(text);
      reader_.refuse(item.error(), spec->size, spec->synchronising);
    } else if (step == Step::refused) {
      co_return fail(ErrorKind::invalid, reason.empty() ? reader_.error().text : reason);
    } else if (step == Step::message_data) {
      co_return fail(ErrorKind::internal, "a message of APPEND was not read to its end");
    } else {
      auto more = co_await fill(settings_.progress_wait);
      if (!more) co_return fail(std::move(more.error()));
      if (!*more) co_return fail(ErrorKind::closed, "the client left in the middle of APPEND");
    }
  }
}

Task<Result<void>> ImapServerIo::refuse_append(imap::CommandError error) {
  if (accepted_)
    reader_.refuse(std::move(error), reader_.message_left(), false);
  else
    reader_.refuse(std::move(error), announced_, awaited_);
  accepted_ = false;
  while (reader_.next() != Step::refused) {
    auto more = co_await fill(settings_.progress_wait);
    if (!more) co_return fail(std::move(more.error()));
    if (!*more) co_return fail(ErrorKind::closed, "the client left in the middle of APPEND");
  }
  put(reader_.error().to_string());
  co_return Result<void>();
}

Task<Result<ImapServerIo::Wakeup>> ImapServerIo::wait(Duration limit) {
  auto flushed = co_await flush();
  if (!flushed) co_return fail(std::move(flushed.error()));
  if (std::exchange(notified_, false)) co_return Wakeup::notified;
  if (reader_.has_rest()) co_return Wakeup::readable;
  reader_.release_memory();
  std::string().swap(out_);
  stream_.expires_after(limit);
  waiting_ = true;
  auto readable = co_await stream_.wait_readable();
  waiting_ = false;
  if (readable) co_return Wakeup::readable;
  if (readable.error().kind != ErrorKind::timed_out) co_return fail(std::move(readable.error()));
  if (settings_.progress_wait > Duration::zero())
    stream_.expires_after(settings_.progress_wait);
  else
    stream_.expires_never();
  if (std::exchange(notified_, false)) co_return Wakeup::notified;
  co_return Wakeup::timed_out;
}

void ImapServerIo::notify() {
  notified_ = true;
  if (waiting_) stream_.expires_after(Duration::zero());  // ends the wait at once
}

}  // namespace tandem::net
