// Many people on one built-in server, two accounts each: the old and the new side of a person who
// moves. Users act on the mailboxes directly; the sync comes over memory streams that a test can
// cut at any byte.
#pragma once

#include <map>

#include "lib/net/task_group.hpp"
#include "lib/store/fault.hpp"
#include "tests/sync/two_sides.hpp"

namespace tandem::sync::model {

struct Letter {
  std::uint32_t uid = 0;
  int content = 0;
  std::uint32_t flags = 0;
};

class Town {
 public:
  TwoSides two;

  // A new person: their account in the ledger, mailboxes on both sides.
  Task<AccountId> move_in(int number) {
    number_ = number;
    const std::string name = "person" + std::to_string(number);
    std::vector<config::AccountRow> rows(1);
    config::AccountRow& row = rows.front();
    row.address = name + "@example.jp";
    row.old_login = login(Side::old_side);
    row.new_login = login(Side::new_side);
    row.old_password = Secret("secret");
    row.new_password = Secret("secret");
    const std::string migration("example");
    const auto imported =
        co_await two.world->registry->import_accounts(migration, std::move(rows), migration);
    REQUIRE(imported);
    for (const Side side : {Side::old_side, Side::new_side}) {
      two.hall.office.add_account(mailbox(side));
      two.at(side) = Faults();
    }
    two.world->account = two.world->registry->routes()->account(name + "@example.jp")->id;
    co_return two.world->account;
  }

  server::Mailboxes& boxes() { return *two.hall.office.boxes; }
  [[nodiscard]] server::AccountId mailbox(int side) const { return number_ * 2 + 10 + side; }
  [[nodiscard]] server::AccountId mailbox(Side side) const {
    return mailbox(side == Side::old_side ? 0 : 1);
  }
  server::BoxId box(int side, const std::string& folder) {
    return two.hall.office.box(mailbox(side), folder).id;
  }

  Task<std::uint32_t> put(int side, std::string folder, std::string bytes, std::uint32_t flags,
                          std::int64_t date) {
    server::Mailboxes::Destination to;
    to.account = mailbox(side);
    to.mailbox = std::move(folder);
    to.flags = flags_from(flags);
    std::vector<server::Mailboxes::Destination> all(1, std::move(to));
    imap::DateTime when;
    when.unix_seconds = date;
    auto draft = two.hall.office.draft(bytes);
    const auto placed = co_await boxes().deliver(std::move(draft), std::move(all), when);
    REQUIRE(placed);
    co_return placed->front().uid;
  }
  Task<void> remove(int side, std::string folder, std::uint32_t uid) {
    imap::SequenceSet set = only(uid);
    const auto gone = co_await boxes().remove_messages(box(side, folder), std::move(set));
    REQUIRE(gone);
  }
  Task<std::uint32_t> carry(int side, std::string from, std::uint32_t uid, std::string to,
                            bool move) {
    imap::SequenceSet set = only(uid);
    const auto a = box(side, from);
    const auto b = box(side, to);
    auto carried = Result<server::Copied>();
    if (move)
      carried = co_await boxes().move(a, std::move(set), b);
    else
      carried = co_await boxes().copy(a, std::move(set), b);
    REQUIRE(carried);
    co_return carried->to.ranges().front().first;
  }
  Task<void> set_flags(int side, std::string folder, std::uint32_t uid, std::uint32_t flags) {
    server::FlagChange change;
    change.flags = flags_from(flags);
    imap::SequenceSet set = only(uid);
    const auto changed = co_await boxes().store_flags(box(side, folder), std::move(set), change);
    REQUIRE(changed);
  }
  // The folder gets another UIDVALIDITY; its messages keep their order, not their UIDs.
  void renumber(int side, const std::string& folder) {
    const auto id = box(side, folder);
    store::Unit unit;
    unit.apply = [&](store::Sql& sql, auto) -> Result<void> {
      for (const std::string_view text :
           {"UPDATE mailbox_message SET uid = uid + 1000000 WHERE box = $1",
            "UPDATE mailbox_box SET uid_validity = (SELECT last_validity + 1 FROM mailbox_state), "
            "uid_next = uid_next + 1000000 WHERE id = $1"})
        if (auto done = sql.execute(text, id); !done) return fail(done.error());
      if (auto done = sql.execute("UPDATE mailbox_state SET last_validity = last_validity + 1");
          !done)
        return fail(done.error());
      return {};
    };
    REQUIRE(two.hall.office.store->committer().commit_blocking(std::move(unit)));
  }

  std::vector<Letter> read(int side, const std::string& folder) {
    std::vector<Letter> all;
    const auto found = boxes().find(mailbox(side), folder);
    if (!found || !*found) return all;
    const auto rows = boxes().rows((*found)->id, 1, ~0U, server::RowDetail::blob, 10'000);
    for (const auto& row : rows.value()) {
      const std::string bytes = boxes().blobs().read(row.blob).value();
      const auto at = bytes.find("Subject: ") + 9;
      std::uint32_t bits = row.flags.bits;
      if (row.flags.has("$Forwarded")) bits |= 64;
      all.push_back({row.uid, std::stoi(bytes.substr(at)), bits});
    }
    return all;
  }

 private:
  [[nodiscard]] std::string login(Side side) const {
    return "box" + std::to_string(mailbox(side)) + "@example.jp";
  }
  static imap::SequenceSet only(std::uint32_t uid) {
    imap::SequenceSet set;
    set.add(uid);
    return set;
  }
  static server::Flags flags_from(std::uint32_t bits) {
    server::Flags flags;
    flags.bits = bits & 31;
    if ((bits & 64) != 0) flags.keywords.emplace_back("$Forwarded");
    return flags;
  }
  int number_ = 0;
};

}  // namespace tandem::sync::model
