// A stage for session tests: a ledger with accounts, a proxy, scripted backends behind the
// Connector, and people who speak to the proxy over memory pairs.
//
// A backend's script is lines of "S: text" (says), "C: text" (expects exactly this line), "TLS" and
// "NO TLS" (a handshake that succeeds, or fails), "END" (expects the end of input), "WAIT" (for
// Backends::go_on). In "C: %T text" the tag is whatever the client chose, and "%T" in later lines
// is that tag.
#pragma once

#include <deque>
#include <fstream>
#include <string>
#include <vector>

#include "lib/net/sync.hpp"
#include "lib/net/wait.hpp"
#include "migration/side_access.hpp"
#include "proxy/session/session_proxy.hpp"
#include "tests/migration/ledger_fixture.hpp"
#include "tests/support/run.hpp"
#include "tests/support/tls.hpp"

namespace tandem::session {

using Script = std::vector<std::string>;

// One end of a conversation; what does not fit is written into `wrong`.
class Talker {
 public:
  Talker(net::StreamPtr stream, bool in_bytes) : stream_(std::move(stream)), in_bytes_(in_bytes) {}

  net::Task<void> say(std::string text) {
    for (std::size_t at = 0; at < text.size(); at += in_bytes_ ? 1 : text.size()) {
      const std::string piece = text.substr(at, in_bytes_ ? 1 : text.size());
      const auto written = co_await stream_->write(piece);
      if (!written) co_return;
      if (in_bytes_) co_await net::yield_now();
    }
  }
  // Up to and with the next LF; empty: the end.
  net::Task<std::string> line() {
    while (seen_.find('\n') == std::string::npos) {
      char room[512];
      const auto count = co_await stream_->read_some(room);
      if (!count || *count == 0) co_return std::exchange(seen_, {});
      seen_.append(room, *count);
    }
    const std::size_t end = seen_.find('\n') + 1;
    std::string text = seen_.substr(0, end);
    seen_.erase(0, end);
    co_return text;
  }
  net::Task<void> hear(std::string text) {
    const std::string heard = co_await line();
    CHECK(heard == text + "\r\n");
  }
  // What comes until the end.
  net::Task<std::string> all() {
    std::string text;
    while (true) {
      const std::string next = co_await line();
      if (next.empty()) co_return text;
      text += next;
    }
  }
  // A command's answer: lines up to the one that begins with `last`.
  net::Task<std::string> answer(std::string last) {
    while (true) {
      std::string next = co_await line();
      if (next.empty() || next.starts_with(last)) co_return next;
    }
  }
  [[nodiscard]] net::Stream& stream() { return *stream_; }
  void close() { stream_->close(); }

 private:
  net::StreamPtr stream_;
  std::string seen_;
  bool in_bytes_;
};

struct Backends {
  std::deque<Script> scripts;       // one for each connection, in order
  std::vector<std::string> played;  // the lines that were done
  std::vector<std::string> wrong;
  unsigned connections = 0;
  net::Event go_on;  // what "WAIT" waits for
};

inline std::string with_tag(std::string text, const std::string& tag) {
  const std::size_t at = text.find("%T");
  return at == std::string::npos ? text : text.replace(at, 2, tag);
}

inline net::Task<void> play(net::StreamPtr stream, Script script, Backends* backends,
                            bool in_bytes) {
  Talker talker(std::move(stream), in_bytes);
  std::string tag;
  for (const std::string& line : script) {
    if (line.starts_with("S: ")) {
      const std::string text = with_tag(line.substr(3), tag) + "\r\n";
      co_await talker.say(text);
    } else if (line.starts_with("C: ")) {
      std::string heard = co_await talker.line();
      if (line.starts_with("C: %T")) tag = heard.substr(0, heard.find(' '));
      const std::string due = with_tag(line.substr(3), tag) + "\r\n";
      if (heard != due) {
        backends->wrong.push_back("heard '" + heard + "' instead of '" + due + "'");
        break;
      }
    } else if (line == "TLS") {
      const auto tls = test::tls_server();
      const auto secured = co_await talker.stream().start_tls(tls);
      if (!secured) backends->wrong.push_back(secured.error().what);
      if (!secured) break;
    } else if (line == "NO TLS") {
      const auto tls = test::tls_server();
      const auto secured = co_await talker.stream().start_tls(tls);
      if (secured) backends->wrong.push_back("a handshake that should have failed");
    } else if (line == "WAIT") {
      (void)co_await backends->go_on.wait();
    } else if (line == "END") {
      const std::string rest = co_await talker.line();
      if (!rest.empty()) backends->wrong.push_back("more: " + rest);
    }
    backends->played.push_back(line);
  }
  talker.close();
}

// The sync's map, as the story says it is.
struct Inboxes final : migration::InboxMaps {
  migration::InboxMap map;
  Result<migration::InboxMap> inbox(migration::AccountId) const override { return map; }
};

struct Stage {
  test::TestNet net;
  migration::TempDirectory directory;
  config::SecretBox secrets = *config::SecretBox::from_key(Secret(std::string(32, 'k')));
  std::unique_ptr<store::Store> store;
  std::unique_ptr<migration::Registry> registry;
  net::Connector connector;
  std::unique_ptr<migration::SideAccess> access;
  net::Offload offload{1};
  Inboxes inboxes;
  bool keeps_ids = false;
  Backends old_side, new_side;
  std::unique_ptr<SessionProxy> proxy;
  bool in_bytes = false;
  net::TlsMode backend_tls = net::TlsMode::never;

  std::string backend_host;

  explicit Stage(net::TlsMode tls = net::TlsMode::never, bool bytes = false,
                 std::string host = "localhost")
      : in_bytes(bytes), backend_tls(tls), backend_host(std::move(host)) {
    auto opened = store::Store::open(directory.path + "/data",
                                     {migration::Registry::schema(), SessionProxy::schema()});
    REQUIRE(opened);
    store = std::move(*opened);
    auto made = migration::Registry::open(*store, {settings()}, secrets, net.clock());
    REQUIRE(made);
    registry = std::move(*made);
    connector.register_in_process("old", server(old_side));
    connector.register_in_process("new", server(new_side));
    open_proxy(options());
  }

  void open_proxy(SessionOptions options) {
    access = std::make_unique<migration::SideAccess>(*registry, connector);
    SessionParts parts{*registry, connector, net.clock(),
                       offload,   *store,    keeps_ids ? &inboxes : nullptr};
    parts.access = access.get();
    proxy = std::make_unique<SessionProxy>(parts, std::move(options));
  }
  SessionOptions options() const {
    SessionOptions options;
    options.hostname = "mail.test";
    options.login_without_tls = true;
    options.kick_pace = Duration(0);
    return options;
  }
  net::InProcessServer server(Backends& backends) {
    return [this, &backends](net::StreamPtr stream, net::Protocol) {
      ++backends.connections;
      Script script;
      if (!backends.scripts.empty()) script = std::move(backends.scripts.front());
      if (!backends.scripts.empty()) backends.scripts.pop_front();
      net.group.spawn(play(std::move(stream), std::move(script), &backends, in_bytes));
    };
  }

  net::Endpoint endpoint(net::Protocol protocol, std::string name) const {
    net::Endpoint endpoint{.protocol = protocol, .tls = backend_tls};
    endpoint.host = backend_host;
    endpoint.in_process = std::move(name);
    endpoint.ca_file = directory.path + "/ca.pem";
    return endpoint;
  }
  void fill(config::SideSettings& side, const std::string& name) const {
    side.imap = endpoint(net::Protocol::imap, name);
    side.pop3 = endpoint(net::Protocol::pop3, name);
    side.submission = endpoint(net::Protocol::submission, name);
  }
  config::MigrationSettings settings() const {
    std::ofstream(directory.path + "/ca.pem") << test::test_identity().chain_pem;
    config::MigrationSettings settings = migration::example_settings();
    fill(settings.old_side, "old");
    fill(settings.new_side, "new");
    return settings;
  }

  net::Task<void> import(std::string address, std::string old_password = "",
                         std::string new_password = "") {
    config::AccountRow row;
    row.address = std::move(address);
    row.old_password = Secret(std::move(old_password));
    row.new_password = Secret(std::move(new_password));
    std::vector<config::AccountRow> rows;
    rows.push_back(std::move(row));
    const auto report = co_await registry->import_accounts("example", std::move(rows), "test");
    REQUIRE(report);
  }
  net::Task<void> step(std::string address, migration::Step step) {
    const migration::Account account = *registry->routes()->account(address);
    const auto moved = co_await registry->take_step(account.id, step, account.epoch, "test");
    REQUIRE(moved);
  }
  net::Task<void> cut_over(std::string address) {
    co_await step(address, migration::Step::start);
    co_await step(address, migration::Step::cut_over);
  }
  [[nodiscard]] migration::AccountId id(std::string_view address) const {
    return registry->routes()->account(address)->id;
  }

  // A person at the door.
  Talker person(net::Protocol protocol, bool starttls = false, std::string from = {}) {
    auto [near, far] = net::make_memory_pair(net.executor());
    if (!from.empty()) far->set_peer(std::move(from), 4711);
    auto tls = starttls ? test::tls_server() : nullptr;
    net.group.spawn(proxy->serve(std::move(far), protocol, std::move(tls), net.group));
    return Talker(std::move(near), in_bytes);
  }
  void check_backends() const {
    for (const auto& wrong : old_side.wrong) FAIL_CHECK("old side: " << wrong);
    for (const auto& wrong : new_side.wrong) FAIL_CHECK("new side: " << wrong);
    CHECK(old_side.scripts.empty());
    CHECK(new_side.scripts.empty());
  }
};

// The opening of a backend's IMAP session, up to its answer.
inline Script imap_login(
    std::string arguments,
    std::string answer = "OK [CAPABILITY IMAP4rev1 IDLE X-SIDE COMPRESS=DEFLATE] in") {
  return {"S: * OK [CAPABILITY IMAP4rev1] hello", "C: %T LOGIN " + arguments, "S: %T " + answer};
}

inline Script operator+(Script a, const Script& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

// Runs a story on a stage, whole and one byte at a time.
inline void both_ways(net::Task<void> (*story)(Stage&), net::TlsMode tls = net::TlsMode::never) {
  for (const bool bytes : {false, true}) {
    Stage stage(tls, bytes);
    INFO((bytes ? "byte by byte" : "whole"));
    stage.net.run(story(stage));
    stage.net.run(stage.net.group.join());
    stage.check_backends();
  }
}

}  // namespace tandem::session
