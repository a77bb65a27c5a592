// What every resource may use: the parts given to the Web and this room's own state. Internal.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/secret.hpp"
#include "lib/net/http/message.hpp"
#include "lib/net/task.hpp"
#include "webui/describe_account.hpp"
#include "webui/live.hpp"
#include "webui/lockout.hpp"
#include "webui/rates.hpp"
#include "webui/runs.hpp"
#include "webui/sessions.hpp"
#include "webui/setup.hpp"
#include "webui/users.hpp"
#include "webui/web.hpp"

namespace tandem::webui {

// What listeners on the event bus touch; it outlives a publisher that is just calling.
struct News {
  Live live;
  Runs runs;
};

struct Context {
  Context(WebParts given, WebOptions chosen);
  ~Context();

  WebParts parts;
  WebOptions options;
  Users users;
  Sessions sessions;
  Lockout lockout;
  SetupLink setup;
  Secret token;         // the command line's
  Rates rates;          // by migration
  Rates account_rates;  // by address, of those that have something left
  RollBacks roll_backs;
  std::shared_ptr<News> news;
  WallTime started;
  std::atomic<std::size_t> listeners = 0;  // of events
  std::atomic<std::size_t> slow_work = 0;  // passwords being hashed
  std::atomic<std::size_t> readings = 0;   // messages being read from a side

  [[nodiscard]] AccountState look_at(const migration::Account& account);
  // All accounts, of one migration or of all of them.
  [[nodiscard]] std::vector<AccountState> accounts(std::string_view migration = "");
  // Overview of openapi.json; not older than `age`.
  [[nodiscard]] std::shared_ptr<const std::string> overview(Duration age);
  // The gateway's counts, of one migration or of all; at most a second old, and never counted for
  // more than a twentieth of the time.
  [[nodiscard]] migration::DeliveryCounts delivery_counts(const std::string& migration);
  // Tells everybody that this account changed.
  void tell(migration::AccountId account);

 private:
  std::uint64_t subscription_ = 0;
  std::mutex overview_mutex_;
  std::shared_ptr<const std::string> overview_;
  SteadyTime overview_at_{};
  struct Counted {
    migration::DeliveryCounts counts;
    SteadyTime good_until{};
  };
  std::mutex counts_mutex_;
  std::map<std::string, Counted> counts_;  // by migration: those of the settings, and ""
};

// Who asks.
struct Caller {
  std::string user;
  Role role = Role::viewer;
  std::string csrf;    // empty: a bearer token
  std::string cookie;  // empty: a bearer token
  std::string from;    // address, or "cli"

  // "admin (192.0.2.1)": as the audit log keeps it.
  [[nodiscard]] std::string who() const;
};

struct Request {
  net::HttpRequest http;
  Caller caller;
  std::string argument;  // what stands for {…} in the route's path
};

// Answers, as resources make them.
[[nodiscard]] net::HttpResponse reply_json(std::string body, int status = 200);
struct Fault {
  int status = 400;
  std::string_view kind;
  std::string what;
  std::string next_step;
  std::string server_words;
};
[[nodiscard]] net::HttpResponse reply_fault(const Fault& fault);
// 500, or 409 for a conflict, 404 for what is not there.
[[nodiscard]] net::HttpResponse reply_error(const Error& error);
[[nodiscard]] net::HttpResponse bad_request(std::string what);

}  // namespace tandem::webui
