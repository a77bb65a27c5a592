// SASL, both sides: the input's lines are the peer's messages. No exchange goes on for ever, and a
// client believes no server that did not prove itself (T-17, T-19).
#include "lib/protocol/sasl/sasl.hpp"

#include <array>
#include <string>

#include "tests/fuzz/target.hpp"

using namespace tandem;

namespace {

constexpr std::array mechanisms{"PLAIN",         "LOGIN",       "CRAM-MD5",
                                "SCRAM-SHA-256", "OAUTHBEARER", "XOAUTH2"};

std::string_view line(std::string_view& input) {
  const std::size_t end = std::min(input.find('\n'), input.size());
  const std::string_view one = input.substr(0, end);
  input.remove_prefix(std::min(end + 1, input.size()));
  return one;
}

sasl::Answer decide(const sasl::Request& request) {
  sasl::Answer answer;
  if (request.kind == sasl::Request::Kind::need_scram)
    answer = {sasl::Answer::Verdict::secret, "",
              sasl::derive_scram_sha256("secret", "0123456789abcdef", 4096)};
  if (request.kind == sasl::Request::Kind::need_password)
    answer = {sasl::Answer::Verdict::secret, "secret", {}};
  return answer;
}

void serve(const char* name, std::string_view input) {
  const auto mechanism = sasl::make_server(name, {.host = "mail.example", .nonce = "fixed"});
  sasl::Step step = mechanism->start(line(input));
  for (int steps = 0; steps < 20; ++steps) {
    using Kind = sasl::Step::Kind;
    if (step.kind == Kind::failure || step.kind == Kind::temporary) return;
    if (step.kind == Kind::success) {
      fuzz::require(sasl::is_clean(mechanism->user()), "a name has no control bytes (T-21)");
      return;
    }
    step = step.kind == Kind::ask ? mechanism->answer(decide(step.request))
                                  : mechanism->step(line(input));
  }
  fuzz::require(false, "an exchange ends");
}

void log_in(const char* name, std::string_view input) {
  sasl::Credentials credentials{.user = "aoki", .password = "secret", .token = "token"};
  credentials.nonce = "fixed";
  const auto mechanism = sasl::make_client(name, credentials);
  (void)mechanism->initial();
  while (!input.empty())
    if (!mechanism->step(line(input))) return;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  for (const char* name : mechanisms) {
    serve(name, fuzz::text_of(data, size));
    log_in(name, fuzz::text_of(data, size));
  }
  return 0;
}
