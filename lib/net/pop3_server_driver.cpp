#include "lib/net/pop3_server_driver.hpp"

#include <algorithm>
#include <array>

#include <boost/asio/this_coro.hpp>

#include "lib/net/drain.hpp"
#include "lib/net/task_group.hpp"
#include "lib/net/timer.hpp"

namespace tandem::net {

using pop3::LoginAction;
using pop3::LoginMachine;
using pop3::MailboxAction;
using pop3::MailboxMachine;

Task<Result<std::string>> Pop3LoginPolicy::on_logged_in(std::string) {
  co_return std::string("Logged in");
}

namespace {

constexpr Duration write_limit = std::chrono::minutes(3);

// At request_stop: tells the machine, and ends a read that waits by a deadline that is over.
template <class Machine>
struct StopWatch {
  Stream& stream;
  Machine& machine;
  bool reading = false;
  bool stopping = false;

  TaskGroup::StopHandle start(TaskGroup* group) {
    if (group == nullptr) return {};
    return group->on_stop([this] {
      stopping = true;
      machine.stop();
      if (reading) stream.expires_after(Duration(0));
    });
  }
};

template <class Machine>
Task<void> read_into(StopWatch<Machine>& watch, Duration wait) {
  watch.stream.expires_after(wait);
  watch.reading = true;
  std::array<char, 2048> buffer;
  const std::span<char> room(buffer);
  const auto count = co_await watch.stream.read_some(room);
  watch.reading = false;
  const bool late = !count && count.error().kind == ErrorKind::timed_out;
  if (late && watch.stopping) co_return;
  if (late) co_return watch.machine.timed_out();
  if (!count || *count == 0) co_return watch.machine.ended();
  watch.machine.received(std::string_view(buffer.data(), *count));
}

template <class Machine>
Task<void> write_from(Stream& stream, Machine& machine, std::string bytes) {
  stream.expires_after(write_limit);
  const auto written = co_await stream.write(bytes);
  if (!written) machine.ended();
}

Task<void> secure(Stream& stream, LoginMachine& machine, std::shared_ptr<const TlsServer> tls) {
  stream.expires_after(std::chrono::seconds(30));
  const auto secured = co_await stream.start_tls(tls);
  if (secured)
    machine.tls_started();
  else
    machine.ended();
}

Task<void> let_in(LoginMachine& machine, Pop3LoginPolicy& policy) {
  const auto opened = co_await policy.on_logged_in(machine.user());
  if (opened) co_return machine.confirm(*opened);
  const Error& error = opened.error();
  if (error.kind == ErrorKind::conflict)
    machine.reject("IN-USE", "The mailbox is in use");
  else if (error.temporary)
    machine.reject("SYS/TEMP", "The mailbox cannot be opened now");
  else
    machine.reject("SYS/PERM", "The mailbox cannot be opened");
}

Task<void> fetch(Stream& stream, MailboxMachine& machine, Pop3Mailbox& mailbox, std::size_t index) {
  std::uint64_t offset = 0;
  while (true) {
    const auto piece = co_await mailbox.read(index, offset);
    if (!piece) co_return machine.content_failed();
    if (piece->empty() || !machine.content(*piece)) co_return machine.content_end();
    offset += piece->size();
    MailboxAction action = machine.next();
    if (action.kind == MailboxAction::Kind::send)
      co_await write_from(stream, machine, std::move(action.bytes));
  }
}

}  // namespace

Task<std::optional<Pop3Login>> serve_pop3_login(Stream& stream, Pop3LoginOptions options,
                                                Pop3LoginPolicy& policy) {
  options.protocol.tls_active = stream.info().tls;
  options.protocol.stls = options.tls != nullptr;
  LoginMachine machine(options.protocol);
  StopWatch<LoginMachine> watch{stream, machine};
  const TaskGroup::StopHandle stop = watch.start(options.group);
  const Executor executor = co_await boost::asio::this_coro::executor;
  const Clock& clock = clock_of(executor);
  const SteadyTime deadline = clock.steady() + options.login_limit;
  while (true) {
    LoginAction action = machine.next();
    switch (action.kind) {
      case LoginAction::Kind::send:
        co_await write_from(stream, machine, std::move(action.bytes));
        break;
      case LoginAction::Kind::read: {
        const Duration left = std::clamp(deadline - clock.steady(), Duration(0), action.wait);
        co_await read_into(watch, left);
        break;
      }
      case LoginAction::Kind::verify:
        machine.answer(co_await policy.on_login(std::move(action.request)));
        break;
      case LoginAction::Kind::start_tls: co_await secure(stream, machine, options.tls); break;
      case LoginAction::Kind::logged_in: co_await let_in(machine, policy); break;
      case LoginAction::Kind::close: {
        stream.expires_never();
        if (machine.done())
          co_return Pop3Login{machine.user(), machine.take_rest(), machine.utf8()};
        co_await say_goodbye(stream);
        co_return std::nullopt;
      }
    }
  }
}

Task<void> serve_pop3_mailbox(Stream& stream, std::string rest,
                              std::vector<pop3::MessageEntry> messages, Pop3Mailbox& mailbox,
                              pop3::MailboxOptions options, TaskGroup* group) {
  MailboxMachine machine(std::move(messages), std::move(options));
  StopWatch<MailboxMachine> watch{stream, machine};
  const TaskGroup::StopHandle stop = watch.start(group);
  machine.received(rest);
  while (true) {
    MailboxAction action = machine.next();
    switch (action.kind) {
      case MailboxAction::Kind::send:
        co_await write_from(stream, machine, std::move(action.bytes));
        break;
      case MailboxAction::Kind::read: co_await read_into(watch, action.wait); break;
      case MailboxAction::Kind::fetch:
        mailbox.begin(action.index, action.lines);
        co_await fetch(stream, machine, mailbox, action.index);
        break;
      case MailboxAction::Kind::update: {
        const bool removed = co_await mailbox.remove(machine.deleted());
        machine.updated(removed);
        break;
      }
      case MailboxAction::Kind::close: mailbox.over(); co_return co_await say_goodbye(stream);
    }
  }
}

}  // namespace tandem::net
