#include "server/mailbox/append_batch.hpp"

#include "server/mailbox/rows.hpp"

namespace tandem::server {
namespace {

constexpr std::uint64_t most_waiting = 16 * 1024 * 1024;
constexpr std::size_t most_messages = 100'000;

Result<void> drop_bodies(store::Sql& sql, const std::vector<std::int64_t>& bodies) {
  for (const std::int64_t body : bodies) {
    auto marked =
        sql.execute("UPDATE mailbox_use SET users = 0 WHERE body = $1 AND users < 0", body);
    if (!marked) return fail(std::move(marked.error()));
  }
  return rows::drop_unused_bodies(sql);
}

}  // namespace

AppendBatch::~AppendBatch() {
  std::vector<std::int64_t> bodies;
  for (const Item& item : items_)
    if (item.body != 0) bodies.push_back(item.body);
  if (bodies.empty()) return;
  store::Unit unit;
  unit.apply = [bodies = std::move(bodies)](store::Sql& sql, auto) {
    return drop_bodies(sql, bodies);
  };
  (void)mailboxes_->store().committer().commit_later(std::move(unit));  // else at the next start
}

net::Task<Result<void>> AppendBatch::add(store::BlobDraft message, Flags flags,
                                         imap::DateTime date) {
  if (items_.size() == most_messages)
    co_return fail(ErrorKind::limit, "too many messages in one APPEND");
  auto index = index_draft(message);
  if (!index) co_return fail(std::move(index.error()));
  items_.push_back({std::move(flags), date, index->size, 0});
  waiting_bytes_ += index->size + index->envelope.size() + index->body_structure.size();
  drafts_.push_back(std::move(message));
  indexes_.push_back(std::move(*index));
  if (waiting_bytes_ < most_waiting) co_return Result<void>();
  co_return co_await send_ahead();
}

net::Task<Result<void>> AppendBatch::send_ahead() {
  const std::size_t first = items_.size() - drafts_.size();
  std::vector<std::int64_t> bodies;
  store::Unit unit;
  unit.blobs = std::move(drafts_);
  unit.apply = [&](store::Sql& sql, std::span<const store::BlobRef> blobs) -> Result<void> {
    for (std::size_t i = 0; i < blobs.size(); ++i) {
      auto body = rows::insert_body(sql, blobs[i], indexes_[i], true);
      if (!body) return fail(std::move(body.error()));
      bodies.push_back(*body);
    }
    return {};
  };
  auto committed = co_await mailboxes_->store().committer().commit(std::move(unit));
  if (!committed) co_return fail(std::move(committed.error()));
  for (std::size_t i = 0; i < bodies.size(); ++i) items_[first + i].body = bodies[i];
  drafts_.clear();
  indexes_.clear();
  waiting_bytes_ = 0;
  co_return Result<void>();
}

net::Task<Result<PlacedRange>> AppendBatch::commit() {
  if (items_.empty()) co_return fail(ErrorKind::invalid, "nothing to append");
  PlacedRange placed;
  const std::size_t ahead = items_.size() - drafts_.size();
  store::Unit unit;
  unit.blobs = std::move(drafts_);
  unit.apply = [&](store::Sql& sql, std::span<const store::BlobRef> blobs) -> Result<void> {
    auto box = rows::need_box(sql, box_);
    if (!box) return fail(std::move(box.error()));
    auto modseq = rows::next_modseq(sql, box_);
    if (!modseq) return fail(std::move(modseq.error()));
    auto uid = rows::take_uids(sql, box_, items_.size());
    if (!uid) return fail(std::move(uid.error()));
    Flags used;
    for (std::size_t i = 0; i < items_.size(); ++i) {
      const Item& item = items_[i];
      std::int64_t body = item.body;
      if (i >= ahead) {
        auto inserted = rows::insert_body(sql, blobs[i - ahead], indexes_[i - ahead], false);
        if (!inserted) return fail(std::move(inserted.error()));
        body = *inserted;
      }
      const rows::NewMessage message{box_, *uid + static_cast<Uid>(i), body, *modseq, item.size};
      if (auto in = rows::insert_message(sql, message, item.flags, item.date); !in) return in;
      used.add(item.flags);
    }
    placed = {box->uid_validity, *uid, *uid + static_cast<Uid>(items_.size() - 1)};
    return rows::note_keywords(sql, *box, used);
  };
  auto committed = co_await mailboxes_->store().committer().commit(std::move(unit));
  if (!committed) co_return fail(std::move(committed.error()));
  items_.clear();  // they are placed: nothing to drop
  mailboxes_->bus().publish(box_);
  co_return placed;
}

}  // namespace tandem::server
