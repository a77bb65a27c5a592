#include "server/mailbox/rows.hpp"

#include <chrono>

#include "lib/base/text.hpp"
#include "lib/store/blob.hpp"

namespace tandem::server::rows {
namespace {

constexpr std::string_view box_by_name =
    "SELECT id, account, name, uid_validity, uid_next, modseq, special_use, messages, unseen, "
    "deleted, bytes, keywords, recent_from FROM mailbox_box WHERE account = $1 AND name = $2";
constexpr std::string_view box_by_id =
    "SELECT id, account, name, uid_validity, uid_next, modseq, special_use, messages, unseen, "
    "deleted, bytes, keywords, recent_from FROM mailbox_box WHERE id = $1";
constexpr std::string_view boxes_of_account =
    "SELECT id, account, name, uid_validity, uid_next, modseq, special_use, messages, unseen, "
    "deleted, bytes, keywords, recent_from FROM mailbox_box WHERE account = $1 ORDER BY name";

Box read_box(const store::Rows& rows) {
  Box box;
  box.id = rows.integer(0);
  box.account = rows.integer(1);
  box.name = rows.text(2);
  box.uid_validity = static_cast<std::uint32_t>(rows.integer(3));
  box.uid_next = static_cast<Uid>(rows.integer(4));
  box.modseq = static_cast<Modseq>(rows.integer(5));
  box.special_use = rows.text(6);
  box.messages = static_cast<std::uint32_t>(rows.integer(7));
  box.unseen = static_cast<std::uint32_t>(rows.integer(8));
  box.deleted = static_cast<std::uint32_t>(rows.integer(9));
  box.bytes = static_cast<std::uint64_t>(rows.integer(10));
  box.keywords = rows.text(11);
  box.recent_from = static_cast<Uid>(rows.integer(12));
  return box;
}

Result<std::optional<Box>> first_box(store::Rows rows) {
  std::optional<Box> box;
  if (rows.next()) box = read_box(rows);
  if (!rows.status()) return fail(rows.status().error());
  return box;
}

Result<void> done(Result<std::int64_t> changed) {
  if (!changed) return fail(std::move(changed.error()));
  return {};
}

}  // namespace

Result<std::optional<Box>> find_box(store::Sql& sql, AccountId account, std::string_view name) {
  return first_box(sql.query(box_by_name, account, name));
}
Result<std::optional<Box>> find_box(store::Sql& sql, BoxId box) {
  return first_box(sql.query(box_by_id, box));
}
Result<Box> need_box(store::Sql& sql, BoxId id) {
  auto box = find_box(sql, id);
  if (!box) return fail(std::move(box.error()));
  if (!*box) return fail(ErrorKind::not_found, "the mailbox does not exist");
  return std::move(**box);
}

Result<std::vector<Box>> list_boxes(store::Sql& sql, AccountId account) {
  std::vector<Box> boxes;
  auto rows = sql.query(boxes_of_account, account);
  while (rows.next()) boxes.push_back(read_box(rows));
  if (!rows.status()) return fail(rows.status().error());
  return boxes;
}

Result<std::uint32_t> next_validity(store::Sql& sql, WallTime now) {
  const auto seconds =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  auto value = sql.integer(
      "UPDATE mailbox_state SET last_validity = max(last_validity + 1, $1) WHERE id = 1 "
      "RETURNING last_validity",
      seconds);
  if (!value) return fail(std::move(value.error()));
  return static_cast<std::uint32_t>(value->value_or(1));
}

Result<BoxId> insert_box(store::Sql& sql, AccountId account, std::string_view name,
                         std::string_view special_use, WallTime now) {
  auto validity = next_validity(sql, now);
  if (!validity) return fail(std::move(validity.error()));
  auto id = sql.integer(
      "INSERT INTO mailbox_box (account, name, uid_validity, special_use) VALUES ($1, $2, $3, $4) "
      "RETURNING id",
      account, name, *validity, special_use);
  if (!id) return fail(std::move(id.error()));
  return id->value_or(0);
}

Result<Modseq> next_modseq(store::Sql& sql, BoxId box) {
  auto value =
      sql.integer("UPDATE mailbox_box SET modseq = modseq + 1 WHERE id = $1 RETURNING modseq", box);
  if (!value) return fail(std::move(value.error()));
  if (!*value) return fail(ErrorKind::not_found, "the mailbox does not exist");
  return static_cast<Modseq>(**value);
}

Result<Uid> take_uids(store::Sql& sql, BoxId box, std::size_t count) {
  auto next = sql.integer(
      "UPDATE mailbox_box SET uid_next = uid_next + $2 WHERE id = $1 AND uid_next + $2 < "
      "4294967295 "
      "RETURNING uid_next",
      box, count);
  if (!next) return fail(std::move(next.error()));
  if (!*next) return fail(ErrorKind::limit, "the mailbox has no more UIDs");
  return static_cast<Uid>(**next - static_cast<std::int64_t>(count));
}

Result<void> note_keywords(store::Sql& sql, const Box& box, const Flags& flags) {
  constexpr std::size_t most = 4000;  // bytes: what FLAGS can reasonably list
  if (flags.keywords.empty()) return {};
  Flags known = Flags::from_row(0, box.keywords);
  const std::size_t before = known.keywords.size();
  known.add({0, flags.keywords});
  if (known.keywords.size() == before) return {};
  const std::string text = known.keyword_text();
  if (text.size() > most) return {};
  return done(sql.execute("UPDATE mailbox_box SET keywords = $2 WHERE id = $1", box.id, text));
}

Result<std::int64_t> insert_body(store::Sql& sql, store::BlobRef blob, const MessageIndex& index,
                                 bool ahead) {
  auto id = sql.integer(
      "INSERT INTO mailbox_body (position, size, header_size, sent, message_id, received, "
      "envelope, body_structure, parts) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) RETURNING id",
      blob.position(), blob.size, index.header_size, index.sent, index.message_id, index.received,
      index.envelope, index.body_structure, index.parts);
  if (!id) return fail(std::move(id.error()));
  auto use = sql.execute("INSERT INTO mailbox_use (body, users) VALUES ($1, $2)", id->value_or(0),
                         ahead ? -1 : 0);
  if (!use) return fail(std::move(use.error()));
  return id->value_or(0);
}

Result<void> insert_message(store::Sql& sql, const NewMessage& message, const Flags& flags,
                            imap::DateTime date) {
  return done(sql.execute(
      "INSERT INTO mailbox_message (box, uid, body, flags, keywords, modseq, internal_seconds, "
      "internal_zone, size) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
      message.box, message.uid, message.body, flags.bits, flags.keyword_text(), message.modseq,
      date.unix_seconds, date.zone_minutes, message.size));
}

Result<void> expunge_message(store::Sql& sql, BoxId box, Uid uid, Modseq modseq) {
  auto removed =
      done(sql.execute("DELETE FROM mailbox_message WHERE box = $1 AND uid = $2", box, uid));
  if (!removed) return removed;
  return done(sql.execute("INSERT INTO mailbox_expunged (box, modseq, uid) VALUES ($1, $2, $3)",
                          box, modseq, uid));
}

Result<void> drop_box(store::Sql& sql, BoxId box) {
  constexpr std::string_view statements[] = {"DELETE FROM mailbox_message WHERE box = $1",
                                             "DELETE FROM mailbox_expunged WHERE box = $1",
                                             "DELETE FROM mailbox_box WHERE id = $1"};
  for (const std::string_view statement : statements)
    if (auto dropped = done(sql.execute(statement, box)); !dropped) return dropped;
  return drop_unused_bodies(sql);
}

Result<void> drop_unused_bodies(store::Sql& sql) {
  std::vector<std::int64_t> bodies;
  auto rows = sql.query("DELETE FROM mailbox_use WHERE users = 0 RETURNING body");
  while (rows.next()) bodies.push_back(rows.integer(0));
  if (!rows.status()) return fail(rows.status().error());
  for (const std::int64_t body : bodies) {
    store::BlobRef blob;
    auto row = sql.query("DELETE FROM mailbox_body WHERE id = $1 RETURNING position, size", body);
    while (row.next()) blob = store::BlobRef::at(row.integer(0), row.integer(1));
    if (!row.status()) return fail(row.status().error());
    if (auto released = store::release(sql, blob); !released) return released;
  }
  return {};
}

Result<std::vector<Stored>> stored(store::Sql& sql, BoxId box, const imap::SequenceSet& uids) {
  std::vector<Stored> found;
  for (const auto range : uids.ranges()) {
    auto rows = sql.query(
        "SELECT uid, body, flags, keywords, modseq, internal_seconds, internal_zone, size "
        "FROM mailbox_message WHERE box = $1 AND uid >= $2 AND uid <= $3 ORDER BY uid",
        box, range.first, range.last);
    while (rows.next()) {
      Stored& one = found.emplace_back();
      one.uid = static_cast<Uid>(rows.integer(0));
      one.body = rows.integer(1);
      one.flags = Flags::from_row(static_cast<std::uint32_t>(rows.integer(2)), rows.view(3));
      one.modseq = static_cast<Modseq>(rows.integer(4));
      one.date = {rows.integer(5), static_cast<std::int16_t>(rows.integer(6))};
      one.size = static_cast<std::uint64_t>(rows.integer(7));
    }
    if (!rows.status()) return fail(rows.status().error());
  }
  return found;
}

}  // namespace tandem::server::rows
