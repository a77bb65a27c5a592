#include "proxy/session/breaker.hpp"

#include <utility>

namespace tandem::session {
namespace {

bool is_silence(const Error& error) {
  switch (error.kind) {
    case ErrorKind::unreachable:
    case ErrorKind::timed_out:
    case ErrorKind::tls:
    case ErrorKind::closed: return true;
    default: return false;
  }
}

}  // namespace

bool Breaker::may_ask(const std::string& backend) {
  const std::lock_guard lock(mutex_);
  const auto found = backends_.find(backend);
  if (found == backends_.end() || !found->second.shut) return true;
  State& state = found->second;
  if (clock_.steady() < state.shut_until) return false;
  state.shut_until = clock_.steady() + pause;  // this one tries; the others wait for what it finds
  return true;
}

bool Breaker::asked(const std::string& backend, migration::AccountId account, const Error* error) {
  const std::lock_guard lock(mutex_);
  if (error == nullptr || !is_silence(*error)) {
    backends_.erase(backend);
    return false;
  }
  State& state = backends_[backend];
  const SteadyTime now = clock_.steady();
  if (state.failed.empty() || now - state.first > window) {
    state.failed.clear();
    state.first = now;
  }
  state.failed.insert(account);
  if (!state.shut && state.failed.size() < most_accounts) return false;
  state.shut_until = now + pause;
  return !std::exchange(state.shut, true);
}

}  // namespace tandem::session
