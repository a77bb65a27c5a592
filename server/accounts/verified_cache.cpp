#include "server/accounts/verified_cache.hpp"

#include "lib/base/text.hpp"
#include "lib/protocol/sasl/scram_keys.hpp"

namespace tandem::server {

VerifiedCache::VerifiedCache(std::size_t most) : most_(most), key_(random_bytes(32)) {}

VerifiedCache::~VerifiedCache() {
  wipe(key_);
}

std::string VerifiedCache::proof(std::string_view stored, std::string_view user,
                                 std::string_view password) const {
  std::string text(stored);
  text.reserve(stored.size() + user.size() + password.size() + 2);
  text.append(1, '\0').append(user).append(1, '\0').append(password);
  std::string proof = sasl::hmac_sha256(key_, text);
  wipe(text);
  return proof;
}

bool VerifiedCache::contains(std::int64_t account, std::string_view proof) const {
  const std::lock_guard lock(mutex_);
  const auto found = proofs_.find(account);
  return found != proofs_.end() && constant_time_equal(found->second, proof);
}

void VerifiedCache::remember(std::int64_t account, std::string proof) {
  const std::lock_guard lock(mutex_);
  const auto [entry, added] = proofs_.insert_or_assign(account, std::move(proof));
  if (!added) return;
  order_.push_back(account);
  if (order_.size() <= most_) return;
  proofs_.erase(order_.front());
  order_.pop_front();
}

std::size_t VerifiedCache::size() const {
  const std::lock_guard lock(mutex_);
  return proofs_.size();
}

}  // namespace tandem::server
