// IMAP before log-in: LOGIN and AUTHENTICATE (RFC 9051 6.2, SASL-IR RFC 4959).
#include <algorithm>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "lib/base/text.hpp"
#include "lib/net/drain.hpp"
#include "lib/net/timer.hpp"
#include "lib/protocol/imap/preauth.hpp"
#include "lib/protocol/sasl/sasl.hpp"
#include "proxy/session/front.hpp"
#include "proxy/session/gate.hpp"

namespace tandem::session {
namespace {

using Action = imap::Preauth::Action;

constexpr std::size_t read_size = 2048;
constexpr Duration goodbye_limit = std::chrono::seconds(2);

imap::Preauth::Settings settings_for(const net::Stream& client, const Door& door) {
  imap::Preauth::Settings settings;
  settings.greeting = door.options.hostname + " ready";
  settings.starttls = door.tls != nullptr;
  settings.tls_before_login = !may_log_in_without_tls(client, door.options);
  settings.id = {{"name", "Tandemail"}};
  settings.mechanisms = door.admission.mechanisms();
  return settings;
}

class ImapFront {
 public:
  ImapFront(net::Stream& client, Door door, const Clock& clock)
      : client_(client),
        door_(std::move(door)),
        time_(client, clock, door_.options.login_limit),
        machine_(settings_for(client, door_), client.info().tls),
        gate_(door_.admission, client, net::Protocol::imap) {}

  Task<std::optional<Joined>> run();

 private:
  enum class Next : std::uint8_t { go_on, joined, over };
  Task<Next> act(Action action);
  Task<Next> read();
  Task<Next> secure();
  Task<Next> sasl(sasl::Step step);
  Task<Next> log_in();
  Task<sasl::Answer> ask(sasl::Request request);
  Task<Next> conclude(sasl::Answer::Verdict verdict);
  Task<Next> welcome(Admitted admitted);
  Task<bool> send();
  Task<Next> bye(std::string_view words);
  [[nodiscard]] std::string program() const;
  void count_hops();

  net::Stream& client_;
  Door door_;
  LoginTime time_;
  imap::Preauth machine_;
  Gate gate_;
  std::unique_ptr<sasl::ServerMechanism> mechanism_;
  std::optional<Joined> joined_;
  unsigned failures_ = 0;
  bool waiting_ = false;
  bool stopping_ = false;
};

Task<std::optional<Joined>> ImapFront::run() {
  const net::TaskGroup::StopHandle stop = door_.group.on_stop([this] {
    stopping_ = true;
    if (waiting_) client_.expires_after(Duration(0));
  });
  Next next = Next::go_on;
  while (next == Next::go_on) next = co_await act(machine_.next());
  if (next == Next::over) co_await net::say_goodbye(client_);
  co_return std::move(joined_);
}

Task<ImapFront::Next> ImapFront::act(Action action) {
  switch (action) {
    case Action::need_input: co_return co_await read();
    case Action::start_tls: co_return co_await secure();
    case Action::login: co_return co_await log_in();
    case Action::sasl_begin: {
      const sasl::ServerSettings settings{.host = door_.options.hostname, .confirm = true};
      mechanism_ = sasl::make_server(machine_.mechanism(), settings);
      const auto& response = machine_.response();
      std::optional<std::string_view> initial;
      if (response) initial = *response;
      co_return co_await sasl(mechanism_->start(initial));
    }
    case Action::sasl_response: co_return co_await sasl(mechanism_->step(*machine_.response()));
    case Action::sasl_ended: mechanism_.reset(); co_return Next::go_on;
    case Action::close: (void)co_await send(); co_return Next::over;
  }
  co_return Next::over;
}

Task<bool> ImapFront::send() {
  const std::string output = machine_.take_output();
  if (output.empty()) co_return true;
  time_.arm();
  const auto written = co_await client_.write(output);
  co_return written.has_value();
}

Task<ImapFront::Next> ImapFront::read() {
  const bool sent = co_await send();
  if (!sent) co_return Next::over;
  if (stopping_) co_return co_await bye("[UNAVAILABLE] Shutting down, try again in a moment");
  time_.arm();
  waiting_ = true;
  const auto ready = co_await client_.wait_readable();
  waiting_ = false;
  if (stopping_) co_return co_await bye("[UNAVAILABLE] Shutting down, try again in a moment");
  if (!ready && ready.error().kind == ErrorKind::timed_out)
    co_return co_await bye("You took too long to log in");
  if (!ready) co_return Next::over;
  const std::span<char> room = machine_.space(read_size);
  const auto count = co_await client_.read_some(room);
  if (!count || *count == 0) co_return Next::over;
  machine_.filled(*count);
  co_return Next::go_on;
}

Task<ImapFront::Next> ImapFront::bye(std::string_view words) {
  client_.expires_after(goodbye_limit);
  const std::string line = "* BYE " + std::string(words) + "\r\n";
  (void)co_await client_.write(line);
  co_return Next::over;
}

Task<ImapFront::Next> ImapFront::secure() {
  const bool sent = co_await send();
  if (!sent) co_return Next::over;
  time_.arm();
  const auto secured = co_await client_.start_tls(door_.tls);
  if (!secured) co_return Next::over;
  machine_.tls_started();
  co_return Next::go_on;
}

Task<ImapFront::Next> ImapFront::sasl(sasl::Step step) {
  using Kind = sasl::Step::Kind;
  while (step.kind == Kind::ask) {
    const sasl::Answer answer = co_await ask(std::move(step.request));
    step = mechanism_->answer(answer);
  }
  if (step.kind == Kind::challenge) {
    machine_.challenge(step.data);
    co_return Next::go_on;
  }
  mechanism_.reset();
  if (step.kind == Kind::success) co_return co_await conclude(sasl::Answer::Verdict::accept);
  if (step.kind == Kind::temporary) co_return co_await conclude(sasl::Answer::Verdict::temporary);
  co_return co_await conclude(sasl::Answer::Verdict::refuse);
}

std::string ImapFront::program() const {
  std::string text;
  for (const auto& [name, value] : machine_.client_id()) {
    if (!iequals(name, "name") && !iequals(name, "version")) continue;
    if (!text.empty()) text += ' ';
    text += value;
  }
  return text;
}

Task<ImapFront::Next> ImapFront::log_in() {
  sasl::Request request{
      .mechanism = "LOGIN", .user = machine_.user(), .secret = machine_.password()};
  const sasl::Answer answer = co_await ask(std::move(request));
  co_return co_await conclude(answer.verdict);
}

// Dovecot's field: each proxy counts it down.
void ImapFront::count_hops() {
  for (const auto& [name, value] : machine_.client_id()) {
    const auto left = parse_number(value);
    if (iequals(name, "x-proxy-ttl") && left)
      gate_.note_hops(static_cast<unsigned>(std::min<std::uint64_t>(*left, 255)));
  }
}

Task<sasl::Answer> ImapFront::ask(sasl::Request request) {
  count_hops();
  time_.pause();
  sasl::Answer answer = co_await gate_.answer(std::move(request), program());
  time_.resume();
  co_return answer;
}

Task<ImapFront::Next> ImapFront::conclude(sasl::Answer::Verdict verdict) {
  auto admitted = gate_.take();
  if (admitted) co_return co_await welcome(std::move(*admitted));
  if (verdict == sasl::Answer::Verdict::refuse)
    machine_.refuse("AUTHENTICATIONFAILED", "Log-in refused");
  else
    machine_.refuse("UNAVAILABLE", "The mailbox cannot be reached now, try again in a moment");
  if (++failures_ < door_.options.login_tries) co_return Next::go_on;
  (void)co_await send();
  co_return co_await bye("Too many failed log-ins");
}

Task<ImapFront::Next> ImapFront::welcome(Admitted admitted) {
  std::string output = machine_.take_output();
  output += machine_.tag() + " OK [CAPABILITY " + admitted.backend.capabilities + "] Logged in\r\n";
  time_.arm();
  const auto written = co_await client_.write(output);
  if (!written) co_return Next::over;
  joined_ = Joined{std::move(admitted), machine_.take_rest()};
  co_return Next::joined;
}

}  // namespace

Task<std::optional<Joined>> imap_front(net::Stream& client, Door door) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto front = std::make_unique<ImapFront>(client, std::move(door), net::clock_of(executor));
  co_return co_await front->run();
}

}  // namespace tandem::session
