#include "webui/users.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/text.hpp"
#include "lib/store/store.hpp"

namespace tandem::webui {
namespace {

constexpr std::size_t longest_name = 64;

bool is_name_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  if (byte >= 0x80) return true;
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-' || c == '@' || c == '+';
}

}  // namespace

std::string_view name_of(Role role) {
  return role == Role::viewer ? "viewer" : "operator";
}

std::optional<Role> role_named(std::string_view name) {
  if (name == "viewer") return Role::viewer;
  if (name == "operator") return Role::operator_role;
  return std::nullopt;
}

bool is_user_name(std::string_view name) {
  return !name.empty() && name.size() <= longest_name && is_utf8(name) &&
         std::ranges::all_of(name, is_name_byte);
}

store::Schema Users::schema() {
  return {.component = "webui", .steps = {R"sql(
    CREATE TABLE webui_user (
      name TEXT PRIMARY KEY,
      role TEXT NOT NULL,
      hash TEXT NOT NULL
    );
  )sql"}};
}

Result<void> Users::read() {
  auto found = store_.read([](store::Sql& sql) -> Result<std::map<std::string, User>> {
    std::map<std::string, User> users;
    auto rows = sql.query("SELECT name, role, hash FROM webui_user");
    while (rows.next()) {
      const Role role = role_named(rows.view(1)).value_or(Role::viewer);
      users[rows.text(0)] = {rows.text(0), role, rows.text(2)};
    }
    if (!rows.status()) return fail(rows.status().error());
    return users;
  });
  if (!found) return fail(found.error());
  const std::lock_guard lock(mutex_);
  users_ = std::move(*found);
  return {};
}

bool Users::empty() const {
  const std::lock_guard lock(mutex_);
  return users_.empty();
}

std::optional<User> Users::find(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = users_.find(name);
  return found == users_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<User> Users::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<User> list;
  for (const auto& [name, user] : users_) list.push_back(user);
  return list;
}

net::Task<Result<void>> Users::put(User user, bool only_first) {
  store::Unit unit;
  unit.apply = [&user, only_first](store::Sql& sql,
                                   std::span<const store::BlobRef>) -> Result<void> {
    const auto known = sql.integer("SELECT count(*) FROM webui_user");
    if (!known) return fail(known.error());
    if (only_first && known->value_or(0) > 0)
      return fail(ErrorKind::conflict, "there is an operator already");
    const auto done = sql.execute(
        "INSERT INTO webui_user (name, role, hash) VALUES ($1, $2, $3) "
        "ON CONFLICT (name) DO UPDATE SET role = $2, hash = $3",
        user.name, name_of(user.role), user.hash);
    if (!done) return fail(done.error());
    return {};
  };
  const auto committed = co_await store_.committer().commit(std::move(unit));
  if (!committed) co_return fail(committed.error());
  const std::lock_guard lock(mutex_);
  users_[user.name] = user;
  co_return Result<void>{};
}

}  // namespace tandem::webui
