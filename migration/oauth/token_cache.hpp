// TokenCache: access tokens while they are good. Under one key at most one request is under way;
// who needs the same token meanwhile waits for its outcome, and no longer than for that.
//
//   fresh      the token is given
//   due        within 5 minutes or a tenth of its life before its end: the first who comes asks for
//              a new one, the others go on with the old one; if that fails, all do
//   over, none  the first asks, the others wait
//   failed      for 10 s all are told the same error, so that a thousand accounts do not ask a
//              server that is down a thousand times; another secret ends it at once
//   refused     by the mailbox server: it is dropped, but not within a minute of its making, when a
//              new one would be no better
//
// Any thread; each source is used by the caller's coroutine only.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "lib/base/clock.hpp"
#include "lib/base/result.hpp"
#include "lib/base/secret.hpp"
#include "lib/net/keyed_lock.hpp"
#include "lib/net/task.hpp"
#include "migration/oauth/token_answer.hpp"

namespace tandem::migration::oauth {

using net::Task;

// Where one key's token comes from.
class TokenSource {
 public:
  virtual ~TokenSource() = default;
  [[nodiscard]] virtual const std::string& key() const = 0;
  // Reads anew what the token is asked with; may be called again.
  [[nodiscard]] virtual Result<void> load() = 0;
  // Of what was loaded, or of what took its place with the token that was asked for.
  [[nodiscard]] virtual std::string fingerprint() const = 0;
  [[nodiscard]] virtual Task<Result<Token>> ask() = 0;
};

class TokenCache {
 public:
  explicit TokenCache(const Clock& clock) : clock_(clock) {}

  // `source` must live until this has returned.
  [[nodiscard]] Task<Result<Secret>> token(TokenSource& source);
  // The mailbox server refused this token. True: another try with token() gets a different one.
  [[nodiscard]] bool refused(const std::string& key, const Secret& token);

 private:
  struct Entry {
    std::int64_t id = 0;  // for the lock
    Secret token;         // empty: none
    SteadyTime made{}, due{}, over{};
    std::string fingerprint;  // of what the token was asked with, or of its successor
    bool asking = false;
    std::optional<Error> failure;
    SteadyTime failed{};
    std::string failed_with;  // fingerprint
  };
  class Asking;  // while it lives, its entry says that somebody asks

  [[nodiscard]] std::int64_t id_of(const std::string& key);
  // Nothing: it has to be asked for.
  [[nodiscard]] std::optional<Result<Secret>> known(const TokenSource& source, bool my_turn);
  [[nodiscard]] Result<Secret> keep(const TokenSource& source, SteadyTime asked,
                                    Result<Token> answer);

  const Clock& clock_;
  net::KeyedLock turns_;
  std::mutex mutex_;
  std::map<std::string, Entry> entries_;  // never erased: as many as accounts
};

}  // namespace tandem::migration::oauth
