// Runs a ServerMachine against scripted client bytes with a policy that says yes and takes notes.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "lib/protocol/smtp/server_machine.hpp"

namespace tandem::smtp::test {

struct ServerRun {
  explicit ServerRun(ServerOptions options = standard(),
                     Reply greeting = make_reply(220, "", "ready"))
      : on_connect(std::move(greeting)), machine(std::move(options)) {
    turn();
  }

  static ServerOptions standard() {
    ServerOptions options;
    options.host = "mx.example";
    return options;
  }

  // Everything that can be done without more input.
  void turn() {
    while (true) {
      const ServerAction action = machine.next();
      most_held = std::max(most_held, machine.held());
      switch (action.kind) {
        case ServerAction::Kind::send: out += action.bytes; break;
        case ServerAction::Kind::read:
          max = action.max;
          wait = action.wait;
          return;
        case ServerAction::Kind::start_tls:
          tls = true;
          if (break_tls)
            machine.ended();
          else
            machine.tls_started();
          break;
        case ServerAction::Kind::close: closed = true; return;
        case ServerAction::Kind::ask: reply(action.question); break;
      }
    }
  }

  void feed(std::string_view bytes, std::size_t step = 65536) {
    while (!bytes.empty() && !closed) {
      const std::size_t size = std::min({bytes.size(), step, max});
      machine.received(bytes.substr(0, size));
      bytes.remove_prefix(size);
      turn();
    }
  }

  // Sends lines one by one, as a client that waits would.
  void say(std::string_view lines) {
    while (!lines.empty() && !closed) {
      const std::size_t end = std::min(lines.find('\n'), lines.size() - 1) + 1;
      feed(lines.substr(0, end));
      lines.remove_prefix(end);
    }
  }

  void start() {
    say("EHLO client.example\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@mx.example>\r\n");
  }

  std::string take() { return std::exchange(out, {}); }

  void reply(const Question& q) {
    using K = Question::Kind;
    switch (q.kind) {
      case K::connect: machine.answer(on_connect); break;
      case K::helo:
        helo = std::get<HeloCommand>(q.what);
        machine.answer(make_reply(250, "", "hello"));
        break;
      case K::xclient:
        client = std::get<ClientIdentity>(q.what);
        machine.answer(on_xclient);
        break;
      case K::mail:
        mails.push_back(std::get<MailCommand>(q.what));
        machine.answer(make_reply(250, "2.1.0", "ok"));
        break;
      case K::rcpt: {
        const RcptCommand rcpt = std::get<RcptCommand>(q.what);
        rcpts.push_back(rcpt);
        machine.answer(rcpt.to.starts_with("no") ? make_reply(550, "5.1.1", "unknown")
                                                 : make_reply(250, "2.1.5", "ok"));
        break;
      }
      case K::data_start:
        machine.answer(on_data);
        message.clear();
        break;
      case K::chunk:
        largest_chunk = std::max(largest_chunk, q.chunk.size());
        message += q.chunk;
        machine.answer_chunk(take_chunks);
        break;
      case K::end:
        messages.push_back(message);
        machine.answer(end_replies);
        break;
      case K::abort:
        ++aborts;
        machine.done();
        break;
      case K::auth: {
        const auto& request = std::get<sasl::Request>(q.what);
        requests.push_back(request);
        sasl::Answer answer;
        if (request.kind == sasl::Request::Kind::need_scram) {
          answer.verdict = sasl::Answer::Verdict::secret;
          answer.keys = sasl::derive_scram_sha256("pencil", "saltsaltsaltsalt", 4096);
        } else if (request.kind == sasl::Request::Kind::need_password) {
          answer.verdict = sasl::Answer::Verdict::secret;
          answer.password = "pencil";
        } else if (request.secret == "pencil") {
          answer = sasl::Answer::accept();
        }
        machine.answer_auth(answer);
        break;
      }
      case K::authenticated:
        user = q.text;
        machine.answer(make_reply(235, "2.7.0", "welcome"));
        break;
      case K::vrfy: machine.answer(make_reply(252, "2.1.5", "try")); break;
      case K::quit:
        quit = true;
        machine.done();
        break;
    }
  }

  Reply on_connect;
  Reply on_xclient = make_reply(220, "", "ready");
  Reply on_data = make_reply(354, "", "go");
  std::vector<Reply> end_replies{make_reply(250, "2.0.0", "taken")};
  bool take_chunks = true;
  bool break_tls = false;

  std::string out;
  bool closed = false, tls = false, quit = false;
  std::size_t max = 0, most_held = 0, largest_chunk = 0;
  Duration wait{};
  HeloCommand helo;
  ClientIdentity client;
  std::vector<MailCommand> mails;
  std::vector<RcptCommand> rcpts;
  std::string message, user;
  std::vector<std::string> messages;
  std::vector<sasl::Request> requests;
  int aborts = 0;
  ServerMachine machine;
};

}  // namespace tandem::smtp::test
