// The people who may log in to the page: a name, a role and a scrypt hash each, in the ledger. All
// of them are kept in memory (there are few). Any thread; put() any io thread.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/result.hpp"
#include "lib/net/task.hpp"

namespace tandem::store {
class Store;
struct Schema;
}  // namespace tandem::store

namespace tandem::webui {

enum class Role : std::uint8_t {
  viewer,         // may look
  operator_role,  // may do everything
};
[[nodiscard]] std::string_view name_of(Role role);  // "viewer", "operator"
[[nodiscard]] std::optional<Role> role_named(std::string_view name);

struct User {
  std::string name;
  Role role = Role::viewer;
  std::string hash;  // config::hash_password
};

// Letters, digits, marks and any non-ASCII character; at most 64 bytes of UTF-8. Neither spaces nor
// brackets: "name (address)" in the audit log can be read back.
[[nodiscard]] bool is_user_name(std::string_view name);

class Users {
 public:
  [[nodiscard]] static store::Schema schema();
  explicit Users(store::Store& store) : store_(store) {}

  [[nodiscard]] Result<void> read();
  [[nodiscard]] bool empty() const;
  [[nodiscard]] std::optional<User> find(const std::string& name) const;
  [[nodiscard]] std::vector<User> all() const;  // by name
  // Adds or replaces; durable when it returns. With `only_first`, error conflict where there is
  // one.
  [[nodiscard]] net::Task<Result<void>> put(User user, bool only_first = false);

 private:
  store::Store& store_;
  mutable std::mutex mutex_;
  std::map<std::string, User> users_;
};

}  // namespace tandem::webui
