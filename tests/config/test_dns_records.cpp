// Records to publish.
#include <catch2/catch.hpp>

#include "config/dns_records.hpp"

namespace tandem::config {

TEST_CASE("records name our host and the ports that are listened on") {
  MigrationSettings migration;
  migration.domains = {"example.jp"};
  ListenSettings listen;
  listen.imaps = {{"0.0.0.0", 993}};
  listen.imap = {{"0.0.0.0", 143}};
  listen.submissions = {{"0.0.0.0", 465}};
  listen.submission = {{"0.0.0.0", 1587}};
  std::string text;
  for (const auto& record : dns_records(migration, listen, "mail.example.jp"))
    text += record.name + " " + record.type + " " + record.value + "\n";
  CHECK(text ==
        "_imaps._tcp.example.jp. SRV 0 1 993 mail.example.jp.\n"
        "_imap._tcp.example.jp. SRV 0 0 0 .\n"
        "_pop3s._tcp.example.jp. SRV 0 0 0 .\n"
        "_pop3._tcp.example.jp. SRV 0 0 0 .\n"
        "_submissions._tcp.example.jp. SRV 0 1 465 mail.example.jp.\n"
        "_submission._tcp.example.jp. SRV 10 1 1587 mail.example.jp.\n"
        "example.jp. MX 10 mail.example.jp.\n");
}

TEST_CASE("without the gateway the MX stays as it is; every domain has its records") {
  MigrationSettings migration;
  migration.domains = {"example.jp", "example.com"};
  migration.gateway.enabled = false;
  const auto records = dns_records(migration, {}, "mail.example.jp");
  CHECK(records.size() == 12);
  for (const auto& record : records) CHECK(record.value == "0 0 0 .");
  CHECK(records.back().name == "_submission._tcp.example.com.");
}

}  // namespace tandem::config
