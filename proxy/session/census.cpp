#include "proxy/session/census.hpp"

#include <algorithm>
#include <utility>

#include "lib/base/log.hpp"
#include "lib/net/sync.hpp"
#include "lib/store/store.hpp"

namespace tandem::session {
namespace {

using migration::AccountId;

constexpr std::size_t most_of_account = 16;
constexpr std::size_t most_refused = 4;
constexpr auto kept = std::chrono::days(90);
constexpr auto pace = std::chrono::minutes(1);

bool is_same(const ClientSeen& a, const ClientSeen& b) {
  return a.protocol == b.protocol && a.client == b.client && a.mechanism == b.mechanism &&
         a.tls_version == b.tls_version && a.host_name == b.host_name && a.problem == b.problem;
}

std::int64_t seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

WallTime wall_time(std::int64_t seconds) {
  return WallTime(std::chrono::seconds(seconds));
}

// For one more that could log in, or could not: the oldest of these goes where there are enough.
void make_room(std::vector<ClientSeen>& known, bool refused) {
  const auto is_alike = [refused](const ClientSeen& one) { return one.problem.empty() != refused; };
  const auto count = static_cast<std::size_t>(std::ranges::count_if(known, is_alike));
  if (count < (refused ? most_refused : most_of_account)) return;
  const auto older = [&](const ClientSeen& a, const ClientSeen& b) {
    if (is_alike(a) != is_alike(b)) return is_alike(a);
    return a.last_seen < b.last_seen;
  };
  known.erase(std::ranges::min_element(known, older));
}

Result<void> write_account(store::Sql& sql, AccountId account,
                           const std::vector<ClientSeen>& programs) {
  const auto gone = sql.execute("DELETE FROM session_client WHERE account = $1", account);
  if (!gone) return fail(gone.error());
  for (const ClientSeen& one : programs) {
    const auto put = sql.execute(
        "INSERT INTO session_client (account, protocol, client, mechanism, tls, host, problem, "
        "address, first_seen, last_seen, log_ins) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        account, one.protocol, one.client, one.mechanism, one.tls_version, one.host_name,
        one.problem, one.address, seconds(one.first_seen), seconds(one.last_seen), one.log_ins);
    if (!put) return fail(put.error());
  }
  return {};
}

}  // namespace

std::string Census::schema_step() {
  return R"sql(
    CREATE TABLE session_client (
      account INTEGER NOT NULL,
      protocol TEXT NOT NULL,
      client TEXT NOT NULL,
      mechanism TEXT NOT NULL,
      tls TEXT NOT NULL,
      host TEXT NOT NULL,
      problem TEXT NOT NULL,
      address TEXT NOT NULL,
      first_seen INTEGER NOT NULL,
      last_seen INTEGER NOT NULL,
      log_ins INTEGER NOT NULL
    );
    CREATE INDEX session_client_account ON session_client (account);
  )sql";
}

Census::Census(store::Store& ledger, const Clock& clock) : ledger_(ledger), clock_(clock) {
  read();
}

void Census::read() {
  const auto done = ledger_.read([this](store::Sql& sql) -> Result<void> {
    auto rows = sql.query(
        "SELECT account, protocol, client, mechanism, tls, host, problem, address, first_seen, "
        "last_seen, log_ins FROM session_client");
    while (rows.next())
      clients_[rows.integer(0)].push_back({.account = rows.integer(0),
                                           .protocol = rows.text(1),
                                           .client = rows.text(2),
                                           .mechanism = rows.text(3),
                                           .tls_version = rows.text(4),
                                           .host_name = rows.text(5),
                                           .address = rows.text(7),
                                           .first_seen = wall_time(rows.integer(8)),
                                           .last_seen = wall_time(rows.integer(9)),
                                           .log_ins = static_cast<std::uint64_t>(rows.integer(10)),
                                           .problem = rows.text(6)});
    return rows.status();
  });
  if (!done)
    log::warning("W-SES-5", "what programs people use is not known: {}", done.error().to_string());
}

void Census::saw(ClientSeen client) {
  const std::lock_guard lock(mutex_);
  changed_.insert(client.account);
  auto& known = clients_[client.account];
  const auto same = [&client](const ClientSeen& one) { return is_same(one, client); };
  const auto found = std::ranges::find_if(known, same);
  if (found != known.end()) {
    ++found->log_ins;
    found->last_seen = client.last_seen;
    found->address = std::move(client.address);
    return;
  }
  make_room(known, !client.problem.empty());
  client.log_ins = 1;
  client.first_seen = client.last_seen;
  known.push_back(std::move(client));
}

std::vector<ClientSeen> Census::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<ClientSeen> all;
  for (const auto& [account, known] : clients_) all.insert(all.end(), known.begin(), known.end());
  return all;
}

void Census::forget_old() {
  const std::lock_guard lock(mutex_);
  const WallTime limit = clock_.wall() - kept;
  for (auto& [account, known] : clients_) {
    const auto gone =
        std::erase_if(known, [&](const ClientSeen& one) { return one.last_seen < limit; });
    if (gone != 0) changed_.insert(account);
  }
}

std::map<AccountId, Census::Programs> Census::take_changed() {
  const std::lock_guard lock(mutex_);
  std::map<AccountId, Programs> taken;
  for (const AccountId account : std::exchange(changed_, {})) taken[account] = clients_[account];
  std::erase_if(clients_, [](const auto& entry) { return entry.second.empty(); });
  return taken;
}

Task<void> Census::write() {
  forget_old();
  const auto taken = take_changed();
  if (taken.empty()) co_return;
  store::Unit unit;
  unit.apply = [&taken](store::Sql& sql, std::span<const store::BlobRef>) -> Result<void> {
    for (const auto& [account, programs] : taken)
      if (auto done = write_account(sql, account, programs); !done) return done;
    return {};
  };
  const auto done = co_await ledger_.committer().commit(std::move(unit));
  if (done) co_return;
  log::warning("W-SES-6", "what programs people use is not written: {}", done.error().to_string());
  const std::lock_guard lock(mutex_);
  for (const auto& [account, programs] : taken) changed_.insert(account);
}

Task<void> Census::run(net::TaskGroup& group) {
  net::Notifier stop;
  const auto handle = group.on_stop([&stop] { stop.notify(); });
  while (!group.stopping()) {
    (void)co_await stop.wait_for(pace);
    co_await write();
  }
}

}  // namespace tandem::session
