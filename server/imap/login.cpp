#include "server/imap/login.hpp"

#include "lib/protocol/imap/preauth.hpp"
#include "lib/protocol/sasl/sasl.hpp"

namespace tandem::server {
namespace {

using Action = imap::Preauth::Action;

constexpr Duration log_in_limit = std::chrono::seconds(60);  // for all of it together (T-18)

bool is_loopback(const std::string& address) {
  return address == "::1" || address.starts_with("127.");
}

imap::Preauth::Settings settings_for(const std::string& hostname, bool protected_anyway,
                                     bool has_tls) {
  imap::Preauth::Settings settings;
  settings.greeting = hostname + " ready";
  settings.mechanisms = {"SCRAM-SHA-256", "PLAIN", "LOGIN"};
  settings.starttls = has_tls;
  settings.tls_before_login = !protected_anyway;
  settings.id = {{"name", "Tandemail"}};
  return settings;
}

// One connection before log-in; what its functions share.
class Entry {
 public:
  Entry(net::Stream& stream, Accounts& accounts, const std::string& hostname, Trust trust,
        std::shared_ptr<const net::TlsServer> tls)
      : stream_(stream),
        accounts_(accounts),
        hostname_(hostname),
        tls_(std::move(tls)),
        machine_(settings_for(hostname,
                              trust == Trust::in_process || is_loopback(stream.info().peer_address),
                              tls_ != nullptr),
                 stream.info().tls) {}

  net::Task<std::optional<LoggedIn>> run();

 private:
  net::Task<bool> read();
  net::Task<bool> flush();
  net::Task<bool> upgrade();
  net::Task<void> check_password();
  net::Task<void> sasl(sasl::Step step);
  net::Task<sasl::Answer> ask(sasl::Request request);
  void begin_sasl();
  void refuse(bool temporary);

  net::Stream& stream_;
  Accounts& accounts_;
  std::string hostname_;
  std::shared_ptr<const net::TlsServer> tls_;
  imap::Preauth machine_;
  std::unique_ptr<sasl::ServerMechanism> mechanism_;
  AccountId candidate_ = 0;  // whose credentials are being looked at
  std::optional<AccountId> account_;
};

net::Task<bool> Entry::flush() {
  const std::string out = machine_.take_output();
  if (out.empty()) co_return true;
  const auto written = co_await stream_.write(out);
  co_return written.has_value();
}

net::Task<bool> Entry::read() {
  const auto ready = co_await stream_.wait_readable();
  if (!ready) co_return false;
  const auto count = co_await stream_.read_some(machine_.space());
  machine_.filled(count.value_or(0));
  co_return count.value_or(0) > 0;
}

net::Task<bool> Entry::upgrade() {
  if (tls_ == nullptr) co_return false;
  const auto upgraded = co_await stream_.start_tls(tls_);
  if (!upgraded) co_return false;
  machine_.tls_started();
  co_return true;
}

void Entry::refuse(bool temporary) {
  if (temporary)
    machine_.refuse("UNAVAILABLE", "Log-in is not possible now, try again later");
  else
    machine_.refuse("AUTHENTICATIONFAILED", "Log-in failed");
}

net::Task<void> Entry::check_password() {
  Secret password(machine_.password());
  auto checked = co_await accounts_.authenticate_plain(machine_.user(), std::move(password),
                                                       stream_.info().peer_address);
  if (checked)
    account_ = *checked;
  else
    refuse(checked.error().temporary);
}

net::Task<sasl::Answer> Entry::ask(sasl::Request request) {
  if (request.kind == sasl::Request::Kind::need_scram) {
    co_await accounts_.hold_up(request.user, stream_.info().peer_address);
    auto found = accounts_.scram_keys(request.user);
    if (!found) co_return sasl::Answer::temporary();
    if (!*found) co_return sasl::Answer::refuse();
    candidate_ = (*found)->account;
    sasl::Answer answer{sasl::Answer::Verdict::secret, {}, std::move((*found)->keys)};
    co_return answer;
  }
  const bool other_name = !request.identity.empty() && request.identity != request.user;
  if (request.kind != sasl::Request::Kind::verify_password || other_name)
    co_return sasl::Answer::refuse();
  Secret password(std::move(request.secret));
  auto checked = co_await accounts_.authenticate_plain(request.user, std::move(password),
                                                       stream_.info().peer_address);
  if (!checked && checked.error().temporary) co_return sasl::Answer::temporary();
  if (!checked) co_return sasl::Answer::refuse();
  candidate_ = *checked;
  co_return sasl::Answer::accept();
}

net::Task<void> Entry::sasl(sasl::Step step) {
  using Kind = sasl::Step::Kind;
  std::string user;
  while (step.kind == Kind::ask) {
    user = step.request.user;
    const sasl::Answer answer = co_await ask(std::move(step.request));
    step = mechanism_->answer(answer);
  }
  switch (step.kind) {
    case Kind::challenge: machine_.challenge(step.data); co_return;
    case Kind::success: account_ = candidate_; break;
    case Kind::temporary: refuse(true); break;
    default: refuse(false);
  }
  if (machine_.mechanism().starts_with("SCRAM"))
    accounts_.note_login(mechanism_->user(), stream_.info().peer_address,
                         step.kind == Kind::success);
}

void Entry::begin_sasl() {
  sasl::ServerSettings settings;
  settings.host = hostname_;
  mechanism_ = sasl::make_server(machine_.mechanism(), settings);
}

net::Task<std::optional<LoggedIn>> Entry::run() {
  stream_.expires_after(log_in_limit);
  while (!account_) {
    const Action action = machine_.next();
    if (action == Action::need_input) {
      const bool more = co_await flush() && co_await read();
      if (!more) co_return std::nullopt;
    } else if (action == Action::start_tls) {
      const bool upgraded = co_await flush() && co_await upgrade();
      if (!upgraded) co_return std::nullopt;
    } else if (action == Action::close) {
      (void)co_await flush();
      (void)co_await stream_.shutdown_send();
      co_return std::nullopt;
    } else if (action == Action::login) {
      co_await check_password();
    } else if (action == Action::sasl_begin) {
      begin_sasl();
      if (mechanism_ == nullptr) {
        refuse(false);
        continue;
      }
      co_await sasl(mechanism_->start(machine_.response()));
    } else if (action == Action::sasl_response) {
      co_await sasl(mechanism_->step(machine_.response().value_or("")));
    } else {
      mechanism_.reset();  // the client gave up
    }
  }
  const bool sent = co_await flush();
  if (!sent) co_return std::nullopt;
  LoggedIn done{*account_, machine_.tag(), machine_.take_rest()};
  co_return done;
}

}  // namespace

net::Task<std::optional<LoggedIn>> log_in(net::Stream& stream, Accounts& accounts,
                                          std::string hostname, Trust trust,
                                          std::shared_ptr<const net::TlsServer> tls) {
  Entry entry(stream, accounts, hostname, trust, std::move(tls));
  co_return co_await entry.run();
}

std::string imap_capabilities(std::uint64_t message_size) {
  return "IMAP4rev1 LITERAL+ SASL-IR ID ENABLE IDLE NAMESPACE CHILDREN UIDPLUS MOVE UNSELECT "
         "CONDSTORE QRESYNC SPECIAL-USE CREATE-SPECIAL-USE LIST-EXTENDED LIST-STATUS MULTIAPPEND "
         "ESEARCH SEARCHRES WITHIN STATUS=SIZE APPENDLIMIT=" +
         std::to_string(message_size);
}

}  // namespace tandem::server
