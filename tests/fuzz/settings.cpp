// What an operator may hand in: account tables in any encoding, settings, addresses of servers.
// Every mistake becomes a problem with a place, none ends the process.
#include <string>

#include "config/accounts_csv.hpp"
#include "config/endpoint.hpp"
#include "config/load.hpp"
#include "tests/fuzz/target.hpp"

using namespace tandem;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = fuzz::text_of(data, size);
  const auto accounts = config::parse_accounts(input, "accounts.csv");
  fuzz::require(accounts.rows.size() <= size, "a row is made of bytes");
  (void)config::parse_process(input, "tandemail.conf");
  (void)config::parse_migration(input, "example.conf");
  for (const auto protocol : {net::Protocol::imap, net::Protocol::pop3, net::Protocol::smtp})
    (void)config::parse_endpoint(input, protocol);
  return 0;
}
