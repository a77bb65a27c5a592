// One pass between two servers that run already, for measuring by hand (hidden: `test_sync
// "[hand]"`). OLD and NEW are 127.0.0.1 ports of plain IMAP; ADDRESS, PASSWORD the log-in of both;
// DATA a directory that is kept; FROM=new to go the other way; VERIFY=1 to compare afterwards.
#include <chrono>
#include <cstdlib>
#include <iostream>

#include "tests/sync/fixture.hpp"

namespace tandem::sync {
namespace {

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

net::Endpoint at_port(const std::string& port) {
  net::Endpoint endpoint;
  endpoint.host = "127.0.0.1";
  endpoint.port = static_cast<std::uint16_t>(std::stoi(port));
  endpoint.tls = net::TlsMode::never;
  return endpoint;
}

net::Task<void> hand_run() {
  const auto executor = co_await boost::asio::this_coro::executor;
  config::MigrationSettings settings;
  settings.name = "example";
  const std::string address = from_environment("ADDRESS");
  settings.domains = {address.substr(address.find('@') + 1)};
  settings.old_side.imap = at_port(from_environment("OLD"));
  settings.new_side.imap = at_port(from_environment("NEW"));
  AccountGiven given;
  given.address = address;
  given.old_password = given.new_password = from_environment("PASSWORD");
  World world(settings, executor, system_clock(), given, from_environment("DATA"));
  co_await world.open();
  const Side from = from_environment("FROM") == "new" ? Side::new_side : Side::old_side;
  const auto begin = std::chrono::steady_clock::now();
  const auto report = co_await world.sync->run_delta(world.account, from);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  if (!report) std::cout << "failed: " << report.error().to_string() << "\n";
  REQUIRE(report);
  std::cout << "copied " << report->copied << " flags " << report->flags_changed << " source "
            << report->source_messages << " matched " << report->matched << " skipped "
            << report->skipped << " in " << took.count() << " s\n";
  for (const auto& one : world.sync->skipped(world.account))
    std::cout << "skipped: " << one.folder << " " << one.uid << " '" << one.subject << "' "
              << one.reason << "\n";
  if (from_environment("VERIFY").empty()) co_return;
  const auto verified = co_await world.sync->verify(world.account, true);
  REQUIRE(verified);
  for (const auto& folder : verified->folders)
    std::cout << folder.name << ": " << folder.home_messages << " " << folder.mirror_messages
              << " missing " << folder.missing << " extra " << folder.extra << "\n";
  std::cout << (verified->clean ? "clean" : "DIFFERENT") << "\n";
}

}  // namespace

TEST_CASE("A pass between two servers that run already", "[.hand]") {
  test::run(hand_run());
}

}  // namespace tandem::sync
