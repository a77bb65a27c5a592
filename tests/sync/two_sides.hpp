// Two accounts of one built-in server as old and new side.
#pragma once

#include "server/server.hpp"
#include "tests/server/hall.hpp"
#include "tests/sync/sides.hpp"

namespace tandem::sync {

namespace detail {
struct HallFirst {
  server::test::Hall hall;
};
}  // namespace detail

class TwoSides : public detail::HallFirst, public Sides {
 public:
  explicit TwoSides(const Clock& clock = system_clock()) : Sides(hall.net, clock) {
    hall.accounts.quota_of_baba = 0;
  }

  Task<std::unique_ptr<net::ImapClient>> client(Side side) {
    const migration::Account account = *world->registry->routes()->account(world->account);
    auto opened = co_await world->access->open_imap(account, side);
    REQUIRE(opened);
    co_return std::move(*opened);
  }
  Task<void> put(Side side, std::string bytes, std::string flags = "",
                 std::string folder = "INBOX") {
    const auto user = co_await client(side);
    net::ImapAppend message;
    message.flags = words(flags);
    imap::DateTime date;
    date.unix_seconds = 1'700'000'000 + static_cast<std::int64_t>(bytes.size());
    date.zone_minutes = 540;
    message.date = date;
    const auto appended = co_await user->append(folder, std::move(message), bytes);
    REQUIRE(appended);
  }
  Task<void> set_flags(Side side, Uid uid, std::string flags, bool expunge = false) {
    const auto user = co_await client(side);
    const std::string inbox("INBOX");
    REQUIRE(co_await user->select(inbox));
    imap::SequenceSet set;
    set.add(uid);
    const auto replace = imap::command::StoreAction::replace;
    const auto list = words(flags);
    REQUIRE(co_await user->store(set, replace, list));
    if (expunge) REQUIRE(co_await user->expunge_all());
  }
  Task<void> remove(Side side, Uid uid) { co_await set_flags(side, uid, "\\Deleted", true); }
  // How often a word stands in what that side was sent since this was last asked.
  std::size_t heard(Side side, std::string_view word) {
    std::size_t count = 0;
    const std::string& text = at(side).heard;
    for (auto from = text.find(word); from != std::string::npos; from = text.find(word, from + 1))
      ++count;
    return count;
  }
  // From here on what both sides hear is counted.
  void listen_anew() {
    for (const Side side : {old_side, new_side}) {
      at(side).listen = true;
      at(side).heard.clear();
    }
  }
  Task<migration::DeltaReport> pass(Side from = Side::old_side) {
    auto report = co_await world->sync->run_delta(world->account, from);
    if (!report) FAIL(report.error().to_string());
    co_return *report;
  }
  // Two passes: the second sees what the first itself has changed on the mirror.
  Task<void> settle() {
    co_await pass();
    co_await pass();
    listen_anew();
  }

  // Bytes, date and system flags of every message; equal ones several times.
  struct Seen {
    std::string bytes;
    std::int64_t date = 0;
    std::uint32_t flags = 0;
    auto operator<=>(const Seen&) const = default;
  };
  std::vector<Seen> mailbox(Side side, std::string_view folder = "INBOX") {
    std::vector<Seen> all;
    const server::AccountId id = side == Side::old_side ? 1 : 2;
    auto& boxes = *hall.office.boxes;
    const auto box = boxes.find(id, folder);
    if (!box || !*box) return all;
    for (const auto& row :
         boxes.rows((*box)->id, 1, 0xffffffff, server::RowDetail::blob, 10'000).value())
      all.push_back(
          {boxes.blobs().read(row.blob).value(), row.internal_date.unix_seconds, row.flags.bits});
    std::ranges::sort(all);
    return all;
  }

 private:
  static std::vector<std::string> words(std::string_view text) {
    return Flags::keywords_from(text).list();
  }
  Task<void> serve(net::StreamPtr stream) override {
    return hall.server->serve(std::move(stream), net::Protocol::imap, server::Trust::in_process,
                              hall.net.group);
  }
};

}  // namespace tandem::sync
