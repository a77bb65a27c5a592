// SELECT, EXAMINE, CREATE, RENAME, LIST, LSUB, STATUS.
#include <array>

#include "lib/base/text.hpp"
#include "lib/protocol/imap/command_arguments.hpp"
#include "lib/protocol/imap/mailbox_name.hpp"

namespace tandem::imap::arguments {
namespace {

struct StatusRow {
  std::string_view word;
  StatusItem item;
};
constexpr std::array<StatusRow, 10> status_rows = {{
    {"MESSAGES", status_messages},
    {"RECENT", status_recent},
    {"UIDNEXT", status_uid_next},
    {"UIDVALIDITY", status_uid_validity},
    {"UNSEEN", status_unseen},
    {"HIGHESTMODSEQ", status_highest_modseq},
    {"SIZE", status_size},
    {"DELETED", status_deleted},
    {"APPENDLIMIT", status_append_limit},
    {"MAILBOXID", status_mailbox_id},
}};

bool resync(Decoder& in, command::Resync& out) {
  std::uint64_t validity = 0;
  if (!in.expect_space() || !in.expect_byte('(', "QRESYNC arguments expected") ||
      !in.expect_number64(validity, "UIDVALIDITY expected") || !in.expect_space() ||
      !in.expect_number64(out.modseq, "MODSEQ expected"))
    return false;
  if (validity == 0 || validity > UINT32_MAX) return in.fail("UIDVALIDITY expected");
  out.uid_validity = static_cast<std::uint32_t>(validity);
  if (in.try_byte(' ') && in.peek() != '(') {
    if (!expect_sequence_set(in, out.known_uids.emplace())) return false;
    in.try_byte(' ');
  }
  if (in.try_byte('(')) {
    if (!expect_sequence_set(in, out.match_sequence.emplace()) || !in.expect_space() ||
        !expect_sequence_set(in, out.match_uids.emplace()) ||
        !in.expect_byte(')', "match data not closed"))
      return false;
  }
  return in.expect_byte(')', "QRESYNC not closed");
}

bool pattern(Decoder& in, std::string& out, ParseOptions options) {
  std::string_view wire;
  StringValue value;
  if (!in.try_list_atom(wire)) {
    if (!in.expect_string(value, "mailbox pattern expected")) return false;
    wire = value.bytes;
  }
  const auto name = iequals(wire, "INBOX") ? std::optional<std::string>(wire)
                                           : mailbox_from_wire(wire, options.utf8);
  if (!name) return in.fail("malformed mailbox pattern");
  out = *name;
  return true;
}

bool selection_options(Decoder& in, command::List& out) {
  out.extended = true;
  while (!in.try_byte(')')) {
    std::string_view word;
    in.try_spaces();
    if (!in.expect_atom(word, "selection option expected")) return false;
    if (iequals(word, "SUBSCRIBED"))
      out.select_subscribed = true;
    else if (iequals(word, "REMOTE"))
      out.select_remote = true;
    else if (iequals(word, "RECURSIVEMATCH"))
      out.select_recursive_match = true;
    else if (iequals(word, "SPECIAL-USE"))
      out.select_special_use = true;
    else
      return in.fail("unknown selection option");
    in.try_spaces();
  }
  // RFC 5258 3.1: RECURSIVEMATCH needs an option that it can apply to.
  if (out.select_recursive_match && !out.select_subscribed && !out.select_special_use)
    return in.fail("RECURSIVEMATCH alone");
  return in.expect_space();
}

bool return_options(Decoder& in, command::List& out) {
  out.extended = true;
  if (!in.expect_space() || !in.expect_byte('(', "return options expected")) return false;
  while (!in.try_byte(')')) {
    std::string_view word;
    in.try_spaces();
    if (!in.expect_atom(word, "return option expected")) return false;
    if (iequals(word, "SUBSCRIBED"))
      out.return_subscribed = true;
    else if (iequals(word, "CHILDREN"))
      out.return_children = true;
    else if (iequals(word, "SPECIAL-USE"))
      out.return_special_use = true;
    else if (iequals(word, "STATUS")) {
      if (!in.expect_space() || !status_items(in, out.return_status)) return false;
    } else
      return in.fail("unknown return option");
    in.try_spaces();
  }
  return true;
}

bool patterns(Decoder& in, command::List& out, ParseOptions options) {
  constexpr std::size_t max_patterns = 100;
  if (!in.try_byte('(')) return pattern(in, out.patterns.emplace_back(), options);
  out.extended = true;
  do {
    if (out.patterns.size() == max_patterns) return in.fail("too many patterns");
    if (!pattern(in, out.patterns.emplace_back(), options)) return false;
  } while (in.try_byte(' '));
  return in.expect_byte(')', "patterns not closed");
}

}  // namespace

bool mailbox(Decoder& in, std::string& out, ParseOptions options) {
  std::string_view wire;
  if (!in.expect_space() || !in.expect_astring(wire, "mailbox expected")) return false;
  const auto name = mailbox_from_wire(wire, options.utf8);
  if (!name) return in.fail("malformed mailbox name");
  out = *name;
  return true;
}

bool status_items(Decoder& in, StatusItems& out) {
  if (!in.expect_byte('(', "status items expected")) return false;
  do {
    std::string_view word;
    if (!in.expect_atom(word, "status item expected")) return false;
    StatusItems item = 0;
    for (const StatusRow& row : status_rows)
      if (iequals(row.word, word)) item = row.item;
    if (item == 0) return in.fail("unknown status item");
    out |= item;
  } while (in.try_byte(' '));
  return in.expect_byte(')', "status items not closed");
}

bool extension_items(Decoder& in, std::vector<ExtensionItem>& out) {
  constexpr std::size_t max_items = 50;
  while (in.peek() != ')' && !in.at_end()) {
    std::string_view name;
    if (out.size() == max_items) return in.fail("too many parameters");
    if (!in.expect_atom(name, "parameter expected")) return false;
    ExtensionItem& item = out.emplace_back();
    item.name = upper(name);
    if (!in.try_byte(' ')) break;
    const char next = in.peek();
    // A value is a list, a string or a number; a word is the next parameter's name.
    if (next != '(' && next != '"' && next != '{' && !(next >= '0' && next <= '9')) continue;
    std::string_view value;
    if (!in.skip_value(value)) return false;
    item.value = value;
    if (!in.try_byte(' ')) break;
  }
  return true;
}

bool select(Decoder& in, command::Select& out, ParseOptions options) {
  if (!mailbox(in, out.mailbox, options)) return false;
  if (!in.try_byte(' ')) return true;
  if (!in.expect_byte('(', "parameters expected")) return false;
  do {
    if (in.try_word("CONDSTORE"))
      out.condstore = true;
    else if (!in.try_word("QRESYNC"))
      return in.fail("unknown parameter");
    else if (!resync(in, out.resync.emplace()))
      return false;
  } while (in.try_byte(' '));
  return in.expect_byte(')', "parameters not closed");
}

bool create(Decoder& in, command::Create& out, ParseOptions options) {
  if (!mailbox(in, out.mailbox, options)) return false;
  if (!in.try_byte(' ')) return true;
  if (!in.expect_byte('(', "parameters expected")) return false;
  if (in.try_word("USE")) {
    if (!in.expect_space() || !flags(in, out.special_use)) return false;
    in.try_byte(' ');
  }
  return extension_items(in, out.extensions) && in.expect_byte(')', "parameters not closed");
}

bool rename(Decoder& in, command::Rename& out, ParseOptions options) {
  return mailbox(in, out.from, options) && mailbox(in, out.to, options);
}

bool list(Decoder& in, command::List& out, ParseOptions options) {
  if (!in.expect_space()) return false;
  if (!out.lsub && in.try_byte('(') && !selection_options(in, out)) return false;
  std::string_view wire;
  if (!in.expect_astring(wire, "reference expected") || !in.expect_space()) return false;
  const auto reference = mailbox_from_wire(wire, options.utf8);
  if (!reference) return in.fail("malformed reference");
  out.reference = *reference;
  if (out.lsub) return pattern(in, out.patterns.emplace_back(), options);
  if (!patterns(in, out, options)) return false;
  if (!in.try_byte(' ')) return true;
  return in.try_word("RETURN") ? return_options(in, out) : in.fail("RETURN expected");
}

bool status(Decoder& in, command::Status& out, ParseOptions options) {
  return mailbox(in, out.mailbox, options) && in.expect_space() && status_items(in, out.items);
}

}  // namespace tandem::imap::arguments
