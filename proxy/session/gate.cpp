#include "proxy/session/gate.hpp"

#include <utility>

namespace tandem::session {
namespace {

using Kind = sasl::Request::Kind;
using Proof = Attempt::Proof;

Proof proof_of(const sasl::Request& request) {
  switch (request.kind) {
    case Kind::verify_token: return Proof::token;
    case Kind::need_password: return Proof::digest;
    case Kind::confirm: return request.proven ? Proof::proven : Proof::disproven;
    default: return Proof::password;
  }
}

}  // namespace

Task<sasl::Answer> Gate::answer(sasl::Request request, std::string program) {
  admitted_.reset();
  if (request.kind == Kind::need_scram)
    co_return co_await admission_.scram_keys(std::move(request.user));
  Attempt attempt{.proof = proof_of(request),
                  .protocol = protocol_,
                  .mechanism = std::move(request.mechanism),
                  .user = std::move(request.user),
                  .identity = std::move(request.identity),
                  .secret = Secret(std::move(request.secret)),
                  .challenge = std::move(request.challenge),
                  .digest = std::move(request.digest),
                  .client = std::move(program),
                  .helo = helo_,
                  .hops_left = hops_left_};
  auto admitted = co_await admission_.admit(std::move(attempt), client_.info());
  if (admitted) {
    admitted_ = std::move(*admitted);
    co_return sasl::Answer::accept();
  }
  if (admitted.error().kind == ErrorKind::authentication) co_return sasl::Answer::refuse();
  co_return sasl::Answer::temporary();
}

// Kicked while the client still had a word to say: what was opened belongs to the old route.
std::optional<Admitted> Gate::take() {
  auto admitted = std::exchange(admitted_, std::nullopt);
  if (admitted && admitted->place.guest().kicked()) return std::nullopt;
  return admitted;
}

}  // namespace tandem::session
