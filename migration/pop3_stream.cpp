// Pop3Stream: the bytes, and the commands that need no message.
#include "migration/pop3_stream.hpp"

#include <algorithm>
#include <fmt/format.h>

#include "lib/protocol/imap/decoder.hpp"
#include "lib/protocol/imap/parse_command.hpp"

namespace tandem::migration {
namespace {

using Reading = imap::CommandReader::Step;
namespace asked = imap::command;

constexpr std::string_view capabilities = "IMAP4rev1 NAMESPACE";
constexpr std::string_view inbox_name = "INBOX";
constexpr std::string_view is_pop3 = "this mailbox is read by POP3";

std::unexpected<Error> no_more() {
  return fail(ErrorKind::closed, "the POP3 session is over");
}

}  // namespace

Pop3Stream::Pop3Stream(Pop3Inbox inbox) : inbox_(std::move(inbox)) {
  info_.tls = true;  // nothing of it leaves the process
  greet();
}

void Pop3Stream::greet() {
  out_ = fmt::format("* OK [CAPABILITY {}] {}\r\n", capabilities, is_pop3);
}

Task<Result<void>> Pop3Stream::write(std::string_view bytes) {
  if (!open_) co_return no_more();
  reader_.feed(bytes);
  co_return Result<void>{};
}

Task<Result<std::size_t>> Pop3Stream::read_some(std::span<char> into) {
  while (sent_ == out_.size()) {
    if (goodbye_) co_return std::size_t{0};
    if (!open_) co_return no_more();
    out_.clear();
    sent_ = 0;
    const auto done = co_await step();
    if (!done) {
      close();
      co_return fail(done.error());
    }
  }
  const std::size_t count = std::min(into.size(), out_.size() - sent_);
  std::ranges::copy(std::string_view(out_).substr(sent_, count), into.begin());
  sent_ += count;
  co_return count;
}

// Nothing comes unasked.
Task<Result<void>> Pop3Stream::wait_readable() {
  if (has_input()) co_return Result<void>{};
  co_return fail(ErrorKind::timed_out, "a POP3 server tells nothing by itself");
}

Task<Result<void>> Pop3Stream::start_tls(std::shared_ptr<const net::TlsServer>) {
  co_return fail(ErrorKind::tls, "there is nothing to encrypt");
}
Task<Result<void>> Pop3Stream::start_tls(std::shared_ptr<const net::TlsClient>) {
  co_return fail(ErrorKind::tls, "there is nothing to encrypt");
}

Task<Result<void>> Pop3Stream::shutdown_send() {
  co_return Result<void>{};
}

void Pop3Stream::close() {
  open_ = false;
  inbox_.close();
}

Task<Result<void>> Pop3Stream::step() {
  if (passing_) co_return pass_on();
  if (fetching_) co_return co_await next_of_fetch();
  co_return co_await command();
}

// The next command that is complete. A client that waits for more than it asked for would wait for
// ever.
Task<Result<void>> Pop3Stream::command() {
  switch (reader_.next()) {
    case Reading::command: {
      auto parsed = imap::parse_command(reader_.text());
      if (parsed) co_return co_await carry_out(std::move(*parsed));
      out_ += parsed.error().to_string();
      break;
    }
    case Reading::append: {
      imap::CommandError error;
      error.tag = imap::command_head(reader_.text()).tag;
      error.text = "This mailbox is read by POP3: nothing can be put there";
      error.code = "CANNOT";
      error.no = true;
      const auto literal = imap::literal_suffix(reader_.text());
      reader_.refuse(std::move(error), literal->size, literal->synchronising);
      break;
    }
    case Reading::continue_literal: out_ += "+ OK\r\n"; break;
    case Reading::refused: out_ += reader_.error().to_string(); break;
    case Reading::need_input: co_return fail(ErrorKind::internal, "an answer to no IMAP command");
    default: co_return fail(ErrorKind::internal, "an IMAP command that is no command");
  }
  co_return Result<void>{};
}

void Pop3Stream::answer(std::string_view tag, std::string_view text) {
  out_ += fmt::format("{} {}\r\n", tag, text);
}

Task<Result<void>> Pop3Stream::carry_out(imap::Command one) {
  if (std::holds_alternative<asked::Capability>(one.body)) {
    out_ += fmt::format("* CAPABILITY {}\r\n", capabilities);
    answer(one.tag, "OK done");
  } else if (std::holds_alternative<asked::Noop>(one.body) ||
             std::holds_alternative<asked::Check>(one.body)) {
    answer(one.tag, "OK done");
  } else if (std::holds_alternative<asked::Close>(one.body) ||
             std::holds_alternative<asked::Unselect>(one.body)) {
    selected_ = false;
    answer(one.tag, "OK done");
  } else if (std::holds_alternative<asked::Namespace>(one.body)) {
    out_ += "* NAMESPACE ((\"\" NIL)) NIL NIL\r\n";
    answer(one.tag, "OK done");
  } else if (std::holds_alternative<asked::Logout>(one.body)) {
    co_await inbox_.quit();
    out_ += "* BYE the session is over\r\n";
    answer(one.tag, "OK done");
    goodbye_ = true;
  } else if (const auto* listing = std::get_if<asked::List>(&one.body)) {
    list(one.tag, *listing);
  } else if (const auto* counted = std::get_if<asked::Status>(&one.body)) {
    status(one.tag, *counted);
  } else if (const auto* opened = std::get_if<asked::Select>(&one.body)) {
    select(one.tag, *opened);
  } else if (const auto* wanted = std::get_if<asked::Search>(&one.body)) {
    co_return co_await search(one.tag, *wanted);
  } else if (auto* messages = std::get_if<asked::Fetch>(&one.body)) {
    fetch(std::move(one.tag), std::move(*messages));
  } else {
    answer(one.tag, fmt::format("NO [CANNOT] {}", is_pop3));
  }
  co_return Result<void>{};
}

// Nobody is subscribed to anything: an INBOX is shown by every mail program.
void Pop3Stream::list(const std::string& tag, const asked::List& list) {
  const bool meant = std::ranges::any_of(list.patterns, [](const std::string& pattern) {
    return pattern == "*" || pattern == "%" || pattern == inbox_name;
  });
  if (meant && !list.lsub && !list.select_subscribed && !list.select_special_use)
    out_ += fmt::format("* LIST (\\HasNoChildren) NIL {}\r\n", inbox_name);
  answer(tag, "OK done");
}

void Pop3Stream::status(const std::string& tag, const asked::Status& status) {
  if (status.mailbox != inbox_name) return answer(tag, "NO [NONEXISTENT] there is only INBOX");
  std::string items;
  const auto put = [&](imap::StatusItem item, std::string_view name, std::uint64_t value) {
    if ((status.items & item) != 0)
      items += fmt::format("{}{} {}", items.empty() ? "" : " ", name, value);
  };
  put(imap::status_messages, "MESSAGES", inbox_.messages().size());
  put(imap::status_recent, "RECENT", 0);
  put(imap::status_uid_next, "UIDNEXT", inbox_.next());
  put(imap::status_uid_validity, "UIDVALIDITY", inbox_.validity());
  put(imap::status_unseen, "UNSEEN", inbox_.messages().size());
  out_ += fmt::format("* STATUS {} ({})\r\n", inbox_name, items);
  answer(tag, "OK done");
}

void Pop3Stream::select(const std::string& tag, const asked::Select& select) {
  selected_ = select.mailbox == inbox_name;
  if (!selected_) return answer(tag, "NO [NONEXISTENT] there is only INBOX");
  out_ += fmt::format(
      "* FLAGS ()\r\n* {} EXISTS\r\n* 0 RECENT\r\n* OK [PERMANENTFLAGS ()] none\r\n"
      "* OK [UIDVALIDITY {}] UIDs last\r\n* OK [UIDNEXT {}] the next\r\n",
      inbox_.messages().size(), inbox_.validity(), inbox_.next());
  answer(tag, "OK [READ-ONLY] to be read");
}

}  // namespace tandem::migration
