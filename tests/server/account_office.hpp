// A store with mailboxes and accounts in it, cheap passwords and a clock that the test moves.
#pragma once

#include "server/accounts/account_book.hpp"
#include "server/pop3/serve.hpp"
#include "server/smtp/serve.hpp"
#include "tests/server/post_office.hpp"
#include "tests/server/talk.hpp"
#include "tests/support/tls.hpp"

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
  ServerSettings settings{"mx.example.jp", {"example.jp", "example.org"}, 1024 * 1024};
  MaildropLocks locks;

  AccountOffice() {
    auto box = config::SecretBox::from_key(Secret(std::string(32, 'k')));
    secrets = std::make_unique<config::SecretBox>(std::move(box.value()));
    auto opened =
        store::Store::open(folder.path + "/data", {Mailboxes::schema(), AccountBook::schema()});
    store = std::move(opened.value());
    boxes = std::move(Mailboxes::open(*store, net.clock()).value());
    AccountSettings rules{{"Example.JP", "example.org"}, {.log_n = 4, .r = 1, .p = 1}, 4096};
    book = std::make_unique<AccountBook>(*store, pool, net.clock(), rules, secrets.get());
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
  enum class Kind { smtp, lmtp, submission, pop3 };
  // A session; its client writes `piece` bytes at a time. `peer` empty: in-process.
  Talk talk(Kind kind, std::size_t piece = 100'000, std::string peer = "") {
    auto [client, server] = net::make_memory_pair(net.executor());
    const bool strange = !peer.empty();
    if (strange) server->set_peer(std::move(peer), 40'000);
    ProtocolContext context{*book, *boxes, settings, strange ? Trust::network : Trust::in_process,
                            strange ? tandem::test::tls_server() : nullptr};
    net.group.spawn(serve(std::move(server), std::move(context), kind));
    return {std::move(client), piece};
  }
  net::Task<void> serve(net::StreamPtr stream, ProtocolContext context, Kind kind) {
    switch (kind) {
      case Kind::pop3: return serve_pop3(std::move(stream), std::move(context), locks, net.group);
      case Kind::submission:
        return serve_submission(std::move(stream), std::move(context), net.group);
      default:
        return serve_smtp_in(std::move(stream), std::move(context), kind == Kind::lmtp, net.group);
    }
  }
  // The messages of a mailbox, oldest first.
  [[nodiscard]] std::vector<std::string> messages(AccountId account,
                                                  std::string_view name = "INBOX") const {
    std::vector<std::string> all;
    for (const MessageRow& row :
         boxes->rows(box(account, name).id, 1, 0xffffffff, RowDetail::blob, 1000).value())
      all.push_back(boxes->blobs().read(row.blob).value());
    return all;
  }
  void run(net::Task<void> body) { net.run(join_after(std::move(body))); }
  net::Task<void> join_after(net::Task<void> body) {
    co_await std::move(body);
    co_await net.group.join();
  }
  [[nodiscard]] std::int64_t count(std::string_view statement) const {
    auto value = store->read([&](store::Sql& sql) { return sql.integer(statement); });
    return value ? value->value_or(0) : -1;
  }
};

}  // namespace tandem::server::test
