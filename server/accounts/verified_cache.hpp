// VerifiedCache: passwords that were found right a while ago, so that a hundred connections of one
// client cost one scrypt. It holds no password: an entry is an HMAC over the stored hash, the name
// and the password, under a key that is random for each process. A changed password has another
// stored hash, so old entries can no longer match: nothing has to be told. Bounded; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace tandem::server {

class VerifiedCache {
 public:
  explicit VerifiedCache(std::size_t most = 10'000);
  ~VerifiedCache();
  VerifiedCache(const VerifiedCache&) = delete;
  VerifiedCache& operator=(const VerifiedCache&) = delete;

  // What stands for a password here; it tells nothing outside this process.
  [[nodiscard]] std::string proof(std::string_view stored, std::string_view user,
                                  std::string_view password) const;
  [[nodiscard]] bool contains(std::int64_t account, std::string_view proof) const;
  void remember(std::int64_t account, std::string proof);
  [[nodiscard]] std::size_t size() const;

 private:
  const std::size_t most_;
  std::string key_;
  mutable std::mutex mutex_;
  std::unordered_map<std::int64_t, std::string> proofs_;
  std::deque<std::int64_t> order_;  // oldest first
};

}  // namespace tandem::server
