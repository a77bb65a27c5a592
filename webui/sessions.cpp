#include "webui/sessions.hpp"

#include <algorithm>

#include "lib/base/text.hpp"

namespace tandem::webui {
namespace {

constexpr auto idle_limit = std::chrono::hours(12);
constexpr auto life_limit = std::chrono::days(7);
constexpr std::size_t most_sessions = 500;

}  // namespace

Sessions::Opened Sessions::open(const User& user) {
  Opened opened;
  opened.cookie = hex_encode(random_bytes(32));
  opened.session = {.user = user.name,
                    .role = user.role,
                    .csrf = hex_encode(random_bytes(32)),
                    .begun = clock_.steady(),
                    .seen = clock_.steady()};
  const std::lock_guard lock(mutex_);
  make_room();
  sessions_[sha256(opened.cookie)] = opened.session;
  return opened;
}

void Sessions::make_room() {
  if (sessions_.size() < most_sessions) return;
  const auto oldest =
      std::ranges::min_element(sessions_, {}, [](const auto& entry) { return entry.second.seen; });
  sessions_.erase(oldest);
}

std::map<std::string, Session>::iterator Sessions::living(const std::string& cookie) {
  const auto found = sessions_.find(sha256(cookie));
  if (found == sessions_.end()) return found;
  const SteadyTime now = clock_.steady();
  if (now - found->second.seen < idle_limit && now - found->second.begun < life_limit) return found;
  sessions_.erase(found);
  return sessions_.end();
}

std::optional<Session> Sessions::find(const std::string& cookie) {
  const std::lock_guard lock(mutex_);
  const auto found = living(cookie);
  if (found == sessions_.end()) return std::nullopt;
  found->second.seen = clock_.steady();
  return found->second;
}

bool Sessions::is_open(const std::string& cookie) {
  const std::lock_guard lock(mutex_);
  return living(cookie) != sessions_.end();
}

void Sessions::close(const std::string& cookie) {
  const std::lock_guard lock(mutex_);
  sessions_.erase(sha256(cookie));
}

void Sessions::close_all_of(const std::string& user) {
  const std::lock_guard lock(mutex_);
  std::erase_if(sessions_, [&](const auto& entry) { return entry.second.user == user; });
}

}  // namespace tandem::webui
