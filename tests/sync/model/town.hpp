// Many people with two mailboxes each: the old and the new side of a person who moves, on servers
// on paper. Users act on the mailboxes directly; the sync comes over memory streams that a test can
// cut at any byte.
#pragma once

#include <map>

#include "lib/net/task_group.hpp"
#include "lib/store/fault.hpp"
#include "tests/sync/model/paper_server.hpp"
#include "tests/sync/sides.hpp"

namespace tandem::sync::model {

// Flags as bits of one number.
enum Flag : std::uint32_t { seen = 1, answered = 2, flagged = 4, forwarded = 64, own = 128 };

struct Letter {
  std::uint32_t uid = 0;
  int content = 0;
  std::uint32_t flags = 0;
};

// The machine's, some days later.
class LaterClock final : public Clock {
 public:
  [[nodiscard]] WallTime wall() const override { return system_clock().wall() + later_; }
  [[nodiscard]] SteadyTime steady() const override { return system_clock().steady() + later_; }
  void pass(Duration time) { later_ += time; }

 private:
  Duration later_{0};
};

struct NetFirst {
  tandem::test::RealTimeNet net;
  LaterClock clock;
};

class Town : NetFirst, public Sides {
 public:
  // `per_day`: bytes that each mailbox may be read and be given in a day; 0: any number.
  explicit Town(config::SyncSettings sync, std::uint64_t per_day = 0) : Sides(net, clock) {
    world->store_options.in_memory = true;
    world->settings.sync = std::move(sync);
    for (auto* side : {&world->settings.old_side, &world->settings.new_side}) {
      side->download_per_day = per_day * 4;  // listings count too
      side->upload_per_day = per_day;
    }
  }
  void next_day() { clock.pass(std::chrono::hours(25)); }

  // A new person: their account in the ledger, mailboxes on both sides.
  Task<AccountId> move_in(int number) {
    number_ = number;
    const std::string name = "person" + std::to_string(number);
    std::vector<config::AccountRow> rows(1);
    config::AccountRow& row = rows.front();
    row.address = name + "@example.jp";
    row.old_login = login(0);
    row.new_login = login(1);
    row.old_password = Secret("secret");
    row.new_password = Secret("secret");
    const std::string migration("example");
    const auto imported =
        co_await world->registry->import_accounts(migration, std::move(rows), migration);
    REQUIRE(imported);
    boxes_.clear();
    for (const int side : {0, 1}) {
      boxes_[login(side)].tells_vanished = (number >> side) % 2 == 1;
      faults[static_cast<std::size_t>(side)] = Faults();
    }
    world->account = world->registry->routes()->account(name + "@example.jp")->id;
    co_return world->account;
  }

  paper::Mailbox& mailbox(int side) { return boxes_.at(login(side)); }
  paper::Folder& folder(int side, const std::string& name) {
    paper::Folder* const found = mailbox(side).find(name);
    REQUIRE(found != nullptr);
    return *found;
  }

  std::uint32_t put(int side, const std::string& name, std::string bytes, std::uint32_t flags,
                    std::int64_t date) {
    paper::Message message;
    message.flags = words_from(flags);
    message.date.unix_seconds = date;
    message.bytes = std::make_shared<const std::string>(std::move(bytes));
    return folder(side, name).add(std::move(message));
  }
  void remove(int side, const std::string& name, std::uint32_t uid) {
    paper::Folder& from = folder(side, name);
    REQUIRE(std::erase_if(from.messages, [&](const auto& one) { return one.uid == uid; }) == 1);
    ++from.modseq;
  }
  std::uint32_t carry(int side, const std::string& from, std::uint32_t uid, const std::string& to,
                      bool move) {
    const paper::Message* const message = folder(side, from).find(uid);
    REQUIRE(message != nullptr);
    const auto carried = folder(side, to).add(*message);
    if (move) remove(side, from, uid);
    return carried;
  }
  void set_flags(int side, const std::string& name, std::uint32_t uid, std::uint32_t flags) {
    paper::Folder& in = folder(side, name);
    paper::Message* const message = in.find(uid);
    REQUIRE(message != nullptr);
    message->flags = words_from(flags);
    in.touch(*message);
  }
  void renumber(int side, const std::string& name) {
    mailbox(side).renumber(folder(side, name), 1'000'000);
  }

  std::vector<Letter> read(int side, const std::string& name) {
    std::vector<Letter> all;
    const paper::Folder* const found = mailbox(side).find(name);
    if (found == nullptr) return all;
    for (const paper::Message& message : found->messages) {
      const auto at = message.bytes->find("Subject: ") + 9;
      all.push_back({message.uid, std::stoi(message.bytes->substr(at, 9)), bits_of(message.flags)});
    }
    return all;
  }

 private:
  Task<void> serve(net::StreamPtr stream) override {
    return paper::serve(std::move(stream), [this](const std::string& login) {
      const auto found = boxes_.find(login);
      return found == boxes_.end() ? nullptr : &found->second;
    });
  }
  [[nodiscard]] std::string login(int side) const {
    return "box" + std::to_string(number_ * 2 + 10 + side) + "@example.jp";
  }
  static constexpr std::array<std::pair<std::uint32_t, std::string_view>, 5> names = {
      {{seen, "\\Seen"},
       {answered, "\\Answered"},
       {flagged, "\\Flagged"},
       {forwarded, "$Forwarded"},
       {own, "Project-X"}}};
  static std::vector<std::string> words_from(std::uint32_t bits) {
    std::vector<std::string> words;
    for (const auto& [bit, word] : names)
      if ((bits & bit) != 0) words.emplace_back(word);
    return words;
  }
  static std::uint32_t bits_of(const std::vector<std::string>& words) {
    std::uint32_t bits = 0;
    for (const std::string& word : words)
      for (const auto& [bit, known] : names)
        if (word == known) bits |= bit;
    return bits;
  }

  std::map<std::string, paper::Mailbox> boxes_;
  int number_ = 0;
};

}  // namespace tandem::sync::model
