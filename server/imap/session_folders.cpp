// LIST and LSUB (RFC 5258, 5819, 6154), STATUS, CREATE, DELETE, RENAME, SUBSCRIBE, UNSUBSCRIBE.
#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <set>

#include "lib/base/text.hpp"
#include "lib/protocol/imap/write.hpp"
#include "server/imap/list_pattern.hpp"
#include "server/imap/session.hpp"
#include "server/mailbox/folder_name.hpp"

namespace tandem::server {
namespace {

// One name that LIST may show.
struct Entry {
  const Box* box = nullptr;  // null: only implied by a name below it, or subscribed to
  bool subscribed = false;
  bool children = false;
  bool subscribed_below = false;  // for RECURSIVEMATCH
};
using Entries = std::map<std::string, Entry>;

Entries all_entries(const std::vector<Box>& boxes, const std::vector<std::string>& subscriptions) {
  Entries entries;
  for (const Box& box : boxes) entries[box.name].box = &box;
  for (const std::string& name : subscriptions) entries[name].subscribed = true;
  for (const Box& box : boxes)
    for (const std::string& parent : parents_of(box.name)) entries[parent].children = true;
  for (const std::string& name : subscriptions)
    for (const std::string& parent : parents_of(name)) entries[parent].subscribed_below = true;
  return entries;
}

// LSUB's: subscribed names, and levels above them for `%` (RFC 3501 6.3.9).
bool is_shown(const Entry& entry, const imap::command::List& list) {
  if (list.lsub) return entry.subscribed || entry.subscribed_below;
  if (list.select_subscribed && !entry.subscribed &&
      !(list.select_recursive_match && entry.subscribed_below))
    return false;
  if (list.select_special_use && (entry.box == nullptr || entry.box->special_use.empty()))
    return false;
  return list.select_subscribed || entry.box != nullptr || entry.children;
}

std::string attributes(const Entry& entry, const imap::command::List& list) {
  std::string text;
  const auto add = [&](std::string_view word) {
    text.append(text.empty() ? "" : " ").append(word);
  };
  if (list.lsub) {
    if (!entry.subscribed) add("\\Noselect");
    return text;
  }
  if (entry.box == nullptr) add(list.extended ? "\\NonExistent" : "\\Noselect");
  add(entry.children ? "\\HasChildren" : "\\HasNoChildren");
  if (entry.box != nullptr && !entry.box->special_use.empty()) add(entry.box->special_use);
  if (entry.subscribed && (list.return_subscribed || list.select_subscribed)) add("\\Subscribed");
  return text;
}

bool is_wanted(const std::string& name, const imap::command::List& list) {
  return std::ranges::any_of(list.patterns, [&](const std::string& pattern) {
    return matches_pattern(list.reference + pattern, name);
  });
}

std::string list_line(const std::string& name, const Entry& entry,
                      const imap::command::List& list) {
  std::string line =
      fmt::format("* {} ({}) \"/\" ", list.lsub ? "LSUB" : "LIST", attributes(entry, list));
  imap::append_mailbox(line, name, false);
  if (list.select_recursive_match && !entry.subscribed && entry.subscribed_below)
    line += " (\"CHILDINFO\" (\"SUBSCRIBED\"))";
  return line + "\r\n";
}

bool known_special_use(std::string_view use) {
  constexpr std::array<std::string_view, 5> uses = {"\\Archive", "\\Drafts", "\\Junk", "\\Sent",
                                                    "\\Trash"};
  return std::ranges::any_of(uses, [&](std::string_view known) { return iequals(known, use); });
}

// "\SENT" as "\Sent".
std::string usual_spelling(std::string_view use) {
  std::string text = lower(use);
  if (text.size() > 1) text[1] = upper(text.substr(1, 1))[0];
  return text;
}

}  // namespace

ImapSession::Done ImapSession::list(std::string tag, imap::command::List list) {
  if (!list.lsub && !list.extended && list.patterns.front().empty()) {
    io_.put("* LIST (\\Noselect) \"/\" \"\"\r\n");  // RFC 3501 6.3.8: the separator
    co_return co_await ok(std::move(tag), "Done");
  }
  auto boxes = mailboxes_.list(account_);
  if (!boxes) co_return co_await no(std::move(tag), boxes.error());
  auto subscriptions = mailboxes_.subscriptions(account_);
  if (!subscriptions) co_return co_await no(std::move(tag), subscriptions.error());
  const Entries entries = all_entries(*boxes, *subscriptions);
  for (const auto& [name, entry] : entries) {
    if (!is_shown(entry, list) || !is_wanted(name, list)) continue;
    // A level above a subscription is told only where the pattern stops there.
    if (list.lsub && !entry.subscribed && list.patterns.front().find('*') != std::string::npos)
      continue;
    std::string lines = list_line(name, entry, list);
    if (list.return_status != 0 && entry.box != nullptr)
      lines += status_text(*entry.box, list.return_status);
    auto written = co_await io_.write(lines);
    if (!written) co_return written;
  }
  co_return co_await ok(std::move(tag), "Done");
}

std::string ImapSession::status_text(const Box& box, imap::StatusItems items) {
  std::string text;
  const auto add = [&](imap::StatusItem item, std::string_view name, std::uint64_t value) {
    if ((items & item) == 0) return;
    fmt::format_to(std::back_inserter(text), "{}{} {}", text.empty() ? "" : " ", name, value);
  };
  add(imap::status_messages, "MESSAGES", box.messages);
  if ((items & imap::status_recent) != 0)
    add(imap::status_recent, "RECENT", mailboxes_.count_from(box.id, box.recent_from).value_or(0));
  add(imap::status_uid_next, "UIDNEXT", box.uid_next);
  add(imap::status_uid_validity, "UIDVALIDITY", box.uid_validity);
  add(imap::status_unseen, "UNSEEN", box.unseen);
  add(imap::status_highest_modseq, "HIGHESTMODSEQ", box.modseq);
  add(imap::status_size, "SIZE", box.bytes);
  add(imap::status_deleted, "DELETED", box.deleted);
  add(imap::status_append_limit, "APPENDLIMIT", settings_.message_size);
  std::string line = "* STATUS ";
  imap::append_mailbox(line, box.name, false);
  return line + " (" + text + ")\r\n";
}

ImapSession::Done ImapSession::status(std::string tag, imap::command::Status status) {
  auto box = mailboxes_.find(account_, status.mailbox);
  if (!box) co_return co_await no(std::move(tag), box.error());
  const Error missing{.kind = ErrorKind::not_found, .what = "No such mailbox"};
  if (!*box) co_return co_await no(std::move(tag), missing);
  if ((status.items & imap::status_highest_modseq) != 0) modes_.condstore = true;
  io_.put(status_text(**box, status.items));
  co_return co_await ok(std::move(tag), "Done");
}

ImapSession::Done ImapSession::create(std::string tag, imap::command::Create create) {
  std::string use;
  for (const std::string& wanted : create.special_use) {
    const Error refused{.kind = ErrorKind::refused, .what = "This special use cannot be given"};
    if (!use.empty() || !known_special_use(wanted)) co_return co_await no(std::move(tag), refused);
    use = usual_spelling(wanted);
  }
  if (!create.extensions.empty()) co_return co_await bad(std::move(tag), "Unknown parameter");
  // RFC 3501 6.3.3: a separator at the end says that names below it will follow.
  if (create.mailbox.ends_with(separator)) create.mailbox.pop_back();
  auto made = co_await mailboxes_.create(account_, create.mailbox, use);
  if (!made) co_return co_await no(std::move(tag), made.error());
  co_return co_await ok(std::move(tag), "Created");
}

ImapSession::Done ImapSession::remove(std::string tag, imap::command::Delete remove) {
  auto removed = co_await mailboxes_.remove(account_, remove.mailbox);
  if (!removed) co_return co_await no(std::move(tag), removed.error());
  const auto current = selected_ ? mailboxes_.find(selected_->box().id) : std::optional<Box>();
  if (current && !*current) selected_.reset();  // our own selected mailbox
  co_return co_await ok(std::move(tag), "Deleted");
}

ImapSession::Done ImapSession::rename(std::string tag, imap::command::Rename rename) {
  auto renamed = co_await mailboxes_.rename(account_, rename.from, rename.to);
  if (!renamed) co_return co_await no(std::move(tag), renamed.error());
  co_return co_await ok(std::move(tag), "Renamed");
}

ImapSession::Done ImapSession::subscribe(std::string tag, imap::command::Subscribe subscribe) {
  auto done = co_await mailboxes_.subscribe(account_, subscribe.mailbox, subscribe.subscribe);
  if (!done) co_return co_await no(std::move(tag), done.error());
  const std::string text = subscribe.subscribe ? "Subscribed" : "Unsubscribed";
  co_return co_await ok(std::move(tag), text);
}

}  // namespace tandem::server
