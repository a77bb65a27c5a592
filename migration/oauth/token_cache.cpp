#include "migration/oauth/token_cache.hpp"

#include <algorithm>
#include <utility>

namespace tandem::migration::oauth {
namespace {

constexpr Duration renew_ahead = std::chrono::minutes(5);
constexpr int renew_part = 10;  // or that part of its life, whichever is less
constexpr Duration failure_time = std::chrono::seconds(10);
constexpr Duration refusal_age = std::chrono::minutes(1);

}  // namespace

// Also where the request's coroutine is torn down.
class TokenCache::Asking {
 public:
  Asking(TokenCache& cache, const std::string& key) : cache_(cache), key_(key) { set(true); }
  ~Asking() { set(false); }
  Asking(const Asking&) = delete;
  Asking& operator=(const Asking&) = delete;

 private:
  void set(bool asking) {
    const std::lock_guard lock(cache_.mutex_);
    cache_.entries_[key_].asking = asking;
  }
  TokenCache& cache_;
  const std::string& key_;
};

std::int64_t TokenCache::id_of(const std::string& key) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[key];
  if (entry.id == 0) entry.id = static_cast<std::int64_t>(entries_.size());
  return entry.id;
}

std::optional<Result<Secret>> TokenCache::known(const TokenSource& source, bool my_turn) {
  const std::lock_guard lock(mutex_);
  const Entry& entry = entries_[source.key()];
  const SteadyTime now = clock_.steady();
  const std::string with = source.fingerprint();
  const bool good = !entry.token.empty() && entry.fingerprint == with && now < entry.over;
  const bool failing =
      entry.failure && entry.failed_with == with && now < entry.failed + failure_time;
  const bool renewed_by_another = entry.asking && !my_turn;
  if (good && (now < entry.due || failing || renewed_by_another)) return entry.token.clone();
  if (failing) return std::unexpected(*entry.failure);
  return std::nullopt;
}

Result<Secret> TokenCache::keep(const TokenSource& source, SteadyTime asked, Result<Token> answer) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[source.key()];
  const SteadyTime now = clock_.steady();
  const std::string with = source.fingerprint();
  if (answer) {
    const Duration ahead = std::min(renew_ahead, answer->lasts / renew_part);
    entry.token = std::move(answer->access);
    entry.fingerprint = with;
    entry.made = asked;
    entry.over = asked + answer->lasts;
    entry.due = entry.over - ahead;
    entry.failure.reset();
    return entry.token.clone();
  }
  if (answer.error().kind != ErrorKind::cancelled) {
    entry.failure = answer.error();
    entry.failed = now;
    entry.failed_with = with;
  }
  if (!entry.token.empty() && entry.fingerprint == with && now < entry.over)
    return entry.token.clone();
  return std::unexpected(std::move(answer.error()));
}

Task<Result<Secret>> TokenCache::token(TokenSource& source) {
  if (auto loaded = source.load(); !loaded) co_return fail(loaded.error());
  if (auto found = known(source, false)) co_return std::move(*found);
  const auto turn = co_await turns_.lock(id_of(source.key()));
  // What it is asked with may have been replaced while we waited.
  if (auto loaded = source.load(); !loaded) co_return fail(loaded.error());
  if (auto found = known(source, true)) co_return std::move(*found);
  const Asking asking(*this, source.key());
  const SteadyTime asked = clock_.steady();
  auto answer = co_await source.ask();
  co_return keep(source, asked, std::move(answer));
}

bool TokenCache::refused(const std::string& key, const Secret& token) {
  const std::lock_guard lock(mutex_);
  Entry& entry = entries_[key];
  if (entry.token.empty() || !(entry.token == token)) return true;  // somebody was faster
  if (clock_.steady() < entry.made + refusal_age) return false;
  entry.token = Secret();
  return true;
}

}  // namespace tandem::migration::oauth
