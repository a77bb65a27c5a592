#include "proxy/session/census.hpp"

#include <algorithm>

namespace tandem::session {
namespace {

constexpr std::size_t most_of_account = 16;

bool is_same(const ClientSeen& a, const ClientSeen& b) {
  return a.protocol == b.protocol && a.client == b.client && a.mechanism == b.mechanism &&
         a.tls_version == b.tls_version && a.host_name == b.host_name && a.problem == b.problem;
}

}  // namespace

void Census::saw(ClientSeen client) {
  const std::lock_guard lock(mutex_);
  auto& known = clients_[client.account];
  const auto same = [&client](const ClientSeen& one) { return is_same(one, client); };
  const auto found = std::ranges::find_if(known, same);
  client.log_ins = 1;
  if (found != known.end()) {
    client.log_ins = found->log_ins + 1;
    *found = std::move(client);
    return;
  }
  if (known.size() >= most_of_account)
    known.erase(std::ranges::min_element(known, {}, &ClientSeen::last_seen));
  known.push_back(std::move(client));
}

std::vector<ClientSeen> Census::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<ClientSeen> all;
  for (const auto& [account, known] : clients_) all.insert(all.end(), known.begin(), known.end());
  return all;
}

}  // namespace tandem::session
