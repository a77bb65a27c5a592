#include "lib/net/resolver.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <tuple>

#include <boost/asio/this_coro.hpp>

#include "lib/base/text.hpp"
#include "lib/net/dns_exchange.hpp"
#include "lib/net/task_group.hpp"

namespace tandem::net {
namespace {

constexpr std::uint16_t dns_port = 53;
constexpr std::size_t most_lines = 10'000;
constexpr std::size_t most_servers = 4;

std::vector<std::string_view> words_of(std::string_view line) {
  line = line.substr(0, line.find('#'));
  std::vector<std::string_view> words;
  while (!(line = trim(line)).empty()) {
    const auto end = std::min(line.find_first_of(" \t"), line.size());
    words.push_back(line.substr(0, end));
    line.remove_prefix(end);
  }
  return words;
}

// Calls `use` with the words of each line of a small file; a file that is not there has none.
template <class Use>
void each_line(const std::string& file, Use use) {
  std::ifstream in(file);
  std::string line;
  for (std::size_t i = 0; i < most_lines && std::getline(in, line); ++i) {
    const auto words = words_of(line);
    if (words.size() >= 2) use(words);
  }
}

std::vector<SocketAddress> system_servers() {
  std::vector<SocketAddress> servers;
  each_line("/etc/resolv.conf", [&servers](const std::vector<std::string_view>& words) {
    const std::string address(words[1]);
    if (words[0] != "nameserver" || !is_ip_address(address)) return;
    if (servers.size() < most_servers) servers.push_back({address, dns_port});
  });
  if (servers.empty()) servers.push_back({"127.0.0.1", dns_port});
  return servers;
}

std::vector<std::string> in_hosts_file(const std::string& file, std::string_view host) {
  std::vector<std::string> found;
  each_line(file, [&found, host](const std::vector<std::string_view>& words) {
    std::string address(words[0]);
    for (std::size_t i = 1; i < words.size(); ++i) {
      if (iequals(words[i], host) && is_ip_address(address)) found.push_back(address);
    }
  });
  return found;
}

std::uint16_t random_id() {
  const std::string bytes = random_bytes(2);
  return static_cast<std::uint16_t>(static_cast<unsigned char>(bytes[0]) << 8 |
                                    static_cast<unsigned char>(bytes[1]));
}

std::unexpected<Error> not_found(const std::string& name, std::string_view what) {
  return fail(Error{.kind = ErrorKind::not_found,
                    .what = fmt::format("{} for {} in DNS", what, printable(name)),
                    .origin = Origin::other});
}

Task<void> keep_records(Task<Result<std::vector<DnsRecord>>> task,
                        Result<std::vector<DnsRecord>>* kept) {
  *kept = co_await std::move(task);
}

bool is_final(const Result<DnsAnswer>& answer) {
  if (!answer) return answer.error().kind == ErrorKind::cancelled;
  return answer->code == DnsAnswer::no_error || answer->code == DnsAnswer::no_such_name;
}

}  // namespace

Resolver::Resolver(ResolverOptions options) : options_(std::move(options)) {
  if (options_.servers.empty()) options_.servers = system_servers();
}

Task<Result<DnsAnswer>> Resolver::ask(std::vector<SocketAddress> servers, std::string name,
                                      DnsType type, bool recursive) const {
  Result<DnsAnswer> answer = fail(ErrorKind::internal, "no DNS server");
  for (int round = 0; round < options_.rounds; ++round) {
    for (const auto& server : servers) {
      const auto query = make_dns_query(name, type, random_id(), recursive);
      if (!query) co_return fail(query.error());
      answer = co_await exchange_dns(server, *query, options_.try_limit);
      if (is_final(answer)) co_return answer;
    }
  }
  co_return answer;
}

Task<Result<DnsAnswer>> Resolver::query(std::string name, DnsType type) const {
  return ask(options_.servers, std::move(name), type, true);
}

Task<Result<DnsAnswer>> Resolver::query_server(SocketAddress server, std::string name, DnsType type,
                                               bool recursive) const {
  return ask({std::move(server)}, std::move(name), type, recursive);
}

Task<Result<std::vector<DnsRecord>>> Resolver::records(std::string name, DnsType type) const {
  const auto answer = co_await query(name, type);
  if (!answer) co_return fail(answer.error());
  if (answer->code == DnsAnswer::no_such_name) co_return not_found(name, "no such name");
  if (answer->code != DnsAnswer::no_error) {
    co_return fail(
        Error{.kind = ErrorKind::unreachable,
              .what = fmt::format("DNS failed for {} (code {})", printable(name), answer->code),
              .origin = Origin::other,
              .temporary = true});
  }
  auto found = answer->of(type);
  if (found.empty()) co_return not_found(name, "no record of the kind asked for");
  co_return found;
}

Task<Result<std::vector<std::string>>> Resolver::addresses(std::string host) const {
  std::vector<std::string> found;
  if (const auto raw = detail::to_raw({host, 0})) {
    found.push_back(detail::from_raw(*raw).address);
    co_return found;
  }
  found = in_hosts_file(options_.hosts_file, host);
  if (found.empty() && (iequals(host, "localhost") || lower(host).ends_with(".localhost"))) {
    found = {"127.0.0.1", "::1"};  // RFC 6761 6.3
  }
  if (!found.empty()) co_return found;
  Result<std::vector<DnsRecord>> four;
  Result<std::vector<DnsRecord>> six;
  TaskGroup group(co_await boost::asio::this_coro::executor);
  group.spawn(keep_records(records(host, DnsType::a), &four));
  group.spawn(keep_records(records(host, DnsType::aaaa), &six));
  co_await group.join();
  for (const auto* kind : {&four, &six}) {
    if (!*kind) continue;
    for (const auto& record : **kind) found.push_back(record.data);
  }
  if (!found.empty()) co_return found;
  // "No such name" is final only if both say so.
  const bool four_final = !four && four.error().kind == ErrorKind::not_found;
  co_return fail(four_final ? six.error() : four.error());
}

Task<Result<std::vector<MxRecord>>> Resolver::mx(std::string domain) const {
  const auto found = co_await records(domain, DnsType::mx);
  if (!found) co_return fail(found.error());
  std::vector<MxRecord> exchangers;
  for (const auto& record : *found) {
    exchangers.push_back({record.data, record.preference, record.ttl});
  }
  std::ranges::sort(exchangers, [](const MxRecord& a, const MxRecord& b) {
    return std::tie(a.preference, a.host) < std::tie(b.preference, b.host);
  });
  co_return exchangers;
}

Task<Result<std::vector<std::string>>> Resolver::txt(std::string name) const {
  const auto found = co_await records(name, DnsType::txt);
  if (!found) co_return fail(found.error());
  std::vector<std::string> texts;
  for (const auto& record : *found) texts.push_back(record.data);
  co_return texts;
}

Task<Result<std::vector<std::string>>> Resolver::ptr(std::string address) const {
  const std::string name = reverse_name(address);
  if (name.empty()) co_return fail(ErrorKind::invalid, "not an address: " + printable(address));
  const auto found = co_await records(name, DnsType::ptr);
  if (!found) co_return fail(found.error());
  std::vector<std::string> names;
  for (const auto& record : *found) names.push_back(record.data);
  co_return names;
}

}  // namespace tandem::net
