// Submission before log-in (RFC 6409, RFC 4954): our own EHLO, STARTTLS and AUTH; from the 235 on
// the backend speaks, or the desk. The client has seen our EHLO by then and asks no second time, so
// it announces only what every backend has: no CHUNKING, DSN or SMTPUTF8.
#include <variant>

#include <boost/asio/this_coro.hpp>

#include "lib/net/drain.hpp"
#include "lib/net/timer.hpp"
#include "lib/protocol/smtp/server_machine.hpp"
#include "proxy/session/front.hpp"
#include "proxy/session/gate.hpp"

namespace tandem::session {
namespace {

using smtp::Question;
using smtp::ServerAction;

smtp::ServerOptions options_for(const net::Stream& client, const Door& door) {
  smtp::ServerOptions options;
  options.host = door.options.hostname;
  options.tls_active = client.info().tls;
  options.starttls = door.tls != nullptr;
  options.require_auth = true;
  options.auth_without_tls = may_log_in_without_tls(client, door.options);
  options.auth_mechanisms = door.admission.mechanisms();
  options.confirm_scram = true;
  options.chunking = options.smtputf8 = options.dsn = false;
  options.body.size = door.options.message_size;
  options.max_errors = static_cast<int>(door.options.login_tries);
  return options;
}

class SubmissionFront {
 public:
  SubmissionFront(net::Stream& client, Door door, const Clock& clock)
      : client_(client),
        door_(std::move(door)),
        time_(client, clock, door_.options.login_limit),
        machine_(std::make_unique<smtp::ServerMachine>(options_for(client, door_))),
        gate_(door_.admission, client, net::Protocol::submission) {}

  Task<std::optional<Joined>> run();

 private:
  Task<bool> act(ServerAction action);  // false: the end, or logged in
  Task<void> read(std::size_t most);
  Task<void> secure();
  Task<void> send(std::string bytes);
  Task<void> ask(Question question);
  Task<void> log_in(sasl::Request request);
  void decide();
  void read_failed(const Error& error);

  net::Stream& client_;
  Door door_;
  LoginTime time_;
  std::unique_ptr<smtp::ServerMachine> machine_;
  smtp::HeloCommand helo_;
  Gate gate_;
  std::optional<Joined> joined_;
  bool waiting_ = false;
  bool stopping_ = false;
};

Task<std::optional<Joined>> SubmissionFront::run() {
  const net::TaskGroup::StopHandle stop = door_.group.on_stop([this] {
    stopping_ = true;
    machine_->stop();
    if (waiting_) client_.expires_after(Duration(0));
  });
  bool going = true;
  while (going) going = co_await act(machine_->next());
  if (!joined_) co_await net::say_goodbye(client_);
  if (joined_ && joined_->admitted.submitter) joined_->conversation = std::move(machine_);
  co_return std::move(joined_);
}

Task<bool> SubmissionFront::act(ServerAction action) {
  switch (action.kind) {
    case ServerAction::Kind::send: co_await send(std::move(action.bytes)); break;
    case ServerAction::Kind::read:
      if (joined_) co_return false;  // the 235 is out
      co_await read(action.max);
      break;
    case ServerAction::Kind::ask:
      co_await ask(std::move(action.question));
      if (joined_ && joined_->admitted.submitter) co_return false;  // the desk says the 235
      break;
    case ServerAction::Kind::start_tls: co_await secure(); break;
    case ServerAction::Kind::close: joined_.reset(); co_return false;
  }
  co_return true;
}

Task<void> SubmissionFront::send(std::string bytes) {
  time_.arm();
  const auto written = co_await client_.write(bytes);
  if (!written) machine_->ended();
}

Task<void> SubmissionFront::read(std::size_t most) {
  time_.arm();
  waiting_ = true;
  const auto ready = co_await client_.wait_readable();
  waiting_ = false;
  if (!ready) co_return read_failed(ready.error());
  std::string buffer(most, '\0');
  const std::span<char> room(buffer);
  const auto count = co_await client_.read_some(room);
  if (!count) co_return read_failed(count.error());
  if (*count == 0) co_return machine_->ended();
  machine_->received(std::string_view(buffer).substr(0, *count));
  wipe(buffer);
}

void SubmissionFront::read_failed(const Error& error) {
  const bool late = error.kind == ErrorKind::timed_out;
  if (late && stopping_) return;  // the machine says its 421
  if (late) return machine_->timed_out();
  machine_->ended();
}

Task<void> SubmissionFront::secure() {
  time_.arm();
  const auto secured = co_await client_.start_tls(door_.tls);
  if (secured)
    machine_->tls_started();
  else
    machine_->ended();
}

Task<void> SubmissionFront::ask(Question question) {
  switch (question.kind) {
    case Question::Kind::connect: machine_->answer(smtp::make_reply(220, "", "ready")); break;
    case Question::Kind::helo:
      helo_ = std::get<smtp::HeloCommand>(std::move(question.what));
      gate_.note_helo(helo_.name);
      machine_->answer(smtp::make_reply(250, "", "hello"));
      break;
    case Question::Kind::vrfy:
      machine_->answer(smtp::make_reply(252, "2.1.5", "Send a message and see"));
      break;
    case Question::Kind::auth: {
      auto request = std::get<sasl::Request>(std::move(question.what));
      co_await log_in(std::move(request));
      break;
    }
    case Question::Kind::authenticated: decide(); break;
    default: machine_->done(); break;  // no transaction begins here
  }
}

Task<void> SubmissionFront::log_in(sasl::Request request) {
  time_.pause();
  sasl::Answer answer = co_await gate_.answer(std::move(request));
  time_.resume();
  // "Not now" is said by decide(), in words of ours.
  const bool later = answer.verdict == sasl::Answer::Verdict::temporary;
  if (later) answer.verdict = sasl::Answer::Verdict::accept;
  machine_->answer_auth(answer);
}

void SubmissionFront::decide() {
  auto admitted = gate_.take();
  if (!admitted)
    return machine_->answer(
        smtp::make_reply(454, "4.3.0", "The mailbox cannot be reached now, try again in a moment"));
  joined_ = Joined{std::move(*admitted), {}};
  auto& submitter = joined_->admitted.submitter;
  if (submitter)
    submitter->helo = helo_;
  else
    joined_->to_backend = machine_->take_rest();
  machine_->answer(smtp::make_reply(235, "2.7.0", "Authentication succeeded"));
}

}  // namespace

Task<std::optional<Joined>> submission_front(net::Stream& client, Door door) {
  const auto executor = co_await boost::asio::this_coro::executor;
  const auto front =
      std::make_unique<SubmissionFront>(client, std::move(door), net::clock_of(executor));
  co_return co_await front->run();
}

}  // namespace tandem::session
