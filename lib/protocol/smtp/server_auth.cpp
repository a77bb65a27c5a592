// AUTH in the server machine (RFC 4954).
#include <algorithm>

#include "lib/base/text.hpp"
#include "lib/protocol/smtp/server_machine.hpp"

namespace tandem::smtp {

void ServerMachine::auth(std::string_view argument) {
  if (authenticated_) return error(503, "5.5.1", "Already authenticated");
  if (options_.auth_mechanisms.empty()) return error(502, "5.5.1", "AUTH is not available");
  if (!auth_offered()) return error(538, "5.7.11", "Say STARTTLS first");
  const std::size_t space = argument.find(' ');
  const std::string_view name = argument.substr(0, space);
  const auto same = [&](const std::string& offered) { return iequals(offered, name); };
  if (std::ranges::none_of(options_.auth_mechanisms, same))
    return error(504, "5.5.4", "Unknown mechanism");
  mechanism_ = sasl::make_server(name, {options_.host, {}, {}, options_.confirm_scram});
  if (!mechanism_) return error(504, "5.5.4", "Unknown mechanism");
  if (space == std::string_view::npos) return run_step(mechanism_->start({}));
  const std::string_view text = trim(argument.substr(space));
  // RFC 4954 4: "=" is an empty initial response.
  const auto initial = base64_decode(text == "=" ? "" : text);
  if (!initial) return auth_failed(make_reply(501, "5.5.2", "Cannot decode the response"));
  run_step(mechanism_->start(std::string_view(*initial)));
}

void ServerMachine::sasl_line(std::string_view line) {
  content_ = Content::none;
  if (line == "*") return auth_failed(make_reply(501, "5.7.0", "Authentication cancelled"));
  const auto input = base64_decode(line);
  if (!input) return auth_failed(make_reply(501, "5.5.2", "Cannot decode the response"));
  run_step(mechanism_->step(*input));
}

void ServerMachine::answer_auth(const sasl::Answer& answer) {
  asked_.reset();
  if (state_ != State::closing && mechanism_) run_step(mechanism_->answer(answer));
}

void ServerMachine::run_step(const sasl::Step& step) {
  switch (step.kind) {
    case sasl::Step::Kind::challenge:
      content_ = Content::sasl;
      return say({334, "", {base64_encode(step.data)}});
    case sasl::Step::Kind::ask: return ask({Question::Kind::auth, step.request, {}, {}});
    case sasl::Step::Kind::success: {
      const std::string user = mechanism_->user();
      mechanism_.reset();
      return ask({Question::Kind::authenticated, {}, user, {}});
    }
    case sasl::Step::Kind::temporary:
      mechanism_.reset();
      return say(make_reply(454, "4.7.0", "Temporary authentication failure"));
    case sasl::Step::Kind::failure:
      return auth_failed(make_reply(535, "5.7.8", "Authentication failed"));
  }
}

void ServerMachine::auth_failed(const Reply& reply) {
  content_ = Content::none;
  mechanism_.reset();
  say(reply);
  count_error();
}

}  // namespace tandem::smtp
