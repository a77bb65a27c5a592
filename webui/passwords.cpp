#include "webui/passwords.hpp"

#include <functional>

#include "config/password_hash.hpp"
#include "lib/base/text.hpp"
#include "lib/net/sync.hpp"
#include "webui/context.hpp"

namespace tandem::webui {
namespace {

constexpr std::size_t shortest = 10;  // bytes
constexpr std::size_t longest = 1024;
constexpr std::size_t at_once = 16;  // waiting or being hashed

// A place among those at work; gives it back when it goes.
class Place {
 public:
  explicit Place(std::atomic<std::size_t>& taken) : taken_(taken), good_(++taken <= at_once) {}
  ~Place() { --taken_; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  explicit operator bool() const { return good_; }

 private:
  std::atomic<std::size_t>& taken_;
  bool good_;
};

// Of no password: compared with where the user is not known.
const std::string& nobodys_hash() {
  static const std::string hash = config::hash_password(random_bytes(32));
  return hash;
}

}  // namespace

Result<void> check_new_user(const std::string& name, const std::string& password) {
  if (!is_user_name(name))
    return fail(ErrorKind::invalid,
                "A user's name has at most 64 letters, digits and . _ - @ + characters.");
  if (password.size() < shortest || password.size() > longest || !is_utf8(password))
    return fail(ErrorKind::invalid, "A password has at least 10 characters.");
  return {};
}

net::Task<std::optional<std::string>> hash_slowly(Context& context, std::string password) {
  const Place place(context.slow_work);
  if (!place) co_return std::nullopt;
  std::function<std::string()> work = [&password] { return config::hash_password(password); };
  std::string hash = co_await net::offload(context.parts.offload, work);
  wipe(password);
  co_return hash;
}

net::Task<std::optional<bool>> verify_slowly(Context& context, std::optional<User> user,
                                             std::string password) {
  const Place place(context.slow_work);
  if (!place) co_return std::nullopt;
  std::function<bool()> work = [&user, &password] {
    const bool usable = password.size() <= longest;
    const std::string& hash = user && usable ? user->hash : nobodys_hash();
    return config::verify_password(usable ? password : "", hash) && user && usable;
  };
  const bool right = co_await net::offload(context.parts.offload, work);
  wipe(password);
  co_return right;
}

}  // namespace tandem::webui
