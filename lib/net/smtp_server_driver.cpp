#include "lib/net/smtp_server_driver.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include <boost/asio/this_coro.hpp>

#include "lib/net/drain.hpp"
#include "lib/net/refusals.hpp"
#include "lib/net/task_group.hpp"
#include "lib/net/timer.hpp"

namespace tandem::net {

using smtp::Question;
using smtp::Reply;
using smtp::ServerAction;
using smtp::ServerMachine;

Task<Reply> SmtpPolicy::on_connect(const ConnectionInfo&) {
  co_return smtp::make_reply(220, "", "ready");
}
Task<Reply> SmtpPolicy::on_helo(smtp::HeloCommand) {
  co_return smtp::make_reply(250, "", "hello");
}
Task<Reply> SmtpPolicy::on_xclient(smtp::ClientIdentity) {
  co_return smtp::make_reply(550, "5.7.1", "You may not speak for others here");
}
Task<Reply> SmtpPolicy::on_data_start() {
  co_return smtp::make_reply(354, "", "Go ahead");
}
Task<sasl::Answer> SmtpPolicy::on_auth(sasl::Request) {
  co_return sasl::Answer::refuse();
}
Task<Reply> SmtpPolicy::on_authenticated(std::string) {
  co_return smtp::make_reply(235, "2.7.0", "Authentication succeeded");
}
Task<Reply> SmtpPolicy::on_vrfy(std::string) {
  co_return smtp::make_reply(252, "2.1.5", "Send a message and see");
}
Task<void> SmtpPolicy::on_quit() {
  co_return;
}

namespace {

// T-18. A message must come at this rate on average, once it has been waited for so long (a sender
// may pause for three minutes, RFC 5321 4.5.3.2.5); the time that we or the servers behind us take
// does not count.
constexpr std::uint64_t least_bytes_per_second = 500;
constexpr Duration rate_counts_after = std::chrono::minutes(5);

// What the session's coroutine and the stop handler share.
struct Session {
  Stream& stream;
  SmtpServerOptions& options;
  SmtpPolicy& policy;
  ServerMachine& machine;
  std::optional<SteadyTime> login_deadline;
  bool reading = false;
  bool stopping = false;
  bool answer_unread = false;  // to on_end
  bool spoke_early = false;    // there was input already when the last bytes left
  std::size_t refused = 0;     // 5yz so far
  std::uint64_t content = 0;   // bytes of the message that is coming
  Duration waited{};           // for them
};

bool is_too_slow(Session& session, std::size_t bytes, Duration waited) {
  if (session.machine.between_transactions() || !session.machine.in_content()) {
    session.content = 0;
    session.waited = Duration(0);
    return false;
  }
  session.content += bytes;
  session.waited += waited;
  if (session.waited <= rate_counts_after) return false;
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(session.waited).count();
  return session.content < least_bytes_per_second * static_cast<std::uint64_t>(seconds);
}

Task<void> put(Session& session, Question question) {
  SmtpPolicy& policy = session.policy;
  ServerMachine& machine = session.machine;
  switch (question.kind) {
    case Question::Kind::connect:
      machine.answer(co_await policy.on_connect(session.stream.info()));
      break;
    case Question::Kind::helo: {
      auto command = std::get<smtp::HeloCommand>(std::move(question.what));
      machine.answer(co_await policy.on_helo(std::move(command)));
      break;
    }
    case Question::Kind::xclient: {
      auto client = std::get<smtp::ClientIdentity>(std::move(question.what));
      machine.answer(co_await policy.on_xclient(std::move(client)));
      break;
    }
    case Question::Kind::mail: {
      auto command = std::get<smtp::MailCommand>(std::move(question.what));
      machine.answer(co_await policy.on_mail(std::move(command)));
      break;
    }
    case Question::Kind::rcpt: {
      auto command = std::get<smtp::RcptCommand>(std::move(question.what));
      machine.answer(co_await policy.on_rcpt(std::move(command)));
      break;
    }
    case Question::Kind::data_start: machine.answer(co_await policy.on_data_start()); break;
    case Question::Kind::chunk: {
      const auto taken = co_await policy.on_chunk(question.chunk);
      machine.answer_chunk(taken.has_value());
      break;
    }
    case Question::Kind::end:
      machine.answer(co_await policy.on_end());
      session.answer_unread = true;
      break;
    case Question::Kind::abort:
      co_await policy.on_abort();
      machine.done();
      break;
    case Question::Kind::auth: {
      auto request = std::get<sasl::Request>(std::move(question.what));
      machine.answer_auth(co_await policy.on_auth(std::move(request)));
      break;
    }
    case Question::Kind::authenticated:
      machine.answer(co_await policy.on_authenticated(std::move(question.text)));
      break;
    case Question::Kind::vrfy:
      machine.answer(co_await policy.on_vrfy(std::move(question.text)));
      break;
    case Question::Kind::quit:
      co_await policy.on_quit();
      machine.done();
      break;
  }
}

Duration bounded_wait(const Session& session, Duration wait, const Clock& clock) {
  if (!session.login_deadline || session.machine.settled()) return wait;
  return std::clamp(*session.login_deadline - clock.steady(), Duration(0), wait);
}

void read_failed(Session& session, const Error& error) {
  // The stop handler ends a read by a deadline in the past: the machine then says 421 itself.
  if (error.kind == ErrorKind::timed_out && session.stopping &&
      session.machine.between_transactions())
    return;
  if (error.kind == ErrorKind::timed_out) return session.machine.timed_out();
  session.machine.ended();
}

Task<void> read(Session& session, ServerAction action) {
  const Executor executor = co_await boost::asio::this_coro::executor;
  const SteadyTime began = clock_of(executor).steady();
  session.stream.expires_after(bounded_wait(session, action.wait, clock_of(executor)));
  session.reading = true;
  const auto ready = co_await session.stream.wait_readable();
  if (!ready) {
    session.reading = false;
    co_return read_failed(session, ready.error());
  }
  std::string buffer(action.max, '\0');
  const std::span<char> room(buffer);
  const auto count = co_await session.stream.read_some(room);
  session.reading = false;
  if (!count) co_return read_failed(session, count.error());
  if (*count == 0) co_return session.machine.ended();
  if (is_too_slow(session, *count, clock_of(executor).steady() - began)) {
    note_refusal(Refusal::too_slow, session.stream.info().peer_address);
    co_return session.machine.timed_out();
  }
  if (!session.spoke_early && std::exchange(session.answer_unread, false))
    session.policy.on_answer_read();
  session.machine.received(std::string_view(buffer).substr(0, *count));
}

Task<void> send(Session& session, std::string bytes) {
  const bool refusal = bytes.starts_with('5');
  if (refusal && ++session.refused > 1 && session.options.error_pause > Duration(0))
    (void)co_await sleep_for(session.options.error_pause);
  session.stream.expires_after(session.options.protocol.data_wait);
  session.spoke_early = session.machine.has_input() || session.stream.has_input();
  const auto written = co_await session.stream.write(bytes);
  if (!written) session.machine.ended();
}

// T-13: a client that talks before the banner is refused.
Task<void> keep_silent(Session& session) {
  const Duration pause = session.options.greet_pause;
  if (pause <= Duration(0)) co_return;
  session.stream.expires_after(pause);
  const auto spoke = co_await session.stream.wait_readable();
  if (!spoke && spoke.error().kind == ErrorKind::timed_out) co_return;
  if (!spoke) co_return session.machine.ended();
  // It is read although no word of it counts: the stream says in the log if it was a PROXY header.
  std::array<char, 16> room;
  const auto count = co_await session.stream.read_some(room);
  if (count && *count > 0) {
    note_refusal(Refusal::spoke_early, session.stream.info().peer_address);
    session.machine.received("");
  } else {
    session.machine.ended();
  }
}

Task<void> loop(Session& session) {
  while (true) {
    ServerAction action = session.machine.next();
    switch (action.kind) {
      case ServerAction::Kind::send: co_await send(session, std::move(action.bytes)); break;
      case ServerAction::Kind::read: co_await read(session, std::move(action)); break;
      case ServerAction::Kind::ask: co_await put(session, std::move(action.question)); break;
      case ServerAction::Kind::start_tls: {
        session.stream.expires_after(std::chrono::seconds(30));
        const auto secured = co_await session.stream.start_tls(session.options.tls);
        if (secured)
          session.machine.tls_started();
        else
          session.machine.ended();
        break;
      }
      case ServerAction::Kind::close: co_return;
    }
  }
}

TaskGroup::StopHandle watch_stop(Session& session) {
  if (session.options.group == nullptr) return {};
  return session.options.group->on_stop([&session] {
    session.stopping = true;
    session.machine.stop();
    if (session.reading && session.machine.between_transactions())
      session.stream.expires_after(Duration(0));
  });
}

}  // namespace

Task<void> serve_smtp(Stream& stream, SmtpServerOptions options, SmtpPolicy& policy) {
  options.protocol.starttls = options.tls != nullptr;
  options.protocol.tls_active = stream.info().tls;
  ServerMachine machine(options.protocol);
  Session session{stream, options, policy, machine, {}, false, false};
  const Executor executor = co_await boost::asio::this_coro::executor;
  if (options.login_limit > Duration(0))
    session.login_deadline = clock_of(executor).steady() + options.login_limit;
  const TaskGroup::StopHandle stop = watch_stop(session);
  co_await keep_silent(session);
  co_await loop(session);
  if (machine.made_too_many_errors())
    note_refusal(Refusal::too_many_errors, stream.info().peer_address);
  co_await say_goodbye(stream);
}

Task<void> go_on_with_smtp(Stream& stream, ServerMachine& machine, SmtpServerOptions options,
                           SmtpPolicy& policy) {
  Session session{stream, options, policy, machine, {}, false, false};
  const TaskGroup::StopHandle stop = watch_stop(session);
  co_await loop(session);
}

}  // namespace tandem::net
