// Mailboxes as such: made, renamed with all below them, removed, subscribed. RENAME of INBOX leaves
// it empty (RFC 3501 6.3.5).
#include <array>
#include <chrono>

#include "server/mailbox/folder_name.hpp"
#include "server/mailbox/mailboxes.hpp"
#include "server/mailbox/rows.hpp"

namespace tandem::server {
namespace {

struct DefaultFolder {
  std::string_view name;
  std::string_view special_use;
};
constexpr std::array<DefaultFolder, 6> default_folders = {{{"INBOX", ""},
                                                           {"Drafts", "\\Drafts"},
                                                           {"Sent", "\\Sent"},
                                                           {"Junk", "\\Junk"},
                                                           {"Trash", "\\Trash"},
                                                           {"Archive", "\\Archive"}}};

Result<void> done(Result<std::int64_t> changed) {
  if (!changed) return fail(std::move(changed.error()));
  return {};
}

Result<bool> exists(store::Sql& sql, AccountId account, std::string_view name) {
  auto box = rows::find_box(sql, account, name);
  if (!box) return fail(std::move(box.error()));
  return box->has_value();
}

Result<void> subscribe_row(store::Sql& sql, AccountId account, std::string_view name) {
  return done(sql.execute(
      "INSERT INTO mailbox_subscription (account, name) VALUES ($1, $2) ON CONFLICT DO NOTHING",
      account, name));
}

// Whatever of the levels above `name` is missing.
Result<void> create_parents(store::Sql& sql, AccountId account, std::string_view name,
                            WallTime now) {
  for (const std::string& parent : parents_of(name)) {
    auto there = exists(sql, account, parent);
    if (!there) return fail(std::move(there.error()));
    if (*there) continue;
    auto made = rows::insert_box(sql, account, parent, "", now);
    if (!made) return fail(std::move(made.error()));
  }
  return {};
}

Result<BoxId> create_box(store::Sql& sql, AccountId account, std::string_view name,
                         std::string_view special_use, WallTime now) {
  constexpr std::int64_t most_boxes = 10'000;
  auto there = exists(sql, account, name);
  if (!there) return fail(std::move(there.error()));
  if (*there) return fail(ErrorKind::conflict, "the mailbox exists already");
  auto count = sql.integer("SELECT count(*) FROM mailbox_box WHERE account = $1", account);
  if (!count) return fail(std::move(count.error()));
  if (count->value_or(0) >= most_boxes) return fail(ErrorKind::limit, "too many mailboxes");
  if (!special_use.empty()) {
    auto used = sql.integer("SELECT id FROM mailbox_box WHERE account = $1 AND special_use = $2",
                            account, special_use);
    if (!used) return fail(std::move(used.error()));
    if (*used) return fail(ErrorKind::refused, "another mailbox has this special use");
  }
  if (auto parents = create_parents(sql, account, name, now); !parents)
    return fail(std::move(parents.error()));
  return rows::insert_box(sql, account, name, special_use, now);
}

Result<void> rename_row(store::Sql& sql, const Box& box, std::string_view name) {
  return done(sql.execute("UPDATE mailbox_box SET name = $2 WHERE id = $1", box.id, name));
}

// RFC 3501 6.3.5: INBOX stays, its messages go to the new mailbox, with new UIDs.
Result<void> empty_inbox_into(store::Sql& sql, const Box& inbox, std::string_view name,
                              WallTime now) {
  auto made = rows::insert_box(sql, inbox.account, name, "", now);
  if (!made) return fail(std::move(made.error()));
  const imap::SequenceSet all{{1, 0xffffffff}};
  auto messages = rows::stored(sql, inbox.id, all);
  if (!messages) return fail(std::move(messages.error()));
  if (messages->empty()) return {};
  auto uid = rows::take_uids(sql, *made, messages->size());
  auto to_modseq = rows::next_modseq(sql, *made);
  auto from_modseq = rows::next_modseq(sql, inbox.id);
  if (!uid || !to_modseq || !from_modseq) return fail(ErrorKind::storage, "cannot number messages");
  for (const rows::Stored& message : *messages) {
    const rows::NewMessage placed{*made, (*uid)++, message.body, *to_modseq, message.size};
    auto in = rows::insert_message(sql, placed, message.flags, message.date);
    if (!in) return in;
    auto out = rows::expunge_message(sql, inbox.id, message.uid, *from_modseq);
    if (!out) return out;
  }
  return done(
      sql.execute("UPDATE mailbox_box SET keywords = $2 WHERE id = $1", *made, inbox.keywords));
}

Result<void> rename_tree(store::Sql& sql, AccountId account, const std::string& from,
                         const std::string& to, WallTime now) {
  auto source = rows::find_box(sql, account, from);
  if (!source) return fail(std::move(source.error()));
  if (!*source) return fail(ErrorKind::not_found, "the mailbox does not exist");
  auto taken = exists(sql, account, to);
  if (!taken) return fail(std::move(taken.error()));
  if (*taken) return fail(ErrorKind::conflict, "a mailbox of the new name exists");
  if (is_below(to, from) && from != "INBOX")
    return fail(ErrorKind::invalid, "a mailbox cannot be moved below itself");
  if (auto parents = create_parents(sql, account, to, now); !parents) return parents;
  if (from == "INBOX") return empty_inbox_into(sql, **source, to, now);
  auto all = rows::list_boxes(sql, account);
  if (!all) return fail(std::move(all.error()));
  for (const Box& box : *all) {
    if (box.name != from && !is_below(box.name, from)) continue;
    const std::string name = to + box.name.substr(from.size());
    if (!is_folder_name(name)) return fail(ErrorKind::invalid, "the new name is too long");
    if (auto renamed = rename_row(sql, box, name); !renamed) return renamed;
  }
  return {};
}

}  // namespace

Result<void> Mailboxes::create_defaults(store::Sql& sql, AccountId account, WallTime now) {
  for (const auto& [name, special_use] : default_folders) {
    auto there = exists(sql, account, name);
    if (!there) return fail(std::move(there.error()));
    if (*there) continue;
    auto made = rows::insert_box(sql, account, name, special_use, now);
    if (!made) return fail(std::move(made.error()));
    if (auto subscribed = subscribe_row(sql, account, name); !subscribed) return subscribed;
  }
  return {};
}

Result<void> Mailboxes::remove_account(store::Sql& sql, AccountId account) {
  auto boxes = rows::list_boxes(sql, account);
  if (!boxes) return fail(std::move(boxes.error()));
  for (const Box& box : *boxes)
    if (auto dropped = rows::drop_box(sql, box.id); !dropped) return dropped;
  return done(sql.execute("DELETE FROM mailbox_subscription WHERE account = $1", account));
}

net::Task<Result<BoxId>> Mailboxes::create(AccountId account, std::string name,
                                           std::string special_use) {
  if (!is_folder_name(name)) co_return fail(ErrorKind::invalid, "not a mailbox name");
  BoxId made = 0;
  store::Unit unit;
  unit.apply = [&, now = clock_.wall()](store::Sql& sql, auto) -> Result<void> {
    auto id = create_box(sql, account, name, special_use, now);
    if (!id) return fail(std::move(id.error()));
    made = *id;
    return {};
  };
  auto committed = co_await store_.committer().commit(std::move(unit));
  if (!committed) co_return fail(std::move(committed.error()));
  co_return made;
}

net::Task<Result<void>> Mailboxes::remove(AccountId account, std::string name) {
  if (name == "INBOX") co_return fail(ErrorKind::invalid, "INBOX stays");
  BoxId removed = 0;
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, auto) -> Result<void> {
    auto box = rows::find_box(sql, account, name);
    if (!box) return fail(std::move(box.error()));
    if (!*box) return fail(ErrorKind::not_found, "the mailbox does not exist");
    removed = (*box)->id;
    return rows::drop_box(sql, removed);
  };
  auto committed = co_await store_.committer().commit(std::move(unit));
  if (!committed) co_return fail(std::move(committed.error()));
  bus_.publish(removed);
  co_return Result<void>();
}

net::Task<Result<void>> Mailboxes::rename(AccountId account, std::string from, std::string to) {
  if (!is_folder_name(to)) co_return fail(ErrorKind::invalid, "not a mailbox name");
  store::Unit unit;
  unit.apply = [&, now = clock_.wall()](store::Sql& sql, auto) {
    return rename_tree(sql, account, from, to, now);
  };
  auto committed = co_await store_.committer().commit(std::move(unit));
  if (!committed) co_return fail(std::move(committed.error()));
  if (from != "INBOX") co_return Result<void>();
  const auto inbox = find(account, "INBOX");
  if (inbox && *inbox) bus_.publish((*inbox)->id);
  co_return Result<void>();
}

net::Task<Result<void>> Mailboxes::subscribe(AccountId account, std::string name, bool on) {
  if (!is_folder_name(name)) co_return fail(ErrorKind::invalid, "not a mailbox name");
  store::Unit unit;
  unit.apply = [&](store::Sql& sql, auto) -> Result<void> {
    if (on) return subscribe_row(sql, account, name);
    return done(sql.execute("DELETE FROM mailbox_subscription WHERE account = $1 AND name = $2",
                            account, name));
  };
  auto committed = co_await store_.committer().commit(std::move(unit));
  if (!committed) co_return fail(std::move(committed.error()));
  co_return Result<void>();
}

}  // namespace tandem::server
