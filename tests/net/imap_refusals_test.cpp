// What servers say when they refuse, and what it is to us: a wrong password is not tried again by
// itself, everything else is.
#include "lib/net/imap_client.hpp"
#include "lib/protocol/imap/refusal_words.hpp"
#include "lib/protocol/sasl/sasl.hpp"
#include "tests/net/imap_script.hpp"

namespace tandem::test {
namespace {

using namespace net;

struct Refused {
  std::string words;  // with "NO ", "BAD " or "BYE "
  ErrorKind kind;
  bool temporary;
};

constexpr ErrorKind password = ErrorKind::authentication;
constexpr ErrorKind refused = ErrorKind::refused;

enum class Refusing : std::uint8_t { greeting, login, plain, select };

std::vector<ScriptStep> script_of(Refusing at, const std::string& words) {
  const std::string able = "[CAPABILITY IMAP4rev1 SASL-IR" +
                           std::string(at == Refusing::plain ? " LOGINDISABLED AUTH=PLAIN" : "") +
                           "]";
  if (at == Refusing::greeting) return {{"", "* " + words + "\r\n"}};
  std::vector<ScriptStep> script{{"", "* OK " + able + " hi\r\n"}};
  const std::string login = at == Refusing::plain ? "A1 AUTHENTICATE PLAIN AGJvYgBzZWNyZXQ=\r\n"
                                                  : "A1 LOGIN \"bob\" \"secret\"\r\n";
  if (at != Refusing::select) {
    script.push_back({login, "A1 " + words + "\r\n"});
  } else {
    script.push_back({login, "A1 OK " + able + " in\r\n"});
    script.push_back({"A2 SELECT INBOX\r\n", "A2 " + words + "\r\n"});
  }
  return script;
}

Task<Result<void>> up_to(ImapClient& client) {
  const auto greeted = co_await client.greet();
  if (!greeted) co_return greeted;
  sasl::Credentials credentials;
  credentials.user = "bob";
  credentials.password = "secret";
  const auto in = co_await client.log_in(std::move(credentials), true);
  if (!in) co_return in;
  const auto box = co_await client.select("INBOX");
  if (!box) co_return fail(box.error());
  co_return Result<void>{};
}

Task<void> meet(TestNet& net, std::vector<ScriptStep> script, Result<void>& out) {
  auto [ours, theirs] = make_memory_pair(net.executor(), 4096);
  const std::size_t steps = script.size();
  net.group.spawn(follow(std::move(theirs), std::move(script), steps));
  ImapClient client(std::move(ours));
  out = co_await up_to(client);
  client.close();
  co_await net.group.join();
}

void check(Refusing at, const Refused& row) {
  INFO(row.words);
  TestNet net;
  Result<void> out;
  net.run(meet(net, script_of(at, row.words), out));
  REQUIRE_FALSE(out);
  CHECK(out.error().kind == row.kind);
  CHECK(out.error().temporary == row.temporary);
  CHECK(out.error().server_words == row.words.substr(row.words.find(' ') + 1));
}

}  // namespace

TEST_CASE("IMAP refusals at log-in: which are a wrong password") {
  const std::vector<Refused> table{
      {"NO Login failed.", password, false},  // Courier
      {"NO LOGIN failed.", password, false},  // Exchange
      {"NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)", password, false},
      {"NO [AUTHORIZATIONFAILED] not for that mailbox", password, false},
      {"NO [EXPIRED] the password has ended", password, false},
      {"NO [PRIVACYREQUIRED] under TLS only", password, false},
      {"NO [CONTACTADMIN] this account is blocked", password, false},
      {"NO [NOPERM] IMAP is off for you", password, false},
      {"NO [CANNOT] not like that", password, false},
      {"NO [ALERT] Application-specific password required", password, false},
      {"NO [UNAVAILABLE] the directory is away", refused, true},
      {"NO [INUSE] the mailbox is locked", refused, true},
      {"NO [SERVERBUG] Internal error occurred", refused, true},
      {"NO [LIMIT] too many sessions of yours", refused, true},
      {"NO [THROTTLED] slower", refused, true},
      {"NO [CORRUPTION] the index is broken", refused, false},
      {"NO [ALERT] Too many simultaneous connections. (Failure)", refused, true},
      {"NO Maximum number of connections from user+IP exceeded", refused, true},
      {"NO User is authenticated but not connected.", refused, true},
      {"BAD User is authenticated but not connected.", refused, true},
      {"BAD Request is throttled. Suggested Backoff Time: 500 milliseconds", refused, true},
  };
  for (const Refused& row : table)
    for (const Refusing at : {Refusing::login, Refusing::plain}) check(at, row);
}

TEST_CASE("IMAP refusals of SELECT: none is a wrong password but what says so") {
  const std::vector<Refused> table{
      {"NO [NOPERM] not yours", refused, false},
      {"NO [CORRUPTION] the index is broken", refused, false},
      {"NO [CANNOT] not this one", refused, false},
      {"NO [CONTACTADMIN] ask", refused, false},
      {"NO [INUSE] another has it", refused, true},
      {"NO [SERVERBUG] Internal error occurred", refused, true},
      {"NO [LIMIT] too many mailboxes", refused, true},
      {"NO [UNAVAILABLE] later", refused, true},
      {"NO [NONEXISTENT] no such mailbox", ErrorKind::not_found, false},
      {"NO [EXPIRED] meanwhile", password, false},
      {"NO Server Unavailable. 15", refused, false},
      {"BAD User is authenticated but not connected.", refused, true},
  };
  for (const Refused& row : table) check(Refusing::select, row);
}

TEST_CASE("IMAP refusals in the greeting pass by themselves, but those that say otherwise") {
  const std::vector<Refused> table{
      {"BYE Too many connections from your address", refused, true},
      {"BYE Request is throttled. Suggested Backoff Time: 92415 milliseconds", refused, true},
      {"BYE [THROTTLED] rate limit reached", refused, true},
      {"BYE [UNAVAILABLE] Temporary System Error", refused, true},
      {"BYE [ALERT] Maximum number of connections exceeded", refused, true},
      {"BYE [ALERT] Closed for repairs", refused, true},
      {"BYE Session expired, please login again", refused, true},
      {"BYE [CONTACTADMIN] your address is blocked", refused, false},
  };
  for (const Refused& row : table) {
    check(Refusing::greeting, row);
    const bool crowd = row.words.find("onnections") != std::string::npos;
    if (crowd) CHECK(imap::asks_for_pause(row.words));
  }
  CHECK_FALSE(imap::asks_for_pause("BYE [CONTACTADMIN] your address is blocked"));
}

}  // namespace tandem::test
