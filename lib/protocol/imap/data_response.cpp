#include "lib/protocol/imap/data_response.hpp"

#include <array>

#include "lib/base/text.hpp"
#include "lib/protocol/imap/mailbox_name.hpp"

namespace tandem::imap {
namespace {

using namespace response;

void words(Decoder& in, std::vector<std::string>& out) {
  for (const std::string_view word : split(in.rest(), ' '))
    if (!word.empty()) out.push_back(upper(word));
}

bool mailbox(Decoder& in, bool utf8, std::string& wire, std::string& name) {
  std::string_view view;
  if (!in.expect_astring(view, "mailbox expected")) return false;
  wire = view;
  name = mailbox_from_wire(view, utf8).value_or(wire);
  return true;
}

bool delimiter(Decoder& in, char& out) {
  StringValue value;
  if (!in.try_nstring(value)) return in.fail("delimiter expected");
  if (value.bytes.size() > 1) return in.fail("delimiter too long");
  out = value.bytes.empty() ? '\0' : value.bytes[0];
  return true;
}

bool capability(Decoder& in, bool, Response& out) {
  words(in, out.emplace<Capability>().words);
  return true;
}
bool enabled(Decoder& in, bool, Response& out) {
  words(in, out.emplace<Enabled>().words);
  return true;
}
bool flags(Decoder& in, bool, Response& out) {
  std::vector<std::string_view> views;
  if (!in.expect_flag_list(views)) return false;
  auto& flags = out.emplace<Flags>().flags;
  for (const std::string_view flag : views) flags.push_back(canonical_flag(flag));
  return true;
}

// RFC 5258 3.5 and RFC 9051 7.3.1: `("CHILDINFO" ("SUBSCRIBED") "OLDNAME" ("x"))`.
bool list_extensions(Decoder& in, bool utf8, List& out) {
  if (!in.expect_byte('(', "extended data expected")) return false;
  while (!in.try_byte(')')) {
    std::string_view name;
    std::string_view value;
    if (!in.expect_astring(name, "extended item expected") || !in.expect_space()) return false;
    const std::size_t start = in.position();
    if (!in.skip_value(value)) return false;
    const std::size_t end = in.position();
    in.move_to(start);
    in.try_byte('(');
    std::string_view word;
    if (iequals(name, "CHILDINFO")) {
      while (in.try_astring(word) && in.try_spaces()) out.child_info.push_back(upper(word));
      if (!word.empty()) out.child_info.push_back(upper(word));
    } else if (iequals(name, "OLDNAME") && in.try_astring(word)) {
      out.old_name = mailbox_from_wire(word, utf8).value_or(std::string(word));
    }
    in.move_to(end);
    in.try_spaces();
  }
  return true;
}

bool list_data(Decoder& in, bool utf8, List& out) {
  std::vector<std::string_view> attributes;
  if (!in.expect_flag_list(attributes) || !in.try_spaces() || !delimiter(in, out.delimiter) ||
      !in.try_spaces())
    return false;
  out.attributes.assign(attributes.begin(), attributes.end());
  const std::size_t start = in.position();
  if (mailbox(in, utf8, out.wire_name, out.name)) {
    in.try_spaces();
    if (in.at_end()) return true;
    if (in.peek() == '(' && list_extensions(in, utf8, out)) return true;
  }
  // A bare name with spaces or brackets in it: the rest of the line is the name.
  in.move_to(start);
  if (in.failed() && in.peek() == '"') return false;
  out.wire_name = in.rest();
  out.name = mailbox_from_wire(out.wire_name, utf8).value_or(out.wire_name);
  return !out.wire_name.empty();
}
bool list(Decoder& in, bool utf8, Response& out) {
  return list_data(in, utf8, out.emplace<List>());
}
bool lsub(Decoder& in, bool utf8, Response& out) {
  List& list = out.emplace<List>();
  list.lsub = true;
  return list_data(in, utf8, list);
}

struct StatusRow {
  std::string_view word;
  StatusItem item;
  std::uint64_t MailboxStatus::* number;
};
constexpr std::array<StatusRow, 8> status_rows = {{
    {"MESSAGES", status_messages, &MailboxStatus::messages},
    {"RECENT", status_recent, &MailboxStatus::recent},
    {"UIDNEXT", status_uid_next, &MailboxStatus::uid_next},
    {"UIDVALIDITY", status_uid_validity, &MailboxStatus::uid_validity},
    {"UNSEEN", status_unseen, &MailboxStatus::unseen},
    {"HIGHESTMODSEQ", status_highest_modseq, &MailboxStatus::highest_modseq},
    {"SIZE", status_size, &MailboxStatus::size},
    {"DELETED", status_deleted, &MailboxStatus::deleted},
}};

bool status_item(Decoder& in, MailboxStatus& out) {
  std::string_view name;
  std::string_view value;
  if (!in.expect_atom(name, "status item expected") || !in.try_spaces()) return false;
  for (const StatusRow& row : status_rows) {
    if (!iequals(row.word, name)) continue;
    out.items |= row.item;
    return in.try_number64(out.*row.number);
  }
  if (!in.skip_value(value)) return false;
  if (iequals(name, "APPENDLIMIT")) {
    out.items |= status_append_limit;
    out.append_limit = parse_number(value);
  } else if (iequals(name, "MAILBOXID") && value.size() > 2) {
    out.items |= status_mailbox_id;
    out.mailbox_id = value.substr(1, value.size() - 2);
  }
  return true;
}

bool status(Decoder& in, bool utf8, Response& out) {
  auto& status = out.emplace<MailboxStatus>();
  if (!mailbox(in, utf8, status.wire_name, status.name) || !in.try_spaces() || !in.try_byte('('))
    return false;
  in.try_spaces();
  while (!in.try_byte(')')) {
    if (!status_item(in, status)) return false;
    in.try_spaces();
  }
  return true;
}

bool search(Decoder& in, bool, Response& out) {
  auto& search = out.emplace<Search>();
  std::uint32_t number = 0;
  while (in.try_number(number)) {
    search.numbers.push_back(number);
    in.try_spaces();
  }
  if (in.try_byte('('))
    return in.try_word("MODSEQ") && in.try_spaces() && in.try_number64(search.modseq);
  return in.at_end();
}

bool esearch_number(Decoder& in, std::optional<std::uint32_t>& out) {
  return in.try_number(out.emplace());
}

bool esearch_item(Decoder& in, Esearch& out) {
  std::string_view name;
  std::string_view value;
  if (!in.try_atom(name) || !in.try_spaces()) return false;
  if (iequals(name, "MIN")) return esearch_number(in, out.min);
  if (iequals(name, "MAX")) return esearch_number(in, out.max);
  if (iequals(name, "COUNT")) return esearch_number(in, out.count);
  if (iequals(name, "MODSEQ")) return in.try_number64(out.modseq);
  if (iequals(name, "ALL")) return expect_sequence_set(in, out.all.emplace());
  if (iequals(name, "PARTIAL")) {  // RFC 9394 3.1: `(range results)`
    std::string_view range;
    if (!in.try_byte('(') || !in.try_list_atom(range) || !in.try_spaces()) return false;
    if (!in.try_word("NIL") && !expect_sequence_set(in, out.all.emplace())) return false;
    return in.try_byte(')');
  }
  return in.skip_value(value);
}

bool esearch(Decoder& in, bool, Response& out) {
  auto& esearch = out.emplace<Esearch>();
  if (in.try_byte('(')) {
    std::string_view tag;
    if (!in.try_word("TAG") || !in.try_spaces() || !in.try_astring(tag) || !in.try_byte(')'))
      return false;
    esearch.tag = tag;
    in.try_spaces();
  }
  if (in.try_word("UID")) {
    esearch.uid = true;
    in.try_spaces();
  }
  while (!in.at_end()) {
    if (!esearch_item(in, esearch)) return false;
    in.try_spaces();
  }
  return true;
}

bool namespace_entries(Decoder& in, bool utf8, std::vector<NamespaceEntry>& out) {
  in.try_spaces();
  if (in.try_word("NIL")) return true;
  if (!in.try_byte('(')) return false;
  while (!in.try_byte(')')) {
    NamespaceEntry& entry = out.emplace_back();
    std::string wire;
    if (!in.try_byte('(') || !mailbox(in, utf8, wire, entry.prefix) || !in.try_spaces() ||
        !delimiter(in, entry.delimiter))
      return false;
    while (in.try_spaces()) {  // extensions
      std::string_view ignored;
      if (!in.skip_value(ignored)) return false;
    }
    if (!in.try_byte(')')) return false;
    in.try_spaces();
  }
  return true;
}

bool namespaces(Decoder& in, bool utf8, Response& out) {
  auto& all = out.emplace<response::Namespace>();
  return namespace_entries(in, utf8, all.personal) &&
         namespace_entries(in, utf8, all.other_users) && namespace_entries(in, utf8, all.shared);
}

bool vanished(Decoder& in, bool, Response& out) {
  auto& vanished = out.emplace<Vanished>();
  if (in.try_word("(EARLIER)")) {
    vanished.earlier = true;
    in.try_spaces();
  }
  return expect_sequence_set(in, vanished.uids);
}

bool id(Decoder& in, bool, Response& out) {
  auto& fields = out.emplace<response::Id>().fields;
  if (in.try_word("NIL")) return true;
  if (!in.try_byte('(')) return false;
  while (!in.try_byte(')')) {
    StringValue name;
    StringValue value;
    in.try_spaces();
    if (!in.try_string(name) || !in.try_spaces() || !in.try_nstring(value)) return false;
    in.try_spaces();
    fields.emplace_back(std::string(name.bytes), std::string(value.bytes));
  }
  return true;
}

bool quota(Decoder& in, bool, Response& out) {
  auto& quota = out.emplace<Quota>();
  std::string_view root;
  if (!in.try_astring(root) || !in.try_spaces() || !in.try_byte('(')) return false;
  quota.root = root;
  while (!in.try_byte(')')) {
    std::string_view name;
    QuotaResource& resource = quota.resources.emplace_back();
    if (!in.try_atom(name) || !in.try_spaces() || !in.try_number64(resource.usage) ||
        !in.try_spaces() || !in.try_number64(resource.limit))
      return false;
    resource.name = upper(name);
    in.try_spaces();
  }
  return true;
}

bool quota_root(Decoder& in, bool utf8, Response& out) {
  auto& roots = out.emplace<QuotaRoot>();
  std::string wire;
  if (!mailbox(in, utf8, wire, roots.mailbox)) return false;
  while (in.try_spaces() && !in.at_end()) {
    std::string_view root;
    if (!in.try_astring(root)) return false;
    roots.roots.emplace_back(root);
  }
  return true;
}

constexpr std::size_t most_acl_entries = 500;
constexpr std::size_t longest_identifier = 512;
constexpr std::size_t most_rights = 64;

// RFC 4314 3.6
bool acl(Decoder& in, bool utf8, Response& out) {
  auto& acl = out.emplace<Acl>();
  if (!mailbox(in, utf8, acl.wire_name, acl.name)) return false;
  while (in.try_spaces() && !in.at_end()) {
    std::string_view identifier;
    std::string_view rights;
    if (!in.try_astring(identifier) || !in.try_spaces() || !in.try_astring(rights)) return false;
    const bool fits = identifier.size() <= longest_identifier && rights.size() <= most_rights;
    if (fits && acl.entries.size() < most_acl_entries)
      acl.entries.push_back({std::string(identifier), std::string(rights)});
    else
      ++acl.more;
  }
  return in.at_end();
}

// RFC 4314 3.8
bool my_rights(Decoder& in, bool utf8, Response& out) {
  auto& mine = out.emplace<MyRights>();
  std::string_view rights;
  if (!mailbox(in, utf8, mine.wire_name, mine.name) || !in.try_spaces() || !in.try_astring(rights))
    return false;
  mine.rights = rights;
  return true;
}

struct Row {
  std::string_view word;
  bool (*read)(Decoder&, bool utf8, Response&);
};
constexpr std::array<Row, 15> rows = {{
    {"ACL", acl},
    {"CAPABILITY", capability},
    {"ENABLED", enabled},
    {"ESEARCH", esearch},
    {"FLAGS", flags},
    {"ID", id},
    {"LIST", list},
    {"LSUB", lsub},
    {"MYRIGHTS", my_rights},
    {"NAMESPACE", namespaces},
    {"QUOTA", quota},
    {"QUOTAROOT", quota_root},
    {"SEARCH", search},
    {"STATUS", status},
    {"VANISHED", vanished},
}};

}  // namespace

bool try_data(Decoder& in, bool utf8, Response& out) {
  for (const Row& row : rows) {
    if (!in.try_word(row.word)) continue;
    in.try_spaces();
    return row.read(in, utf8, out);
  }
  return false;
}

}  // namespace tandem::imap
