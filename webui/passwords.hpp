// Passwords hashed and checked off the io threads, a bounded number at a time.
#pragma once

#include <optional>
#include <string>

#include "lib/base/result.hpp"
#include "lib/net/task.hpp"
#include "webui/users.hpp"

namespace tandem::webui {

struct Context;

// Error invalid: the name or the password cannot be used.
[[nodiscard]] Result<void> check_new_user(const std::string& name, const std::string& password);
// Nothing: too many are at it already; try again.
[[nodiscard]] net::Task<std::optional<std::string>> hash_slowly(Context& context,
                                                                std::string password);
// The same work whether there is such a user or not.
[[nodiscard]] net::Task<std::optional<bool>> verify_slowly(Context& context,
                                                           std::optional<User> user,
                                                           std::string password);

}  // namespace tandem::webui
