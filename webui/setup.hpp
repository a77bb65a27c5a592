// The two secrets in files: the one-time link by which the first operator chooses a password, and
// the command line's bearer token. Both files are 0600. Any thread.
#pragma once

#include <mutex>
#include <string>

#include "lib/base/result.hpp"
#include "lib/base/secret.hpp"

namespace tandem::webui {

class SetupLink {
 public:
  // Makes or keeps the link in `file` while it is needed; removes the file otherwise.
  [[nodiscard]] Result<void> open(std::string file, std::string public_url, bool needed);
  // Error not_found: it was used.
  [[nodiscard]] Result<std::string> link() const;
  [[nodiscard]] bool matches(const std::string& token) const;
  void used();

 private:
  mutable std::mutex mutex_;
  std::string file_;
  std::string public_url_;
  Secret token_;  // empty: not needed any more
};

// The token in `file`, made if missing.
[[nodiscard]] Result<Secret> open_token(const std::string& file);

}  // namespace tandem::webui
