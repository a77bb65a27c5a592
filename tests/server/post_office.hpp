// A store of its own in a folder that goes with it, mailboxes in it, and messages to put in.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>

#include <catch2/catch.hpp>

#include "lib/store/store.hpp"
#include "server/mailbox/append_batch.hpp"
#include "server/mailbox/mailboxes.hpp"
#include "tests/support/run.hpp"

namespace tandem::server::test {

struct Folder {
  std::string path;
  Folder() {
    path = (std::filesystem::temp_directory_path() / "tandem-server-XXXXXX").string();
    path = mkdtemp(path.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
};

class PostOffice {
 public:
  Folder folder;
  ManualClock clock;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Mailboxes> boxes;

  PostOffice() : path_(folder.path) { open(); }
  explicit PostOffice(std::string path) : path_(std::move(path)) { open(); }
  void open() {
    auto opened = store::Store::open(path_ + "/data", {Mailboxes::schema()});
    if (!opened) throw std::runtime_error(opened.error().to_string());
    store = std::move(*opened);
    auto mailboxes = Mailboxes::open(*store, clock);
    if (!mailboxes) throw std::runtime_error(mailboxes.error().to_string());
    boxes = std::move(*mailboxes);
  }
  void close() {
    boxes.reset();
    store.reset();
  }
  void reopen() {
    close();
    open();
  }
  void add_account(AccountId account) {
    store::Unit unit;
    unit.apply = [&](store::Sql& sql, auto) {
      return Mailboxes::create_defaults(sql, account, clock.wall());
    };
    if (!store->committer().commit_blocking(std::move(unit))) throw std::runtime_error("account");
  }
  // Returns when all that is being written has been.
  void wait_for_disk() {
    store::Unit unit;
    unit.apply = [](store::Sql&, auto) { return Result<void>{}; };
    if (!store->committer().commit_blocking(std::move(unit))) throw std::runtime_error("disk");
  }
  [[nodiscard]] store::BlobDraft draft(std::string_view text) const {
    auto made = store->draft();
    if (!made.append(text)) throw std::runtime_error("draft");
    return made;
  }
  [[nodiscard]] Box box(AccountId account, std::string_view name) const {
    auto found = boxes->find(account, name);
    if (!found || !*found) throw std::runtime_error("no such mailbox");
    return **found;
  }
  [[nodiscard]] std::int64_t count(std::string_view statement) const {
    auto value = store->read([&](store::Sql& sql) { return sql.integer(statement); });
    return value ? value->value_or(0) : -1;
  }

 private:
  std::string path_;
};

inline std::string letter(std::string_view subject, std::string_view body = "Hello\r\n") {
  return "Received: from a.example by mx.example id abcdefghijklmnopqrstuvwxyz; Tue, 24 Nov 2026 "
         "09:00:00 +0900\r\nFrom: Aoki <aoki@example.jp>\r\nTo: Baba <baba@example.jp>\r\n"
         "Date: Tue, 24 Nov 2026 09:00:00 +0900\r\nMessage-ID: <" +
         std::string(subject.substr(0, 3)) + "@example.jp>\r\nSubject: " + std::string(subject) +
         "\r\n\r\n" + std::string(body);
}

}  // namespace tandem::server::test
