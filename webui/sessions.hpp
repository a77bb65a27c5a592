// Who is logged in: sessions in memory, found by the hash of a random cookie. A restart of the
// program ends them all. Any thread.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "lib/base/clock.hpp"
#include "webui/users.hpp"

namespace tandem::webui {

struct Session {
  std::string user;
  Role role = Role::viewer;
  std::string csrf;  // what POSTs must carry in X-Tandem-CSRF
  SteadyTime begun{};
  SteadyTime seen{};
};

class Sessions {
 public:
  explicit Sessions(const Clock& clock) : clock_(clock) {}

  struct Opened {
    std::string cookie;
    Session session;
  };
  [[nodiscard]] Opened open(const User& user);
  // Counts as use. Nothing: unknown, idle for 12 hours, or a week old.
  [[nodiscard]] std::optional<Session> find(const std::string& cookie);
  // The same without counting as use: an open page alone keeps nobody logged in for ever.
  [[nodiscard]] bool is_open(const std::string& cookie);
  void close(const std::string& cookie);
  // After a change of password or role.
  void close_all_of(const std::string& user);

 private:
  std::map<std::string, Session>::iterator living(const std::string& cookie);
  void make_room();

  const Clock& clock_;
  std::mutex mutex_;
  std::map<std::string, Session> sessions_;  // by SHA-256 of the cookie
};

}  // namespace tandem::webui
