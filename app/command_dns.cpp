// tandemail dns: the records by which mail programs find us, to be copied into the zone.
#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/command.hpp"
#include "app/configuration.hpp"
#include "config/dns_records.hpp"

namespace tandem::app {
namespace {

void print_json(const std::vector<config::DnsRecord>& records) {
  boost::json::array list;
  for (const auto& record : records)
    list.push_back({{"name", record.name}, {"type", record.type}, {"value", record.value}});
  fmt::print("{}\n", boost::json::serialize(list));
}

}  // namespace

ExitCode run_dns(const Arguments& arguments) {
  const auto configuration = load(arguments);
  if (!configuration) return report(configuration.error());
  const std::string& hostname = configuration->process.hostname;
  if (hostname.find('.') == std::string::npos)
    return report({.kind = ErrorKind::invalid,
                   .what = "no host name is set that clients could be told",
                   .next_step = "Set hostname = mail.example.jp in tandemail.conf."});
  const auto& process = configuration->process;
  const auto records = config::all_dns_records(configuration->migrations, process.server_domains,
                                               process.listen, hostname);
  if (arguments.has("json")) {
    print_json(records);
    return ExitCode::done;
  }
  for (const auto& record : records)
    fmt::print("{:<36} IN {:<4} {}\n", record.name, record.type, record.value);
  return ExitCode::done;
}

}  // namespace tandem::app
