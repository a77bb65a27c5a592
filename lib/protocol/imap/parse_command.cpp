#include "lib/protocol/imap/parse_command.hpp"

#include <array>

#include "lib/base/text.hpp"
#include "lib/protocol/imap/command_arguments.hpp"

namespace tandem::imap {
namespace {

using Parse = bool (*)(Decoder& in, CommandBody& out, ParseOptions options);

// Commands without arguments.
template <class T>
bool bare(Decoder&, CommandBody& out, ParseOptions) {
  out = T{};
  return true;
}

// Commands whose arguments one function reads, with and without names of mailboxes among them.
template <class T, bool (*Read)(Decoder&, T&)>
bool plain(Decoder& in, CommandBody& out, ParseOptions) {
  return Read(in, out.emplace<T>());
}
template <class T, bool (*Read)(Decoder&, T&, ParseOptions)>
bool named(Decoder& in, CommandBody& out, ParseOptions options) {
  return Read(in, out.emplace<T>(), options);
}

bool examine(Decoder& in, CommandBody& out, ParseOptions options) {
  auto& select = out.emplace<command::Select>();
  select.read_only = true;
  return arguments::select(in, select, options);
}
bool lsub(Decoder& in, CommandBody& out, ParseOptions options) {
  auto& list = out.emplace<command::List>();
  list.lsub = true;
  return arguments::list(in, list, options);
}
bool erase(Decoder& in, CommandBody& out, ParseOptions options) {
  return arguments::mailbox(in, out.emplace<command::Delete>().mailbox, options);
}
template <bool Subscribe>
bool subscription(Decoder& in, CommandBody& out, ParseOptions options) {
  auto& subscribe = out.emplace<command::Subscribe>();
  subscribe.subscribe = Subscribe;
  return arguments::mailbox(in, subscribe.mailbox, options);
}
template <bool Uid>
bool search(Decoder& in, CommandBody& out, ParseOptions) {
  auto& search = out.emplace<command::Search>();
  search.uid = Uid;
  return arguments::search(in, search);
}
template <bool Uid>
bool fetch(Decoder& in, CommandBody& out, ParseOptions) {
  auto& fetch = out.emplace<command::Fetch>();
  fetch.uid = Uid;
  return arguments::fetch(in, fetch);
}
template <bool Uid>
bool store(Decoder& in, CommandBody& out, ParseOptions) {
  auto& store = out.emplace<command::Store>();
  store.uid = Uid;
  return arguments::store(in, store);
}
template <bool Uid, bool Move>
bool copy(Decoder& in, CommandBody& out, ParseOptions options) {
  auto& copy = out.emplace<command::Copy>();
  copy.uid = Uid;
  copy.move = Move;
  return arguments::copy(in, copy, options);
}
bool uid_expunge(Decoder& in, CommandBody& out, ParseOptions) {
  auto& expunge = out.emplace<command::Expunge>();
  return in.expect_space() && expect_sequence_set(in, expunge.uids.emplace());
}
// An APPEND that arrives here had no message: CommandReader would have stopped at its literal.
bool append(Decoder& in, CommandBody&, ParseOptions) {
  return in.fail("message literal expected");
}

struct Row {
  std::string_view word;
  Parse parse;
};

constexpr std::array<Row, 36> commands = {{
    {"APPEND", append},
    {"AUTHENTICATE", plain<command::Authenticate, arguments::authenticate>},
    {"CAPABILITY", bare<command::Capability>},
    {"CHECK", bare<command::Check>},
    {"CLOSE", bare<command::Close>},
    {"COPY", copy<false, false>},
    {"CREATE", named<command::Create, arguments::create>},
    {"DELETE", erase},
    {"ENABLE", plain<command::Enable, arguments::enable>},
    {"EXAMINE", examine},
    {"EXPUNGE", bare<command::Expunge>},
    {"FETCH", fetch<false>},
    {"ID", plain<command::Id, arguments::id>},
    {"IDLE", bare<command::Idle>},
    {"LIST", named<command::List, arguments::list>},
    {"LOGIN", plain<command::Login, arguments::login>},
    {"LOGOUT", bare<command::Logout>},
    {"LSUB", lsub},
    {"MOVE", copy<false, true>},
    {"NAMESPACE", bare<command::Namespace>},
    {"NOOP", bare<command::Noop>},
    {"RENAME", named<command::Rename, arguments::rename>},
    {"SEARCH", search<false>},
    {"SELECT", named<command::Select, arguments::select>},
    {"STARTTLS", bare<command::StartTls>},
    {"STATUS", named<command::Status, arguments::status>},
    {"STORE", store<false>},
    {"SUBSCRIBE", subscription<true>},
    {"UID COPY", copy<true, false>},
    {"UID EXPUNGE", uid_expunge},
    {"UID FETCH", fetch<true>},
    {"UID MOVE", copy<true, true>},
    {"UID SEARCH", search<true>},
    {"UID STORE", store<true>},
    {"UNSELECT", bare<command::Unselect>},
    {"UNSUBSCRIBE", subscription<false>},
}};

CommandError error(std::string_view tag, std::string_view text) {
  CommandError error;
  if (!tag.empty()) error.tag = tag;
  error.text = text;
  return error;
}

}  // namespace

std::string CommandError::to_string() const {
  return tag + (no ? " NO " : " BAD ") + (code.empty() ? "" : "[" + code + "] ") + text + "\r\n";
}

CommandHead command_head(std::string_view text) {
  constexpr std::size_t longest_tag = 100;
  CommandHead head;
  Decoder in(text);
  if (!in.try_tag(head.tag) || head.tag.size() > longest_tag || !in.try_byte(' ')) {
    if (!in.at_end() || head.tag.size() > longest_tag) head.tag = {};
    return head;
  }
  const std::size_t start = in.position();
  if (!in.try_atom(head.word)) return head;
  if (!iequals(head.word, "UID")) return head;
  std::string_view second;
  if (in.try_byte(' ') && in.try_atom(second)) head.word = in.since(start);
  return head;
}

std::expected<Command, CommandError> parse_command(std::string_view text, ParseOptions options) {
  const CommandHead head = command_head(text);
  if (head.tag.empty()) return std::unexpected(error("", "Tag missing"));
  if (head.word.empty()) return std::unexpected(error(head.tag, "Command missing"));
  for (const Row& row : commands) {
    if (!iequals(row.word, head.word)) continue;
    Command command{std::string(head.tag), {}};
    Decoder in(text);
    in.move_to(static_cast<std::size_t>(head.word.data() - text.data()) + head.word.size());
    if (!row.parse(in, command.body, options) || !in.expect_end())
      return std::unexpected(error(head.tag, in.failure()));
    return command;
  }
  CommandError unknown = error(head.tag, "Unknown command");
  unknown.unknown = true;
  return std::unexpected(unknown);
}

AppendPoint append_point(std::string_view text) {
  const CommandHead head = command_head(text);
  if (!iequals(head.word, "APPEND")) return AppendPoint::not_append;
  return parse_append(text, {.utf8 = true}) ? AppendPoint::message : AppendPoint::inline_literal;
}

std::expected<Command, CommandError> parse_append(std::string_view text, ParseOptions options) {
  const CommandHead head = command_head(text);
  Command command{std::string(head.tag), {}};
  auto& append = command.body.emplace<command::Append>();
  Decoder in(text);
  in.move_to(static_cast<std::size_t>(head.word.data() - text.data()) + head.word.size());
  if (!arguments::mailbox(in, append.mailbox, options) || !arguments::append_item(in, append.first))
    return std::unexpected(error(head.tag, in.failure()));
  return command;
}

std::expected<command::AppendItem, CommandError> parse_append_item(std::string_view text) {
  command::AppendItem item;
  Decoder in(text);
  if (!arguments::append_item(in, item)) return std::unexpected(error("", in.failure()));
  return item;
}

}  // namespace tandem::imap
