// ImapClient: greeting, TLS, log-in, goodbye.
#include "lib/base/text.hpp"
#include "lib/net/imap_client.hpp"
#include "lib/net/imap_collect.hpp"
#include "lib/protocol/imap/write.hpp"
#include "lib/protocol/sasl/sasl.hpp"

namespace tandem::net {

namespace response = imap::response;

Task<Result<void>> ImapClient::greet() {
  while (!greeting_) {
    auto done = co_await step(nullptr);
    if (!done) co_return done;
  }
  if (greeting_->condition == response::Condition::ok) co_return Result<void>();
  close();
  Error error{.kind = ErrorKind::protocol,
              .what = "the server's greeting is not one before log-in"};
  if (greeting_->condition == response::Condition::bye) {
    error.kind = ErrorKind::refused;
    error.what = "the server refused the connection";
  }
  co_return fail(connection_error(std::move(error)));
}

Task<Result<void>> ImapClient::ask_capabilities() {
  auto done = co_await run("CAPABILITY", "CAPABILITY failed");
  if (!done) co_return fail(std::move(done.error()));
  co_return Result<void>();
}

Task<Result<void>> ImapClient::start_tls(std::shared_ptr<const TlsClient> settings) {
  if (capabilities_.empty()) {
    auto asked = co_await ask_capabilities();
    if (!asked) co_return asked;
  }
  if (!has("STARTTLS")) {
    close();
    Error error{.kind = ErrorKind::tls, .what = "the server does not offer STARTTLS"};
    co_return fail(connection_error(std::move(error)));
  }
  auto done = co_await run("STARTTLS", "STARTTLS was refused");
  if (!done) {
    close();
    done.error().kind = ErrorKind::tls;
    co_return fail(std::move(done.error()));
  }
  if (reader_.has_rest()) {  // T-02: whoever wrote it, it was not protected
    close();
    Error error{.kind = ErrorKind::protocol,
                .what = "the server sent data between STARTTLS and TLS"};
    co_return fail(connection_error(std::move(error)));
  }
  auto secured = co_await stream_->start_tls(std::move(settings));
  if (!secured) co_return fail(connection_error(std::move(secured.error())));
  capabilities_.clear();  // T-03
  co_return co_await ask_capabilities();
}

// Literals where quoting does not do; the caller has begun the command.
Task<Result<void>> ImapClient::put_string(ImapTag tag, std::string text) {
  if (imap::quotable(text)) {
    imap::append_quoted(out_, text);
    wipe(text);
    co_return Result<void>();
  }
  const bool plus = has("LITERAL+") || (has("LITERAL-") && text.size() <= 4096);
  if (plus) {
    imap::append_literal(out_, text, true);
  } else {
    out_ += "{" + std::to_string(text.size()) + "}\r\n";
    auto asked = co_await await_literal(tag, "the log-in was refused");
    if (!asked) co_return asked;
    out_ += text;
  }
  wipe(text);
  secret_ = true;
  co_return Result<void>();
}

// Capabilities differ after log-in: the answer says them, or they are asked for.
Task<Result<void>> ImapClient::logged_in(ImapCompletion completion, std::string what) {
  if (!completion.ok()) {
    Error error = to_error(completion, std::move(what));
    const bool damaged = completion.code.kind == imap::CodeKind::corruption;
    if (error.kind == ErrorKind::refused && !error.temporary && !damaged)
      error.kind = ErrorKind::authentication;
    co_return fail(std::move(error));
  }
  if (completion.code.kind == imap::CodeKind::capability) co_return Result<void>();
  co_return co_await ask_capabilities();
}

Task<Result<void>> ImapClient::login(std::string user, std::string password) {
  if (has("LOGINDISABLED")) {
    Error error{.kind = ErrorKind::authentication,
                .what = "the server takes no LOGIN on this connection"};
    co_return fail(connection_error(std::move(error)));
  }
  const ImapTag tag = begin("LOGIN ");
  secret_ = true;
  auto put = co_await put_string(tag, std::move(user));
  if (!put) co_return put;
  out_ += ' ';
  secret_ = true;
  auto put_password = co_await put_string(tag, std::move(password));
  if (!put_password) co_return put_password;
  out_ += "\r\n";
  secret_ = true;
  auto completion = co_await finish(tag);
  if (!completion) co_return fail(std::move(completion.error()));
  co_return co_await logged_in(std::move(*completion), "the log-in was refused");
}

Task<Result<void>> ImapClient::authenticate(std::string mechanism,
                                            std::optional<std::string> initial, SaslStep next) {
  const ImapTag tag = begin("AUTHENTICATE " + mechanism);
  if (initial && has("SASL-IR")) {
    out_ += initial->empty() ? " =" : " " + base64_encode(*initial);
    wipe(*initial);
    initial.reset();
    secret_ = true;
  }
  out_ += "\r\n";
  std::optional<Error> ours;
  while (true) {
    auto asked = co_await continuation(tag);
    if (!asked) co_return fail(std::move(asked.error()));
    if (!*asked) break;
    Result<std::string> answer;
    const auto challenge = base64_decode(trim(**asked));
    if (initial) {
      answer = std::move(*initial);
      initial.reset();
    } else if (!challenge) {
      answer = fail(ErrorKind::protocol, "the server's challenge is not base64");
    } else {
      answer = next(*challenge);
    }
    if (answer) {
      out_ += base64_encode(*answer);
      wipe(*answer);
      secret_ = true;
    } else {
      out_ += '*';  // RFC 9051 6.2.2: cancels the exchange
      ours = std::move(answer.error());
    }
    out_ += "\r\n";
  }
  auto completion = co_await finish(tag);
  if (!completion) co_return fail(std::move(completion.error()));
  if (ours && !completion->ok()) {
    ours->server_words = to_error(*completion, "").server_words;
    co_return fail(std::move(*ours));
  }
  co_return co_await logged_in(std::move(*completion), "the log-in was refused");
}

namespace {

std::vector<std::string> mechanisms_in(const std::set<std::string, std::less<>>& capabilities) {
  constexpr std::string_view prefix = "AUTH=";
  std::vector<std::string> offered;
  for (const std::string& word : capabilities)
    if (word.starts_with(prefix)) offered.push_back(word.substr(prefix.size()));
  return offered;
}

std::unexpected<Error> no_mechanism(const sasl::Credentials& credentials) {
  Error error{.kind = ErrorKind::refused,
              .what = "the server offers no log-in that we may use on this connection"};
  if (!credentials.token.empty()) error.what = "the server takes no OAuth tokens";
  if (!credentials.identity.empty())
    error.what = "the server offers no log-in in which one acts for another (AUTHENTICATE PLAIN)";
  return fail(std::move(error));
}

}  // namespace

Task<Result<void>> ImapClient::log_in(sasl::Credentials credentials, bool may_be_shown) {
  const std::string name = sasl::choose(mechanisms_in(capabilities_), credentials, may_be_shown);
  const bool may_type = may_be_shown && credentials.token.empty() && credentials.identity.empty();
  if (may_type && name != "PLAIN" && (name.empty() || !has("LOGINDISABLED")))
    co_return co_await login(std::move(credentials.user), std::move(credentials.password));
  if (name.empty()) co_return no_mechanism(credentials);
  const std::shared_ptr<sasl::ClientMechanism> mechanism = sasl::make_client(name, credentials);
  wipe(credentials.password);
  wipe(credentials.token);
  SaslStep step = [mechanism](std::string_view challenge) { return mechanism->step(challenge); };
  auto done = co_await authenticate(name, mechanism->initial(), std::move(step));
  if (done && !mechanism->complete())
    co_return fail(ErrorKind::protocol, "the server did not prove that it knows the password");
  co_return done;
}

Task<Result<std::vector<std::string>>> ImapClient::enable(std::string wanted) {
  Collect<response::Enabled> enabled;
  auto done = co_await run("ENABLE " + wanted, "ENABLE was refused", &enabled);
  if (!done) co_return fail(std::move(done.error()));
  std::vector<std::string> words;
  for (const auto& one : enabled.all) words.insert(words.end(), one.words.begin(), one.words.end());
  co_return words;
}

Task<Result<void>> ImapClient::enable_soon(std::string capability) {
  auto sent = co_await send("ENABLE " + capability);
  if (!sent) co_return fail(std::move(sent.error()));
  unawaited_.insert(*sent);
  co_return Result<void>{};
}

Task<Result<void>> ImapClient::await_all() {
  while (!unawaited_.empty()) {
    auto done = co_await step(nullptr);
    if (!done) {
      close();
      co_return fail(std::move(done.error()));
    }
  }
  co_return Result<void>();
}

Task<Result<std::vector<std::pair<std::string, std::string>>>> ImapClient::id(
    std::vector<std::pair<std::string, std::string>> fields) {
  std::string command = "ID NIL";
  if (!fields.empty()) {
    command = "ID (";
    for (const auto& [name, value] : fields) {
      if (command.back() != '(') command += ' ';
      imap::append_quoted(command, imap::line_text(name));
      command += ' ';
      imap::append_quoted(command, imap::line_text(value));
    }
    command += ')';
  }
  Collect<response::Id> ids;
  auto done = co_await run(std::move(command), "ID was refused", &ids);
  if (!done) co_return fail(std::move(done.error()));
  if (ids.all.empty()) co_return std::vector<std::pair<std::string, std::string>>();
  co_return std::move(ids.all.front().fields);
}

Task<Result<void>> ImapClient::noop() {
  auto done = co_await run("NOOP", "NOOP was refused");
  if (!done) co_return fail(std::move(done.error()));
  co_return Result<void>();
}

Task<Result<void>> ImapClient::logout() {
  auto done = co_await run("LOGOUT", "LOGOUT was refused");
  close();
  if (!done) co_return fail(std::move(done.error()));
  co_return Result<void>();
}

StreamPtr ImapClient::release(std::string& rest) {
  rest = reader_.take_rest();
  return std::move(stream_);
}

}  // namespace tandem::net
