// Log-ins by token: a token server (HTTPS) and an IMAP server, both scripted, and SideAccess
// between them. A token serves many log-ins, is replaced once when it is refused, and a refresh
// token that the server rotates is kept sealed.
#include <deque>
#include <fstream>

#include <catch2/catch.hpp>

#include "lib/net/http/server.hpp"
#include "lib/net/listener.hpp"
#include "lib/net/reader.hpp"
#include "migration/preflight.hpp"
#include "migration/side_access.hpp"
#include "tests/migration/ledger_fixture.hpp"
#include "tests/support/tls.hpp"

namespace tandem::migration {
namespace {

using config::OAuthKind;

class TokenServer final : public net::HttpHandler {
 public:
  std::vector<std::string> forms;
  std::deque<net::HttpResponse> answers;  // none left: 503

  void give(const std::string& token, const std::string& more = "") {
    net::HttpResponse response;
    response.body =
        R"({"token_type":"Bearer","expires_in":3600,"access_token":")" + token + "\"" + more + "}";
    answers.push_back(std::move(response));
  }
  void refuse(const std::string& error) {
    net::HttpResponse response;
    response.status = 400;
    response.body = R"({"error":")" + error + "\"}";
    answers.push_back(std::move(response));
  }
  net::Task<void> handle(net::HttpRequest request, net::HttpResponder& responder) override {
    forms.push_back(request.body);
    net::HttpResponse response;
    response.status = 503;
    if (!answers.empty()) {
      response = std::move(answers.front());
      answers.pop_front();
    }
    (void)co_await responder.send(std::move(response));
  }
};

// Takes the tokens it is told to take; notes what it was shown.
struct ImapServer {
  std::string takes;
  std::string offers = "AUTH=XOAUTH2 AUTH=PLAIN SASL-IR";
  std::vector<std::string> shown;

  net::Task<void> serve(net::StreamPtr stream) {
    net::BufferedReader reader(*stream);
    (void)co_await stream->write("* OK [CAPABILITY IMAP4rev1 " + offers + "] ready\r\n");
    while (true) {
      const auto line = co_await reader.read_line(64 * 1024);
      if (!line) co_return;
      const std::string tag = line->substr(0, line->find(' '));
      const auto mechanism = line->find("AUTHENTICATE XOAUTH2 ");
      if (mechanism == std::string::npos) {
        (void)co_await stream->write(tag + " OK done\r\n");
        continue;
      }
      const auto decoded = base64_decode(trim(line->substr(mechanism + 21))).value_or("");
      shown.push_back(decoded);
      const bool good = decoded.ends_with("auth=Bearer " + takes + "\1\1");
      if (good) {
        (void)co_await stream->write(tag + " OK [CAPABILITY IMAP4rev1] in\r\n");
        continue;
      }
      (void)co_await stream->write("+ eyJzdGF0dXMiOiI0MDEifQ==\r\n");
      (void)co_await reader.read_line(64 * 1024);
      (void)co_await stream->write(tag + " NO AUTHENTICATE failed.\r\n");
    }
  }
};

struct House {
  test::TestNet net;
  Ledger ledger;
  net::Connector connector;
  ImapServer imap;
  TokenServer tokens;
  std::unique_ptr<net::Listener> listener;
  std::unique_ptr<SideAccess> access;
  net::TaskGroup* serving = nullptr;  // while somebody logs in

  explicit House(OAuthKind kind, std::string provider = "") {
    net::ListenerOptions secure;
    secure.implicit_tls = test::tls_server("http/1.1");
    auto opened = net::Listener::open(net.executor(), "127.0.0.1", 0, secure);
    REQUIRE(opened);
    listener = std::move(*opened);
    connector.register_in_process("imap", [this](net::StreamPtr stream, net::Protocol) {
      serving->spawn(imap.serve(std::move(stream)));
    });
    config::MigrationSettings settings = example_settings();
    config::SideSettings& side = settings.old_side;
    side.provider = std::move(provider);
    side.login = "{address}";
    side.imap = net::Endpoint{.protocol = net::Protocol::imap, .in_process = "imap"};
    side.oauth.kind = kind;
    side.oauth.client_id = "app";
    side.oauth.client_secret_file = secret_file("the-client-secret");
    side.oauth.token_url = "https://127.0.0.1:" + std::to_string(listener->port()) + "/token";
    side.oauth.token_ca = ledger.directory.path + "/ca.pem";
    std::ofstream(side.oauth.token_ca) << test::test_identity().chain_pem;
    auto made = Registry::open(*ledger.store, {settings}, ledger.secrets, net.clock());
    REQUIRE(made);
    ledger.registry = std::move(*made);
    access = std::make_unique<SideAccess>(*ledger.registry, connector);
    std::vector<config::AccountRow> rows;
    rows.push_back(row("aoki@example.jp", kind == OAuthKind::refresh_token ? "refresh-1" : ""));
    rows.push_back(row("baba@example.jp", kind == OAuthKind::refresh_token ? "refresh-b" : ""));
    ledger.import(std::move(rows));
  }
  std::string secret_file(const std::string& secret) const {
    const std::string path = ledger.directory.path + "/secret";
    std::ofstream(path) << secret << "\n";
    std::filesystem::permissions(path, std::filesystem::perms(0600));
    return path;
  }
  // The error's text; "": logged in.
  std::string log_in(const std::string& address = "aoki@example.jp") {
    net.run(enter(*this, address));
    return error ? error->to_string() : "";
  }
  std::optional<Error> error;

  // What the preflight says of the old side.
  Remark look() {
    net.run(enter(*this, "aoki@example.jp", true));
    return remark;
  }
  Remark remark;

  static net::Task<void> handle(net::StreamPtr stream, TokenServer* by) {
    co_await net::serve_http(*stream, net::HttpOptions(), *by);
  }
  static net::Task<void> enter(House& house, std::string address, bool only_look = false) {
    net::TaskGroup serving(house.net.executor());
    house.serving = &serving;
    TokenServer* by = &house.tokens;
    net::Listener::Handler handler = [by](net::StreamPtr stream) {
      return handle(std::move(stream), by);
    };
    serving.spawn(house.listener->serve(serving, handler));
    if (only_look) {
      const auto found = co_await Preflight(*house.access).examine(house.ledger.account(address));
      for (const Remark& one : found.remarks)
        if (one.side == Side::old_side) house.remark = one;
    } else {
      auto opened = co_await house.access->open_imap(house.ledger.account(address), Side::old_side);
      house.error.reset();
      if (!opened) house.error = opened.error();
      if (opened) (*opened)->close();
    }
    serving.cancel();
    co_await serving.join();
  }
};

const std::string aoki = "user=aoki@example.jp\1auth=Bearer ";

}  // namespace

TEST_CASE("oauth: one token of an application opens many mailboxes, without any password") {
  House house(OAuthKind::microsoft);
  house.tokens.give("token-1");
  house.imap.takes = "token-1";
  CHECK(house.log_in().empty());
  CHECK(house.log_in("baba@example.jp").empty());
  CHECK(house.imap.shown ==
        std::vector<std::string>{aoki + "token-1\1\1",
                                 "user=baba@example.jp\1auth=Bearer token-1\1\1"});
  REQUIRE(house.tokens.forms.size() == 1);
  CHECK(house.tokens.forms[0].contains("client_secret=the-client-secret"));
}

TEST_CASE("oauth: a refused token is replaced by a new one, once") {
  House house(OAuthKind::microsoft);
  house.tokens.give("token-1");
  house.imap.takes = "token-1";
  CHECK(house.log_in().empty());
  house.net.timers.advance(std::chrono::minutes(10));
  house.tokens.give("token-2");
  house.imap.takes = "token-2";
  CHECK(house.log_in().empty());
  CHECK(house.imap.shown.size() == 3);
  house.net.timers.advance(std::chrono::minutes(10));
  house.tokens.give("token-3");
  house.tokens.give("token-4");
  house.imap.takes = "none";
  const std::string refused = house.log_in();
  CHECK(house.imap.shown.size() == 5);  // token-2, and token-3 once
  CHECK(house.tokens.forms.size() == 3);
  CHECK(house.error->kind == ErrorKind::authentication);
  CHECK(house.error->origin == Origin::old_side);
  CHECK(refused.contains("aoki@example.jp on the old side"));
  CHECK(refused.contains("Add-MailboxPermission"));
  CHECK_FALSE(refused.contains("token-3"));
  CHECK_FALSE(house.log_in("baba@example.jp").empty());  // no new token for each who is refused
  CHECK(house.tokens.forms.size() == 3);
}

TEST_CASE("oauth: a token server that is down is temporary, one that says no is not") {
  House house(OAuthKind::microsoft);
  CHECK(house.log_in().contains("token server 127.0.0.1 cannot answer now"));
  CHECK(house.error->temporary);
  CHECK(house.error->origin == Origin::old_side);
  CHECK(house.error->kind != ErrorKind::authentication);
  house.net.timers.advance(std::chrono::minutes(1));
  house.tokens.refuse("invalid_client");
  const std::string refused = house.log_in();
  CHECK(house.error->kind == ErrorKind::authentication);
  CHECK_FALSE(house.error->temporary);
  CHECK(refused.contains("oauth_client_secret_file"));
  CHECK_FALSE(refused.contains("the-client-secret"));
  house.tokens.give("token-1");
  house.imap.takes = "token-1";
  CHECK_FALSE(house.log_in().empty());  // not asked again at once …
  house.secret_file("a better one");
  CHECK(house.log_in().empty());  // … but with another secret
  house.net.timers.advance(std::chrono::hours(2));
  house.listener->close();
  CHECK(house.log_in().contains("cannot be asked"));
  CHECK(house.error->temporary);
  CHECK(house.imap.shown.size() == 1);
}

TEST_CASE("oauth: a rotated refresh token is kept sealed, and shown to the token server only") {
  House house(OAuthKind::refresh_token);
  house.imap.takes = "token-1";
  house.tokens.give("token-1", R"(,"refresh_token":"refresh-2")");
  const Account before = house.ledger.account("aoki@example.jp");
  CHECK(house.log_in().empty());
  const Account after = house.ledger.account("aoki@example.jp");
  const Registry& registry = *house.ledger.registry;
  CHECK(registry.refresh_token(after, Side::old_side)->reveal() == "refresh-2");
  CHECK_FALSE(after.login_at(Side::old_side).sealed_password.contains("refresh"));
  CHECK_FALSE(registry.own_password(after, Side::old_side));
  CHECK_FALSE(registry.credential(after, Side::old_side));
  CHECK(house.log_in().empty());
  CHECK(house.tokens.forms.size() == 1);  // the access token is as good as before
  house.net.timers.advance(std::chrono::hours(2));
  house.tokens.give("token-1");
  CHECK(house.log_in().empty());
  REQUIRE(house.tokens.forms.size() == 2);
  CHECK(house.tokens.forms[0].contains("refresh_token=refresh-1"));
  CHECK(house.tokens.forms[1].contains("refresh_token=refresh-2"));
  // Another account's is another; a second import of one replaces it, and its access token.
  house.tokens.give("token-1");
  CHECK(house.log_in("baba@example.jp").empty());
  CHECK(house.tokens.forms.back().contains("refresh_token=refresh-b"));
  std::vector<config::AccountRow> again;
  again.push_back(row("aoki@example.jp", "refresh-9"));
  house.ledger.import(std::move(again));
  house.tokens.refuse("invalid_grant");
  CHECK(house.log_in().contains("Import a new refresh token"));
  CHECK(house.tokens.forms.back().contains("refresh_token=refresh-9"));
}

TEST_CASE("oauth: a rotated token does not undo an import that came between") {
  House house(OAuthKind::refresh_token);
  const Account before = house.ledger.account("aoki@example.jp");
  std::vector<config::AccountRow> again;
  again.push_back(row("aoki@example.jp", "imported"));
  house.ledger.import(std::move(again));
  test::run([](Registry& registry, Account account) -> net::Task<void> {
    const auto done =
        co_await registry.renew_refresh_token(account, Side::old_side, Secret("rotated"));
    CHECK(done);
  }(*house.ledger.registry, before));
  const Account after = house.ledger.account("aoki@example.jp");
  CHECK(house.ledger.registry->refresh_token(after, Side::old_side)->reveal() == "imported");
}

TEST_CASE(
    "oauth: what is missing is said: a refresh token, tokens at all, or a server that takes them") {
  House house(OAuthKind::refresh_token);
  std::vector<config::AccountRow> rows;
  rows.push_back(row("chiba@example.jp", ""));
  house.ledger.import(std::move(rows));
  CHECK(house.log_in("chiba@example.jp").contains("column old_password"));
  CHECK(house.error->kind == ErrorKind::not_found);

  House passwords(OAuthKind::microsoft);
  passwords.imap.offers = "AUTH=PLAIN";
  passwords.tokens.give("token-1");
  CHECK(passwords.log_in().contains("takes no OAuth tokens"));

  const Remark remark = passwords.look();
  CHECK(remark.kind == Remark::Kind::no_token);
  CHECK(remark.light == Light::red);
  CHECK(remark.what.contains("takes no OAuth tokens"));

  House bare(OAuthKind::none, "microsoft365");
  CHECK(bare.look().kind == Remark::Kind::needs_oauth);
  CHECK(bare.look().next_step.contains("docs/oauth.md"));
  CHECK(bare.log_in().contains("Set 'oauth' in the section [old]"));
  CHECK(bare.error->kind == ErrorKind::authentication);
}

}  // namespace tandem::migration
