// Two accounts of one built-in server as old and new side, reached over memory streams that a test
// can cut at any byte and through which the server can be made to look poorer than it is.
#pragma once

#include <map>

#include "lib/net/task_group.hpp"
#include "server/server.hpp"
#include "sync/message.hpp"
#include "tests/server/hall.hpp"
#include "tests/support/forwarding_stream.hpp"
#include "tests/sync/fixture.hpp"

namespace tandem::sync {

// What goes wrong on one side. Counts go on over all its connections.
struct Faults {
  std::uint64_t cut_after = ~std::uint64_t{0};  // bytes from the client; then everything breaks
  std::uint64_t received = 0;
  std::size_t connections = 0;
  std::string heard;  // what the client sent, when `listen` is on
  bool listen = false;
  std::vector<std::pair<std::string, std::string>> replace;  // in answers; of equal length
};

class FaultyStream final : public tandem::test::ForwardingStream {
 public:
  FaultyStream(net::StreamPtr inner, Faults& faults)
      : ForwardingStream(std::move(inner)), faults_(faults) {}

  Task<Result<std::size_t>> read_some(std::span<char> into) override {
    if (faults_.received >= faults_.cut_after) {
      inner_->close();
      co_return fail(ErrorKind::closed, "cut");
    }
    if (faults_.received < faults_.cut_after)
      into = into.first(std::min<std::uint64_t>(into.size(), faults_.cut_after - faults_.received));
    auto count = co_await inner_->read_some(into);
    faults_.received += count.value_or(0);
    if (faults_.listen) faults_.heard.append(into.data(), count.value_or(0));
    co_return count;
  }
  Task<Result<void>> write(std::string_view bytes) override {
    if (faults_.received >= faults_.cut_after) {
      inner_->close();
      co_return fail(ErrorKind::closed, "cut");
    }
    std::string text(bytes);
    for (const auto& [from, to] : faults_.replace)
      for (auto at = text.find(from); at != std::string::npos; at = text.find(from, at))
        text.replace(at, from.size(), to);
    co_return co_await inner_->write(text);
  }

 private:
  Faults& faults_;
};

class TwoSides {
 public:
  server::test::Hall hall;
  std::array<Faults, 2> faults;  // by Side
  std::unique_ptr<World> world;

  TwoSides() {
    hall.accounts.quota_of_baba = 0;
    config::MigrationSettings settings;
    settings.name = "example";
    settings.domains = {"example.jp"};
    settings.old_side.imap = endpoint("old");
    settings.new_side.imap = endpoint("new");
    settings.old_side.login = "aoki@example.jp";
    AccountGiven given;
    given.address = "aoki@example.jp";
    given.old_password = given.new_password = "secret";
    given.new_login = "baba@example.jp";
    world = std::make_unique<World>(settings, hall.net.executor(), system_clock(), given);
    world->options.late_append = Duration::zero();
    world->options.first_retry = Duration(20);
    for (const Side side : {Side::old_side, Side::new_side})
      world->connector.register_in_process(
          std::string(migration::name_of(side)), [this, side](net::StreamPtr end, net::Protocol) {
            ++at(side).connections;
            hall.net.group.spawn(serve(std::make_unique<FaultyStream>(std::move(end), at(side))));
          });
  }
  ~TwoSides() { world->close(); }

  std::size_t sessions = 0;  // of the servers, now

  Faults& at(Side side) { return faults[static_cast<std::size_t>(side)]; }
  // A server without UIDPLUS and MULTIAPPEND.
  void make_poor(Side side) {
    at(side).replace = {{"UIDPLUS", "XIDPLUS"},       {"MULTIAPPEND", "XULTIAPPEND"},
                        {"[APPENDUID", "[XPPENDUID"}, {"CONDSTORE", "XONDSTORE"},
                        {"QRESYNC", "XRESYNC"},       {"LITERAL+", "XITERAL+"}};
  }
  void heal() {
    for (Faults& one : faults) {
      one.cut_after = ~std::uint64_t{0};
      one.received = 0;
    }
  }
  void run(Task<void> body) { hall.net.run(finish(std::move(body))); }

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
  // Takes the account's steps until its home is the new side.
  Task<void> cut_over() {
    if (world->registry->routes()->account(world->account)->phase == migration::Phase::old)
      co_await world->step(migration::Step::start);
    co_await world->step(migration::Step::cut_over);
  }
  // How often a word stands in what that side was sent since this was last asked.
  std::size_t heard(Side side, std::string_view word) {
    std::size_t count = 0;
    const std::string& text = at(side).heard;
    for (auto from = text.find(word); from != std::string::npos; from = text.find(word, from + 1))
      ++count;
    return count;
  }
  Task<migration::DeltaReport> pass(Side from = Side::old_side) {
    auto report = co_await world->sync->run_delta(world->account, from);
    if (!report) FAIL(report.error().to_string());
    co_return *report;
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
    return Flags::keywords_from(text);
  }
  static net::Endpoint endpoint(std::string name) {
    net::Endpoint made;
    made.in_process = std::move(name);
    made.tls = net::TlsMode::never;
    return made;
  }
  Task<void> serve(net::StreamPtr stream) {
    ++sessions;
    co_await hall.server->serve(std::move(stream), net::Protocol::imap, server::Trust::in_process,
                                hall.net.group);
    --sessions;
  }
  Task<void> finish(Task<void> body) {
    co_await world->open();
    co_await std::move(body);
    hall.net.group.request_stop();
    co_await hall.net.group.shut_down(std::chrono::seconds(5));
  }
};

}  // namespace tandem::sync
