// The command table of the server machine and what each command does: its syntax, its sequence, its
// question.
#include <algorithm>

#include "lib/base/text.hpp"
#include "lib/protocol/smtp/server_machine.hpp"

namespace tandem::smtp {

const std::vector<ServerMachine::Command>& ServerMachine::commands() {
  using M = ServerMachine;
  constexpr auto bit = [](State state) { return 1U << static_cast<unsigned>(state); };
  constexpr unsigned fresh = bit(State::fresh), ready = bit(State::ready),
                     has_mail = bit(State::mail), has_rcpt = bit(State::rcpt),
                     chunks = bit(State::bdat);
  constexpr unsigned any = fresh | ready | has_mail | has_rcpt | chunks;
  static const std::vector<Command> table{
      {"HELO", any, true, &M::helo},
      {"EHLO", any, true, &M::ehlo},
      {"LHLO", any, true, &M::lhlo},
      {"XCLIENT", fresh | ready, true, &M::xclient},
      {"MAIL", ready, false, &M::mail},
      {"RCPT", has_mail | has_rcpt, false, &M::rcpt},
      {"DATA", any, true, &M::data},
      {"BDAT", any, false, &M::bdat},
      {"RSET", any, false, &M::rset},
      {"NOOP", any, false, &M::noop},
      {"QUIT", any, false, &M::quit},
      {"VRFY", any, false, &M::vrfy},
      {"EXPN", any, false, &M::expn},
      {"HELP", any, false, &M::help},
      {"STARTTLS", fresh | ready, true, &M::starttls},
      {"AUTH", ready, false, &M::auth},
  };
  return table;
}

// T-01, T-13: bytes behind a command that must be a group's last. True: the session is over.
bool ServerMachine::refuse_early(const Command& command) {
  if (!command.last || in_.empty()) return false;
  close_with(554, "5.5.1", "Nothing may follow this command before its answer");
  return true;
}

void ServerMachine::run_command(const Command& command, std::string_view argument) {
  if (refuse_early(command)) return;
  static constexpr std::string_view before_tls[] = {"EHLO", "HELO", "LHLO",    "NOOP",
                                                    "RSET", "QUIT", "STARTTLS"};
  // The chunk behind a BDAT line is read away in any case, so BDAT judges for itself.
  const bool is_bdat = command.act == &ServerMachine::bdat;
  if (options_.require_tls && !options_.tls_active && !is_bdat &&
      std::ranges::find(before_tls, command.verb) == std::end(before_tls))
    return error(530, "5.7.0", "Say STARTTLS first");
  if ((command.states & (1U << static_cast<unsigned>(state_))) == 0)
    return error(503, "5.5.1", "Bad sequence of commands");
  (this->*command.act)(argument);
}

void ServerMachine::greet(std::string_view argument, bool extended) {
  if (!is_helo_name(argument)) return error(501, "5.5.4", "Syntax: HELO or EHLO and a host name");
  end_transaction(true);
  helo_ = {std::string(argument), extended};
  ask({Question::Kind::helo, helo_, {}, {}});
}

void ServerMachine::helo(std::string_view argument) {
  if (options_.lmtp) return error(500, "5.5.1", "This is LMTP: say LHLO");
  greet(argument, false);
}

void ServerMachine::ehlo(std::string_view argument) {
  if (options_.lmtp) return error(500, "5.5.1", "This is LMTP: say LHLO");
  greet(argument, true);
}

void ServerMachine::lhlo(std::string_view argument) {
  if (!options_.lmtp) return error(500, "5.5.1", "This is SMTP: say EHLO");
  greet(argument, true);
}

bool ServerMachine::auth_offered() const {
  return !options_.auth_mechanisms.empty() && !authenticated_ &&
         (options_.tls_active || options_.auth_without_tls);
}

Reply ServerMachine::ehlo_reply(const Reply& reply) const {
  Reply out{250, "", {options_.host + " " + reply.text()}};
  const auto line = [&](bool offered, std::string text) {
    if (offered) out.lines.push_back(std::move(text));
  };
  line(true, "PIPELINING");
  line(true, "SIZE " + std::to_string(options_.body.size));
  line(options_.eight_bit_mime, "8BITMIME");
  line(true, "ENHANCEDSTATUSCODES");
  line(options_.chunking, "CHUNKING");
  line(options_.smtputf8, "SMTPUTF8");
  line(options_.dsn, "DSN");
  line(options_.require_tls_extension && options_.tls_active, "REQUIRETLS");
  line(options_.starttls && !options_.tls_active, "STARTTLS");
  if (auth_offered()) {
    std::string offer = "AUTH";
    for (const std::string& name : options_.auth_mechanisms) offer += " " + name;
    line(true, std::move(offer));
  }
  line(options_.xclient, "XCLIENT " + std::string(xclient_attributes));
  line(options_.limits, "LIMITS RCPTMAX=" + std::to_string(options_.max_recipients));
  return out;
}

ParameterSet ServerMachine::parameters() const {
  ParameterSet set;
  set.size = helo_.extended;
  set.eight_bit_mime = helo_.extended && options_.eight_bit_mime;
  set.smtputf8 = helo_.extended && options_.smtputf8;
  set.dsn = helo_.extended && options_.dsn;
  set.auth = helo_.extended && !options_.auth_mechanisms.empty();
  set.require_tls = helo_.extended && options_.require_tls_extension && options_.tls_active;
  return set;
}

void ServerMachine::xclient(std::string_view argument) {
  if (!options_.xclient) return error(550, "5.7.1", "You may not speak for others here");
  auto parsed = parse_xclient(argument);
  if (!parsed) {
    say(parsed.error());
    return count_error();
  }
  ask({Question::Kind::xclient, std::move(*parsed), {}, {}});
}

void ServerMachine::mail(std::string_view argument) {
  if (options_.require_auth && !authenticated_)
    return error(530, "5.7.0", "Authentication required");
  auto parsed = parse_mail(argument, parameters());
  if (!parsed) {
    say(parsed.error());
    return count_error();
  }
  if (parsed->size && *parsed->size > options_.body.size)
    return say(make_reply(552, "5.3.4", "Message size exceeds the limit"));
  smtputf8_ = parsed->smtputf8;
  ask({Question::Kind::mail, std::move(*parsed), {}, {}});
}

void ServerMachine::rcpt(std::string_view argument) {
  auto parsed = parse_rcpt(argument, parameters(), smtputf8_);
  if (!parsed) {
    say(parsed.error());
    return count_error();
  }
  // RFC 5321 4.5.3.1.10
  if (recipients_ >= options_.max_recipients)
    return say(make_reply(452, "4.5.3", "Too many recipients"));
  ++recipients_;
  ask({Question::Kind::rcpt, std::move(*parsed), {}, {}});
}

void ServerMachine::data(std::string_view argument) {
  if (!argument.empty()) return error(501, "5.5.4", "DATA takes no argument");
  // RFC 3030 2: DATA and BDAT do not mix.
  const int none = options_.lmtp ? 503 : 554;  // RFC 2033 4.2
  if (state_ == State::mail) return say(make_reply(none, "5.5.1", "No valid recipients"));
  if (state_ != State::rcpt) return error(503, "5.5.1", "Bad sequence of commands");
  content_ = Content::dots;
  ask({Question::Kind::data_start, {}, {}, {}});
}

void ServerMachine::rset(std::string_view argument) {
  if (!argument.empty()) return error(501, "5.5.4", "RSET takes no argument");
  end_transaction(true);
  say(make_reply(250, "2.0.0", "Forgotten"));
}

void ServerMachine::noop(std::string_view) {
  say(make_reply(250, "2.0.0", "Ok"));
}

void ServerMachine::quit(std::string_view) {
  end_transaction(true);
  ask({Question::Kind::quit, {}, {}, {}});
  say(make_reply(221, "2.0.0", options_.host + " says goodbye"));
}

void ServerMachine::vrfy(std::string_view argument) {
  if (argument.empty()) return error(501, "5.5.4", "Syntax: VRFY address");
  ask({Question::Kind::vrfy, {}, std::string(argument), {}});
}

void ServerMachine::expn(std::string_view) {
  error(502, "5.7.0", "Lists are not expanded here");
}

void ServerMachine::help(std::string_view) {
  say(make_reply(214, "2.0.0", "See RFC 5321"));
}

void ServerMachine::starttls(std::string_view argument) {
  if (!options_.starttls || options_.tls_active)
    return error(503, "5.5.1", "STARTTLS is not available");
  if (!argument.empty()) return error(501, "5.5.4", "STARTTLS takes no argument");
  say(make_reply(220, "2.0.0", "Go ahead"));
  tls_wanted_ = true;
}

}  // namespace tandem::smtp
