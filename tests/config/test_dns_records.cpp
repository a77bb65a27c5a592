// Records to publish.
#include <catch2/catch.hpp>

#include "config/dns_records.hpp"
#include "config/mail_services.hpp"

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

TEST_CASE("names for autoconfig and autodiscover are published where somebody answers") {
  MigrationSettings migration;
  migration.domains = {"example.jp"};
  migration.gateway.enabled = false;
  ListenSettings listen;
  const auto text = [&] {
    std::string found;
    for (const auto& record : dns_records(migration, listen, "mail.example.jp"))
      if (record.name.find("auto") != std::string::npos)
        found += record.name + " " + record.type + " " + record.value + "\n";
    return found;
  };
  CHECK(text().empty());
  listen.https = {{"0.0.0.0", 8443}};  // no program looks there unless it is told
  CHECK(text() == "_autodiscover._tcp.example.jp. SRV 0 1 8443 mail.example.jp.\n");
  listen.https = {{"0.0.0.0", 443}};
  const std::string usual =
      "_autodiscover._tcp.example.jp. SRV 0 1 443 mail.example.jp.\n"
      "autoconfig.example.jp. CNAME mail.example.jp.\n"
      "autodiscover.example.jp. CNAME mail.example.jp.\n";
  CHECK(text() == usual);
  listen.https.clear();
  listen.http = {{"127.0.0.1", 8081}};  // behind a web server that has our name
  CHECK(text() == usual);
  listen.http = {{"0.0.0.0", 80}};  // in the clear alone
  CHECK(text().empty());
}

TEST_CASE("what is only for this machine is told to nobody, unless everything is") {
  ListenSettings listen;
  listen.imap = {{"127.0.0.1", 143}};
  listen.imaps = {{"127.0.0.1", 1993}, {"0.0.0.0", 993}};
  listen.pop3s = {{"::1", 995}};
  CHECK(mail_services(listen) == std::vector<MailService>{{"imaps", "imap", 993, true}});
  listen.imaps.pop_back();
  CHECK(mail_services(listen) == std::vector<MailService>{{"imaps", "imap", 1993, true},
                                                          {"imap", "imap", 143, false},
                                                          {"pop3s", "pop3", 995, true}});
  CHECK(discovery_url(listen, "mail.example.jp").empty());  // the page is on loopback
  listen.web = {{"0.0.0.0", 8443}};
  CHECK(discovery_url(listen, "mail.example.jp") == "https://mail.example.jp:8443");
}

TEST_CASE("what neither side has a server for is not told, whatever is listened on") {
  MigrationSettings migration;
  migration.domains = {"example.jp"};
  migration.old_side.imap.emplace();
  migration.new_side.smtp.emplace();
  ListenSettings listen;
  listen.imaps = {{"0.0.0.0", 993}};
  listen.pop3s = {{"0.0.0.0", 995}};
  listen.submissions = {{"0.0.0.0", 465}};
  const MailService imaps{"imaps", "imap", 993, true};
  const MailService submissions{"submissions", "submission", 465, true};
  CHECK(services_for(migration, mail_services(listen)) == std::vector<MailService>{imaps});
  migration.new_side.smtp->in_process = "builtin";
  CHECK(services_for(migration, mail_services(listen)) ==
        std::vector<MailService>{imaps, submissions});
  for (const auto& record : dns_records(migration, listen, "mail.example.jp"))
    if (record.name == "_pop3s._tcp.example.jp.") CHECK(record.value == "0 0 0 .");
}

TEST_CASE("the built-in server's own domains have records too, once") {
  std::vector<MigrationSettings> migrations(1);
  migrations[0].domains = {"example.jp"};
  const auto records =
      all_dns_records(migrations, {"example.jp", "example.com"}, {}, "mail.example.jp");
  CHECK(records.size() == 14);
  CHECK(records.back().name == "example.com.");
}

}  // namespace tandem::config
