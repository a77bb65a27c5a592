// A gateway between two sides that the test plays: each side's SMTP server records what it gets and
// answers what it is told to. Its IMAP server is not there unless the test gives one, so mirror
// copies become debts. Time stands still.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include "config/accounts_csv.hpp"
#include "config/migration_settings.hpp"
#include "config/secret_box.hpp"
#include "lib/base/text.hpp"
#include "lib/net/connector.hpp"
#include "lib/net/smtp_client.hpp"
#include "lib/protocol/smtp/dot_writer.hpp"
#include "migration/account_locks.hpp"
#include "migration/registry.hpp"
#include "migration/side_access.hpp"
#include "proxy/gateway/gateway.hpp"
#include "tests/migration/ledger_fixture.hpp"
#include "tests/support/dns_server.hpp"
#include "tests/support/run.hpp"

namespace tandem::gateway {

// A message as it is sent: stuffed, with its dot.
inline std::string as_content(const std::string& message) {
  std::string out;
  smtp::DotWriter writer;
  writer.write(message, out);
  writer.end(out);
  return out;
}

// The envelope's commands, each from the same sender.
inline Task<smtp::Reply> say_mail(net::SmtpClient& client,
                                  std::string from = "sender@sender.example") {
  smtp::MailCommand command{.from = std::move(from)};
  const auto reply = co_await client.mail(std::move(command));
  REQUIRE(reply);
  co_return *reply;
}
inline Task<smtp::Reply> say_rcpt(net::SmtpClient& client, std::string recipient) {
  smtp::RcptCommand command{.to = std::move(recipient)};
  const auto reply = co_await client.rcpt(std::move(command));
  REQUIRE(reply);
  co_return *reply;
}

// What one side's mail server saw and shall say.
struct FakeHome {
  std::map<std::string, smtp::Reply> mail;  // by sender; default 250
  std::map<std::string, smtp::Reply> rcpt;  // by recipient; default 250
  smtp::Reply end = smtp::make_reply(250, "2.0.0", "Ok");
  bool vanish_after_dot = false;  // takes the message and closes without an answer
  bool down = false;              // closes every new connection
  Duration data_pause{};          // before it answers DATA
  bool choosy = false;            // refuses addresses that nobody has: it is no catch-all
  int probed = 0;                 // RCPTs for such addresses
  int quits = 0;
  int connections = 0;  // so far
  int open = 0;         // of these, now
  std::vector<std::string> messages;
  std::vector<std::string> recipients;  // of accepted RCPTs
  std::vector<std::string> senders;     // of all MAILs
  bool dsn = true;                      // offers DSN (RFC 3461)
  smtp::MailCommand last_mail;
  smtp::RcptCommand last_rcpt;  // accepted
  net::Stream* stream = nullptr;
  std::string password;                       // who logs in with it may send; empty: anybody
  bool xclient = false;                       // believes what it is told of clients
  std::vector<smtp::ClientIdentity> clients;  // at each MAIL: whom it was told of last
};

class FakePolicy : public net::SmtpPolicy {
 public:
  explicit FakePolicy(FakeHome& home) : home_(home) {}
  Task<smtp::Reply> on_xclient(smtp::ClientIdentity client) override {
    client_ = std::move(client);
    co_return smtp::make_reply(220, "", "ready");
  }
  Task<sasl::Answer> on_auth(sasl::Request request) override {
    co_return request.secret == home_.password ? sasl::Answer::accept() : sasl::Answer::refuse();
  }
  Task<smtp::Reply> on_mail(smtp::MailCommand command) override {
    content_.clear();
    home_.senders.push_back(command.from);
    home_.last_mail = command;
    home_.clients.push_back(client_);
    const auto told = home_.mail.find(command.from);
    if (told != home_.mail.end()) co_return told->second;
    co_return smtp::make_reply(250, "2.1.0", "Ok");
  }
  Task<smtp::Reply> on_rcpt(smtp::RcptCommand command) override {
    if (command.to.find('@') == 26) {  // a probe: 26 random characters
      ++home_.probed;
      if (home_.choosy) co_return smtp::make_reply(550, "5.1.1", "User unknown");
    }
    const auto told = home_.rcpt.find(command.to);
    if (told != home_.rcpt.end()) co_return told->second;
    home_.recipients.push_back(command.to);
    home_.last_rcpt = command;
    co_return smtp::make_reply(250, "2.1.5", "Ok");
  }
  Task<smtp::Reply> on_data_start() override {
    if (home_.data_pause > Duration(0)) (void)co_await net::sleep_for(home_.data_pause);
    co_return co_await SmtpPolicy::on_data_start();
  }
  Task<Result<void>> on_chunk(std::string_view chunk) override {
    content_ += chunk;
    co_return Result<void>{};
  }
  Task<std::vector<smtp::Reply>> on_end() override {
    if (home_.end.positive()) home_.messages.push_back(content_);
    if (home_.vanish_after_dot) home_.stream->close();
    std::vector<smtp::Reply> replies;
    replies.push_back(home_.end);
    co_return replies;
  }
  Task<void> on_abort() override { co_return; }
  Task<void> on_quit() override {
    ++home_.quits;
    co_return;
  }

 private:
  FakeHome& home_;
  std::string content_;
  smtp::ClientIdentity client_;
};

inline Task<void> serve_fake(net::StreamPtr stream, FakeHome& home, net::TaskGroup& group) {
  home.stream = stream.get();
  ++home.connections;
  ++home.open;
  FakePolicy policy(home);
  net::SmtpServerOptions options;
  options.group = &group;
  options.protocol.xclient = home.xclient;
  options.protocol.dsn = home.dsn;
  options.protocol.require_auth = options.protocol.auth_without_tls = !home.password.empty();
  if (!home.password.empty()) options.protocol.auth_mechanisms = {"PLAIN"};
  co_await net::serve_smtp(*stream, std::move(options), policy);
  --home.open;
}

inline net::Endpoint inside(std::string name, net::Protocol protocol) {
  return {.protocol = protocol, .tls = net::TlsMode::never, .in_process = std::move(name)};
}

inline config::MigrationSettings gateway_settings() {
  auto settings = migration::example_settings();
  settings.old_side.smtp = inside("old", net::Protocol::smtp);
  settings.old_side.imap = inside("old", net::Protocol::imap);
  settings.new_side.smtp = inside("new", net::Protocol::smtp);
  settings.new_side.imap = inside("new", net::Protocol::imap);
  return settings;
}

class Scene {
 public:
  test::TestNet net;
  FakeHome old_home, new_home;
  FakeHome outside;  // the smarthost: what goes to senders out in the world
  std::string sender = "sender@sender.example";
  std::function<net::StreamPtr(net::StreamPtr)> wrap;  // the clients' ends

  // Takes a connection to "old" or "new" in place of the fakes (false: the fakes shall), and those
  // to milters.
  using Server = std::function<bool(const std::string& side, net::StreamPtr&, net::Protocol)>;

  explicit Scene(config::MigrationSettings settings = gateway_settings(), Server server = {},
                 FilterOptions filter = {}, Duration greet_pause = Duration(0),
                 std::string data = {}, store::StoreOptions store_options = {})
      : server_(std::move(server)) {
    if (data.empty()) data = directory_.path + "/data";
    add_side("old", old_home);
    add_side("new", new_home);
    add_side("outside", outside);
    for (const auto& milter : filter.milters) add_milter(milter.in_process);
    auto opened =
        store::Store::open(data, {migration::Registry::schema(), Gateway::schema()}, store_options);
    REQUIRE(opened);
    store_ = std::move(*opened);
    auto made = migration::Registry::open(*store_, {std::move(settings)}, secrets_, net.clock());
    REQUIRE(made);
    registry_ = std::move(*made);
    access_ = std::make_unique<migration::SideAccess>(*registry_, connector_);
    const GatewayParts parts{*store_, *registry_, *access_,   locks_,
                             events_, connector_, net.clock()};
    GatewayOptions options{.hostname = "gate.example"};
    options.smarthost = inside("outside", net::Protocol::smtp);
    options.filter = std::move(filter);
    REQUIRE(options.xclient_from.add(trusted_proxy));
    options.greet_pause = greet_pause;
    gateway_ = std::make_unique<Gateway>(net.executor(), parts, std::move(options));
    if (registry_->routes()->accounts().empty()) net.run(import_people(*registry_));
  }
  ~Scene() {
    net.run(end(net));
    gateway_.reset();
    registry_.reset();
    store_.reset();
  }

  [[nodiscard]] test::DnsServer& dns() { return dns_; }
  [[nodiscard]] Gateway& gateway() { return *gateway_; }
  [[nodiscard]] migration::Registry& registry() { return *registry_; }
  [[nodiscard]] store::Store& store() { return *store_; }

  // May use XCLIENT.
  static constexpr const char* trusted_proxy = "192.0.2.250";

  // A client of the gateway, greeted; from nowhere unless `peer` says from where.
  Task<std::unique_ptr<net::SmtpClient>> connect(std::string peer = {}) {
    auto [ours, theirs] = net::make_memory_pair(net.executor());
    if (!peer.empty()) theirs->set_peer(std::move(peer), 4711);
    net.group.spawn(gateway_->serve(std::move(theirs), nullptr, net.group));
    if (wrap) ours = wrap(std::move(ours));
    auto client = std::make_unique<net::SmtpClient>();
    net::SmtpClientOptions options;
    options.protocol.host = "mta.sender.example";
    options.protocol.tls = smtp::ClientOptions::Tls::never;
    const auto opened = co_await client->open(std::move(ours), std::move(options));
    if (!wrap) REQUIRE(opened);  // else null: nobody is there any more
    if (!opened) client.reset();
    co_return client;
  }

  // Copies, doubts and what is owed are worked at from now on.
  void start_workers() { net.group.spawn(gateway_->run(net.group)); }

  // What was handed to the journal is on the disk, and whoever waited for it has gone on.
  Task<void> settle() {
    co_await net.timers.settle();
    store::Unit nothing;
    const auto done = co_await store_->committer().commit(std::move(nothing));
    REQUIRE(done);
    co_await net.timers.settle();
  }
  // The same, for the one coroutine that drives a long play: it runs the others from within itself
  // until they rest, which is many times cheaper.
  Task<void> rest() {
    net.context.poll();
    store::Unit nothing;
    const auto done = co_await store_->committer().commit(std::move(nothing));
    REQUIRE(done);
    net.context.poll();
  }
  // The same where the disk may be gone.
  Task<void> settle_or_die() {
    co_await net.timers.settle();
    store::Unit nothing;
    (void)co_await store_->committer().commit(std::move(nothing));
    co_await net.timers.settle();
  }
  // Gives way until `done`.
  Task<void> until(std::function<bool()> done) {
    const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(30);
    while (!done()) {
      REQUIRE(std::chrono::steady_clock::now() < limit);
      co_await settle();
    }
  }
  Task<void> until_state(std::string recipient, std::string state) {
    const auto done = [this, &recipient, &state] { return state_of(recipient) == state; };
    co_await until(done);
  }
  // Lets time pass until `done`, a second at a time; false: `limit` was over before.
  Task<bool> pass_until(std::function<bool()> done, Duration limit) {
    for (Duration passed{0}; !done() && passed < limit; passed += std::chrono::seconds(1)) {
      co_await net.timers.pass(std::chrono::seconds(1));
      co_await settle();
    }
    co_return done();
  }
  [[nodiscard]] std::string state_of(const std::string& recipient) {
    for (const auto& one : gateway_->recent(1000, ""))
      if (one.recipient == recipient) return one.home;
    return "";
  }

  // What waits for this recipient, debts of copies apart.
  [[nodiscard]] std::optional<migration::QueueItem> waiting(const std::string& recipient) {
    for (const auto& one : gateway_->queue(1000))
      if (one.recipient == recipient && one.kind != "debt") return one;
    return std::nullopt;
  }
  // An attempt to deliver it has ended.
  [[nodiscard]] bool tried(const std::string& recipient) {
    const auto item = waiting(recipient);
    return item && item->attempts > 0 && item->due;
  }

  // One message; the answer after the dot, or the first refusal.
  Task<smtp::Reply> send(net::SmtpClient& client, std::string recipient, std::string bytes) {
    std::vector<std::string> one;
    one.push_back(std::move(recipient));
    co_return co_await send(client, std::move(one), std::move(bytes));
  }
  Task<smtp::Reply> send(net::SmtpClient& client, std::vector<std::string> recipients,
                         std::string bytes) {
    co_await say_mail(client, sender);
    for (const auto& recipient : recipients) {
      const auto rcpt = co_await say_rcpt(client, recipient);
      if (!rcpt.positive()) co_return rcpt;
    }
    const auto go = co_await client.data_begin();
    REQUIRE(go);
    const auto written = co_await client.data_chunk(bytes);
    REQUIRE(written);
    const auto replies = co_await client.data_end();
    REQUIRE(replies);
    co_return replies->front();
  }

 private:
  void add_side(std::string name, FakeHome& home) {
    connector_.register_in_process(
        name, [this, name, &home](net::StreamPtr stream, net::Protocol protocol) {
          if (server_ && server_(name, stream, protocol)) return;
          if (protocol == net::Protocol::imap || home.down) return;  // nobody there
          net.group.spawn(serve_fake(std::move(stream), home, net.group));
        });
  }
  void add_milter(const std::string& name) {
    connector_.register_in_process(name, [this, name](net::StreamPtr stream, net::Protocol other) {
      (void)server_(name, stream, other);
    });
  }
  static Task<void> import_people(migration::Registry& registry) {
    std::vector<config::AccountRow> rows;
    for (const char* name : {"aoki", "baba", "chiba", "dai", "emi", "fuji"}) {
      rows.push_back(migration::row(std::string(name) + "@example.jp", "secret"));
      rows.back().new_password = Secret(std::string("secret"));
    }
    const auto imported = co_await registry.import_accounts("example", std::move(rows), "test");
    REQUIRE(imported);
    // aoki, dai: home old, mirror new; baba, emi: home new, mirror old; the others: old, no mirror.
    for (const char* name : {"aoki", "baba", "dai", "emi"})
      co_await step(registry, name, migration::Step::start);
    for (const char* name : {"baba", "emi"})
      co_await step(registry, name, migration::Step::cut_over);
  }
  static Task<void> step(migration::Registry& registry, std::string name, migration::Step step) {
    const auto routes = registry.routes();
    const auto* account = routes->account(name + "@example.jp");
    const auto moved = co_await registry.take_step(account->id, step, account->epoch, "test");
    REQUIRE(moved);
  }
  static Task<void> end(test::TestNet& net) {
    net.group.request_stop();
    net.group.cancel();
    co_await net.group.join();
  }

  Server server_;
  migration::TempDirectory directory_;
  config::SecretBox secrets_ = *config::SecretBox::from_key(Secret(std::string(32, 'k')));
  test::DnsServer dns_;
  net::Connector connector_{{.resolver = {.servers = {dns_.address()}}}};
  migration::AccountLocks locks_;
  migration::EventBus events_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<migration::Registry> registry_;
  std::unique_ptr<migration::SideAccess> access_;
  std::unique_ptr<Gateway> gateway_;
};

}  // namespace tandem::gateway
