// SEARCH, FETCH, STORE, COPY, MOVE, APPEND.
#include <cstdlib>

#include "lib/base/text.hpp"
#include "lib/protocol/imap/command_arguments.hpp"

namespace tandem::imap::arguments {
namespace {

constexpr std::size_t max_flags = 200;

bool partial_end(Decoder& in, std::int64_t& out) {
  const bool negative = in.try_byte('-');
  std::uint32_t value = 0;
  if (!in.expect_number(value, "range expected") || value == 0) return in.fail("range expected");
  out = negative ? -std::int64_t{value} : std::int64_t{value};
  return true;
}

bool search_return(Decoder& in, command::Search& out) {
  if (!in.expect_space() || !in.expect_byte('(', "return options expected")) return false;
  out.extended = true;
  while (!in.try_byte(')')) {
    std::string_view word;
    if (!in.expect_atom(word, "return option expected")) return false;
    if (iequals(word, "MIN"))
      out.returns |= command::return_min;
    else if (iequals(word, "MAX"))
      out.returns |= command::return_max;
    else if (iequals(word, "ALL"))
      out.returns |= command::return_all;
    else if (iequals(word, "COUNT"))
      out.returns |= command::return_count;
    else if (iequals(word, "SAVE"))
      out.returns |= command::return_save;
    else if (iequals(word, "PARTIAL")) {
      auto& [first, last] = out.partial.emplace();
      if (!in.expect_space() || !partial_end(in, first) || !in.expect_byte(':', "range expected") ||
          !partial_end(in, last))
        return false;
    } else
      return in.fail("unknown return option");
    in.try_byte(' ');
  }
  if (out.returns == 0 && !out.partial) out.returns = command::return_all;
  return in.expect_space();
}

// `name number`, in the parentheses of STORE and FETCH.
bool modifier_number(Decoder& in, std::optional<std::uint64_t>& out) {
  return in.expect_space() && in.expect_number64(out.emplace(), "MODSEQ expected");
}

bool fetch_modifiers(Decoder& in, command::Fetch& out) {
  if (!in.expect_byte('(', "modifiers expected")) return false;
  do {
    if (in.try_word("CHANGEDSINCE")) {
      if (!modifier_number(in, out.changed_since)) return false;
    } else if (in.try_word("VANISHED")) {
      out.vanished = true;
    } else {
      return in.fail("unknown modifier");
    }
  } while (in.try_byte(' '));
  // RFC 7162 3.2.6: only of UID FETCH and together with CHANGEDSINCE.
  if (out.vanished && (!out.uid || !out.changed_since)) return in.fail("VANISHED not allowed here");
  return in.expect_byte(')', "modifiers not closed");
}

bool store_action(Decoder& in, command::Store& out) {
  if (in.try_byte('+'))
    out.action = command::StoreAction::add;
  else if (in.try_byte('-'))
    out.action = command::StoreAction::remove;
  if (in.try_word("FLAGS.SILENT"))
    out.silent = true;
  else if (!in.try_word("FLAGS"))
    return in.fail("FLAGS expected");
  return in.expect_space();
}

}  // namespace

bool flags(Decoder& in, std::vector<std::string>& out) {
  std::vector<std::string_view> views;
  if (!in.expect_flag_list(views)) return false;
  if (views.size() > max_flags) return in.fail("too many flags");
  for (const std::string_view flag : views) {
    if (flag == "\\*") return in.fail("\\* is not a flag");
    out.push_back(canonical_flag(flag));
  }
  return true;
}

bool search(Decoder& in, command::Search& out) {
  if (!in.expect_space()) return false;
  if (in.try_word("RETURN") && !search_return(in, out)) return false;
  if (in.try_word("CHARSET")) {
    std::string_view charset;
    if (!in.expect_space() || !in.expect_astring(charset, "charset expected") || !in.expect_space())
      return false;
    out.charset = upper(charset);
  }
  return expect_search_keys(in, out.key);
}

bool fetch(Decoder& in, command::Fetch& out) {
  if (!in.expect_space() || !expect_sequence_set(in, out.set) || !in.expect_space() ||
      !expect_fetch_attributes(in, out.attributes))
    return false;
  if (out.uid) out.attributes.uid = true;  // RFC 9051 6.4.9
  return !in.try_byte(' ') || fetch_modifiers(in, out);
}

bool store(Decoder& in, command::Store& out) {
  if (!in.expect_space() || !expect_sequence_set(in, out.set) || !in.expect_space()) return false;
  if (in.try_byte('(')) {
    if (!in.try_word("UNCHANGEDSINCE")) return in.fail("unknown modifier");
    if (!modifier_number(in, out.unchanged_since) || !in.expect_byte(')', "modifier not closed") ||
        !in.expect_space())
      return false;
  }
  if (!store_action(in, out)) return false;
  if (in.peek() == '(') return flags(in, out.flags);
  do {
    std::string_view flag;
    if (!in.try_flag(flag) || flag == "\\*") return in.fail("flag expected");
    if (out.flags.size() == max_flags) return in.fail("too many flags");
    out.flags.push_back(canonical_flag(flag));
  } while (in.try_byte(' '));
  return true;
}

bool copy(Decoder& in, command::Copy& out, ParseOptions options) {
  return in.expect_space() && expect_sequence_set(in, out.set) && mailbox(in, out.mailbox, options);
}

bool append_item(Decoder& in, command::AppendItem& out) {
  if (!in.expect_space()) return false;
  if (in.peek() == '(') {
    if (!flags(in, out.flags) || !in.expect_space()) return false;
  }
  StringValue date;
  if (in.try_quoted(date)) {
    out.date = parse_date_time(date.bytes);
    if (!out.date) return in.fail("malformed date");
    if (!in.expect_space()) return false;
  }
  while (in.peek() != '{' && in.peek() != '~') {
    std::string_view name;
    if (!in.expect_atom(name, "message literal expected") || !in.expect_space()) return false;
    if (iequals(name, "UTF8") && in.try_byte('(')) {
      out.utf8 = true;
      break;
    }
    if (out.extensions.size() == 20) return in.fail("too many parameters");
    ExtensionItem& item = out.extensions.emplace_back();
    item.name = upper(name);
    std::string_view value;
    if (!in.skip_value(value) || !in.expect_space()) return false;
    item.value = value;
  }
  const auto spec = literal_suffix(in.rest());
  if (!spec || spec->brace != 0) return in.fail("message literal expected");
  in.move_to(in.position() + in.rest().size());
  out.size = spec->size;
  out.synchronising = spec->synchronising;
  out.binary = spec->binary;
  return true;
}

}  // namespace tandem::imap::arguments
