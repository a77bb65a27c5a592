// Looking into mailboxes: rows of messages at four depths, and what changed since a modseq. Each
// call is one snapshot of the store; nothing is changed.
#include "server/mailbox/mailboxes.hpp"
#include "server/mailbox/rows.hpp"

namespace tandem::server {
namespace {

constexpr std::string_view flag_rows =
    "SELECT uid, flags, keywords, modseq, internal_seconds, internal_zone, size "
    "FROM mailbox_message WHERE box = $1 AND uid >= $2 AND uid <= $3 ORDER BY uid LIMIT $4";
constexpr std::string_view blob_rows =
    "SELECT m.uid, m.flags, m.keywords, m.modseq, m.internal_seconds, m.internal_zone, m.size, "
    "b.position, b.header_size, b.parts "
    "FROM mailbox_message m JOIN mailbox_body b ON b.id = m.body "
    "WHERE m.box = $1 AND m.uid >= $2 AND m.uid <= $3 ORDER BY m.uid LIMIT $4";
constexpr std::string_view structure_rows =
    "SELECT m.uid, m.flags, m.keywords, m.modseq, m.internal_seconds, m.internal_zone, m.size, "
    "b.position, b.header_size, b.parts, b.envelope, b.body_structure "
    "FROM mailbox_message m JOIN mailbox_body b ON b.id = m.body "
    "WHERE m.box = $1 AND m.uid >= $2 AND m.uid <= $3 ORDER BY m.uid LIMIT $4";
constexpr std::string_view search_rows =
    "SELECT m.uid, m.flags, m.keywords, m.modseq, m.internal_seconds, m.internal_zone, m.size, "
    "b.position, b.header_size, b.parts, b.sent, b.received, b.message_id "
    "FROM mailbox_message m JOIN mailbox_body b ON b.id = m.body "
    "WHERE m.box = $1 AND m.uid >= $2 AND m.uid <= $3 ORDER BY m.uid LIMIT $4";

std::string_view statement(RowDetail detail) {
  switch (detail) {
    case RowDetail::flags: return flag_rows;
    case RowDetail::blob: return blob_rows;
    case RowDetail::structure: return structure_rows;
    case RowDetail::search: return search_rows;
  }
  return flag_rows;
}

MessageRow read_row(const store::Rows& rows, RowDetail detail) {
  MessageRow row;
  row.uid = static_cast<Uid>(rows.integer(0));
  row.flags = Flags::from_row(static_cast<std::uint32_t>(rows.integer(1)), rows.view(2));
  row.modseq = static_cast<Modseq>(rows.integer(3));
  row.internal_date = {rows.integer(4), static_cast<std::int16_t>(rows.integer(5))};
  row.size = static_cast<std::uint64_t>(rows.integer(6));
  if (detail == RowDetail::flags) return row;
  row.blob = store::BlobRef::at(rows.integer(7), rows.integer(6));
  row.header_size = static_cast<std::uint64_t>(rows.integer(8));
  row.parts = rows.text(9);
  if (detail == RowDetail::structure) {
    row.envelope = rows.text(10);
    row.body_structure = rows.text(11);
  }
  if (detail == RowDetail::search) {
    if (!rows.is_null(10)) row.sent = rows.integer(10);
    if (!rows.is_null(11)) row.received = rows.text(11);
    row.message_id = rows.text(12);
  }
  return row;
}

Result<std::vector<MessageRow>> read_rows(store::Rows rows, RowDetail detail) {
  std::vector<MessageRow> all;
  while (rows.next()) all.push_back(read_row(rows, detail));
  if (!rows.status()) return fail(rows.status().error());
  return all;
}

Result<imap::SequenceSet> read_uids(store::Rows rows) {
  imap::SequenceSet uids;
  while (rows.next()) uids.add(static_cast<Uid>(rows.integer(0)));
  if (!rows.status()) return fail(rows.status().error());
  return uids;
}

Result<Changes> read_changes(store::Sql& sql, BoxId id, Modseq modseq, Modseq expunged_after) {
  Changes changes;
  auto box = rows::find_box(sql, id);
  if (!box) return fail(std::move(box.error()));
  changes.gone = !box->has_value();
  if (changes.gone) return changes;
  changes.modseq = (*box)->modseq;
  if (changes.modseq > modseq) {
    auto changed = read_rows(
        sql.query("SELECT uid, flags, keywords, modseq, internal_seconds, internal_zone, size "
                  "FROM mailbox_message WHERE box = $1 AND modseq > $2 ORDER BY uid",
                  id, modseq),
        RowDetail::flags);
    if (!changed) return fail(std::move(changed.error()));
    changes.rows = std::move(*changed);
  }
  if (changes.modseq > expunged_after) {
    auto expunged = read_uids(
        sql.query("SELECT uid FROM mailbox_expunged WHERE box = $1 AND modseq > $2 ORDER BY uid",
                  id, expunged_after));
    if (!expunged) return fail(std::move(expunged.error()));
    changes.expunged = std::move(*expunged);
  }
  return changes;
}

}  // namespace

Result<std::optional<Box>> Mailboxes::find(AccountId account, std::string_view name) const {
  return store_.read([&](store::Sql& sql) { return rows::find_box(sql, account, name); });
}
Result<std::optional<Box>> Mailboxes::find(BoxId box) const {
  return store_.read([&](store::Sql& sql) { return rows::find_box(sql, box); });
}
Result<std::vector<Box>> Mailboxes::list(AccountId account) const {
  return store_.read([&](store::Sql& sql) { return rows::list_boxes(sql, account); });
}

Result<std::vector<std::string>> Mailboxes::subscriptions(AccountId account) const {
  return store_.read([&](store::Sql& sql) -> Result<std::vector<std::string>> {
    std::vector<std::string> names;
    auto rows = sql.query("SELECT name FROM mailbox_subscription WHERE account = $1 ORDER BY name",
                          account);
    while (rows.next()) names.push_back(rows.text(0));
    if (!rows.status()) return fail(rows.status().error());
    return names;
  });
}

Result<imap::SequenceSet> Mailboxes::uids(BoxId box) const {
  return store_.read([&](store::Sql& sql) {
    return read_uids(sql.query("SELECT uid FROM mailbox_message WHERE box = $1 ORDER BY uid", box));
  });
}

Result<Uid> Mailboxes::first_unseen(BoxId box) const {
  const auto uid = store_.read([&](store::Sql& sql) {
    return sql.integer(
        "SELECT uid FROM mailbox_message WHERE box = $1 AND flags & 1 = 0 ORDER BY uid LIMIT 1",
        box);
  });
  if (!uid) return fail(uid.error());
  return static_cast<Uid>(uid->value_or(0));
}

Result<std::uint32_t> Mailboxes::count_from(BoxId box, Uid first) const {
  const auto count = store_.read([&](store::Sql& sql) {
    return sql.integer("SELECT count(*) FROM mailbox_message WHERE box = $1 AND uid >= $2", box,
                       first);
  });
  if (!count) return fail(count.error());
  return static_cast<std::uint32_t>(count->value_or(0));
}

Result<std::vector<MessageRow>> Mailboxes::rows(BoxId box, Uid first, Uid last, RowDetail detail,
                                                std::size_t limit) const {
  return store_.read([&](store::Sql& sql) {
    return read_rows(sql.query(statement(detail), box, first, last, limit), detail);
  });
}

Result<std::uint64_t> Mailboxes::size_of(BoxId box, const imap::SequenceSet& uids) const {
  return store_.read([&](store::Sql& sql) -> Result<std::uint64_t> {
    std::uint64_t total = 0;
    for (const auto range : uids.ranges()) {
      const auto size = sql.integer(
          "SELECT sum(size) FROM mailbox_message WHERE box = $1 AND uid >= $2 AND uid <= $3", box,
          range.first, range.last);
      if (!size) return fail(size.error());
      total += static_cast<std::uint64_t>(size->value_or(0));
    }
    return total;
  });
}

Result<Changes> Mailboxes::changes(BoxId box, Modseq modseq, Modseq expunged_after) const {
  return store_.read(
      [&](store::Sql& sql) { return read_changes(sql, box, modseq, expunged_after); });
}

}  // namespace tandem::server
