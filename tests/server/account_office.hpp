// A store with mailboxes and accounts in it, cheap passwords and a clock that the test moves.
#pragma once

#include "server/accounts/account_book.hpp"
#include "tests/server/post_office.hpp"

namespace tandem::server::test {

class AccountOffice {
 public:
  Folder folder;
  tandem::test::TestNet net;
  net::Offload pool{1};
  std::unique_ptr<config::SecretBox> secrets;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<Mailboxes> boxes;
  std::unique_ptr<AccountBook> book;

  AccountOffice() {
    auto box = config::SecretBox::from_key(Secret(std::string(32, 'k')));
    secrets = std::make_unique<config::SecretBox>(std::move(box.value()));
    auto opened =
        store::Store::open(folder.path + "/data", {Mailboxes::schema(), AccountBook::schema()});
    store = std::move(opened.value());
    boxes = std::move(Mailboxes::open(*store, net.clock()).value());
    AccountSettings settings{{"Example.JP", "example.org"}, {.log_n = 4, .r = 1, .p = 1}, 4096};
    book = std::make_unique<AccountBook>(*store, pool, net.clock(), settings, secrets.get());
  }
  net::Task<AccountId> add(std::string address, std::string password, bool recoverable = false) {
    NewAccount account{std::move(address), Secret(std::move(password)), 0, recoverable};
    const auto made = co_await book->create(std::move(account));
    if (!made) throw std::runtime_error(made.error().to_string());
    co_return *made;
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
};

}  // namespace tandem::server::test
