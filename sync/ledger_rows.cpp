#include "sync/ledger_rows.hpp"

#include "lib/protocol/imap/sequence_set.hpp"

namespace tandem::sync {
namespace {

std::optional<std::int64_t> known(Uid uid) {
  if (uid == 0) return std::nullopt;
  return uid;
}

std::int64_t bits_of(bool home_bit, bool mirror_bit, Side home) {
  return (home_bit ? side_bit(home) : 0) | (mirror_bit ? side_bit(migration::other(home)) : 0);
}

}  // namespace

std::int64_t side_bit(Side side) {
  return side == Side::old_side ? 1 : 2;
}

Row message_from(const store::Rows& rows, Side home) {
  Row row;
  row.id = rows.integer(0);
  const auto old_uid = static_cast<Uid>(rows.integer(1));
  const auto new_uid = static_cast<Uid>(rows.integer(2));
  row.home = home == Side::old_side ? old_uid : new_uid;
  row.mirror = home == Side::old_side ? new_uid : old_uid;
  row.flags.system = static_cast<std::uint8_t>(rows.integer(3));
  row.flags.keywords = Flags::keywords_from(rows.view(4));
  const std::int64_t gone = rows.integer(5);
  const std::int64_t at_home = side_bit(home);
  const std::int64_t on_mirror = side_bit(migration::other(home));
  row.home_gone = (gone & at_home) != 0;
  row.mirror_gone = (gone & on_mirror) != 0;
  row.home_fresh = (gone & at_home << 2) != 0;
  row.mirror_fresh = (gone & on_mirror << 2) != 0;
  row.identity = Identity::from_bytes(rows.view(6));
  row.trace = rows.text(7);
  const std::int64_t copied = rows.integer(8);
  row.home_copied = (copied & at_home) != 0;
  row.mirror_copied = (copied & on_mirror) != 0;
  return row;
}

Result<void> put_message(store::Sql& sql, std::int64_t folder, Side home, const Row& row) {
  const bool home_is_old = home == Side::old_side;
  const auto old_uid = known(home_is_old ? row.home : row.mirror);
  const auto new_uid = known(home_is_old ? row.mirror : row.home);
  const std::string words = row.flags.keyword_text();
  const std::optional<std::string_view> keywords =
      words.empty() ? std::nullopt : std::optional<std::string_view>(words);
  const std::string bytes = row.identity.to_bytes();
  const std::optional<store::Blob> identity =
      bytes.empty() ? std::nullopt : std::optional(store::Blob{bytes});
  const std::optional<std::string_view> trace = row.trace->empty() || !row.open()
                                                    ? std::nullopt
                                                    : std::optional<std::string_view>(*row.trace);
  const std::int64_t gone = bits_of(row.home_gone, row.mirror_gone, home) |
                            bits_of(row.home_fresh, row.mirror_fresh, home) << 2;
  const std::int64_t copied = bits_of(row.home_copied, row.mirror_copied, home);
  if (row.id == 0)
    return done(sql.execute(
        "INSERT INTO sync_message (folder, old_uid, new_uid, flags, keywords, "
        "gone, identity, trace, copied) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        folder, old_uid, new_uid, row.flags.system, keywords, gone, identity, trace, copied));
  return done(sql.execute(
      "UPDATE sync_message SET old_uid = $2, new_uid = $3, flags = $4, "
      "keywords = $5, gone = $6, identity = $7, trace = $8, copied = $9 WHERE id = $1",
      row.id, old_uid, new_uid, row.flags.system, keywords, gone, identity, trace, copied));
}

namespace {

Result<void> end_left_out(store::Sql& sql, std::int64_t folder, Side side, Uid uid) {
  if (uid == 0) return {};
  return done(sql.execute("DELETE FROM sync_skipped WHERE folder = $1 AND side = $2 AND uid = $3",
                          folder, side, uid));
}

}  // namespace

Result<void> put_messages(store::Sql& sql, std::int64_t folder, Side home,
                          const std::vector<Row>& rows) {
  for (const Row& row : rows)
    if (auto put = put_message(sql, folder, home, row); !put) return put;
  const auto any =
      sql.integer("SELECT 1 FROM sync_skipped WHERE folder = $1 AND uid > 0 LIMIT 1", folder);
  if (!any) return fail(any.error());
  if (!*any) return {};
  for (const Row& row : rows) {
    auto ended = end_left_out(sql, folder, home, row.home);
    if (ended) ended = end_left_out(sql, folder, migration::other(home), row.mirror);
    if (!ended) return ended;
  }
  return {};
}

Result<void> status_of(const store::Rows& rows) {
  return rows.status();
}

Result<void> done(const Result<std::int64_t>& executed) {
  if (!executed) return fail(executed.error());
  return {};
}

std::string uids_to_text(const std::vector<Uid>& uids) {
  imap::SequenceSet set;
  for (const Uid uid : uids) set.add(uid);
  return set.to_string();
}

std::vector<Uid> uids_from_text(std::string_view text) {
  std::vector<Uid> uids;
  const auto set = imap::SequenceSet::parse(text);
  if (!set) return uids;
  for (const auto [first, last] : set->ranges())
    for (Uid uid = first; uid <= last && uid != 0; ++uid) uids.push_back(uid);
  return uids;
}

}  // namespace tandem::sync
