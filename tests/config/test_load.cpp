// tandemail.conf and migrations/*.conf: what good files become, and that every fault is named at
// once.
#include <algorithm>
#include <sys/stat.h>

#include <catch2/catch.hpp>

#include "config/load.hpp"
#include "tests/config/temp_folder.hpp"

namespace tandem::config {
namespace {

// "LINE: WHAT" of each problem.
std::vector<std::string> faults(const Problems& problems) {
  std::vector<std::string> out;
  for (const auto& problem : problems)
    out.push_back(fmt::format("{}: {}", problem.line, problem.what));
  return out;
}

bool mentions(const Problems& problems, unsigned line, std::string_view text) {
  return std::ranges::any_of(problems, [&](const Problem& problem) {
    return problem.line == line && problem.to_string().find(text) != std::string::npos;
  });
}

net::AddressSet addresses(std::initializer_list<std::string_view> words) {
  net::AddressSet set;
  for (const auto word : words) CHECK(set.add(word));
  return set;
}

constexpr std::string_view small_migration =
    "domain = example.co.jp\n[old]\nprovider = sakura\nhost = example.sakura.ne.jp\n"
    "[new]\nprovider = builtin\n";

}  // namespace

TEST_CASE("an empty file gives the defaults of the table, which are the struct's") {
  const auto loaded = parse_process("", "/etc/tandemail/tandemail.conf");
  CHECK(faults(loaded.problems).empty());
  CHECK(loaded.settings == ProcessSettings{});
}

TEST_CASE("a host that deletes old mail by itself and propagate_deletes are a warning") {
  const std::string text =
      "domain = example.co.jp\n[old]\nprovider = alphamail\nimap = imaps://imap.example.jp\n"
      "[new]\nprovider = builtin\n[sync]\npropagate_deletes = ";
  const auto warned = parse_migration(text + "yes\n", "example.conf");
  CHECK(mentions(warned.problems, 8, "alphamail may delete old mail by itself"));
  CHECK_FALSE(mentions(parse_migration(text + "no\n", "example.conf").problems, 8, "alphamail"));
}

TEST_CASE("few connections that a preset guesses are a warning, and written ones are not") {
  const std::string text =
      "domain = example.co.jp\n[new]\nprovider = builtin\n[old]\nprovider = plesk\n";
  const auto guessed = parse_migration(text, "example.conf");
  CHECK(mentions(guessed.problems, 5, "plesk may let in only 4 connections"));
  CHECK(guessed.settings.old_side.connections_per_address == 4);
  for (const auto& [word, count] : {std::pair{"40", 40U}, {"none", 0U}}) {
    const auto said = parse_migration(text + "connections_per_address = " + word, "example.conf");
    CHECK(faults(said.problems).empty());
    CHECK(said.settings.old_side.connections_per_address == count);
  }
  for (const char* word : {"0", "many", "-1", "10001"})
    CHECK_FALSE(
        faults(parse_migration(text + "connections_per_address = " + word, "example.conf").problems)
            .empty());
}

TEST_CASE("a side's IMAP connections are compressed where they are slow, always or never") {
  const std::string text =
      "domain = a.jp\n[gateway]\nenabled = no\n[new]\nprovider = builtin\n[old]\nimap = "
      "imaps://mail.a.jp\n";
  const auto left = parse_migration(text, "example.conf");
  CHECK(left.settings.old_side.compress == net::Compression::slow_links);
  for (const auto& [word, chosen] : {std::pair{"auto", net::Compression::slow_links},
                                     {"always", net::Compression::always},
                                     {"never", net::Compression::never}}) {
    const auto said = parse_migration(text + "compress = " + word, "example.conf");
    CHECK(faults(said.problems).empty());
    CHECK(said.settings.old_side.compress == chosen);
    CHECK(said.settings.new_side.compress == net::Compression::slow_links);
  }
  CHECK_FALSE(faults(parse_migration(text + "compress = yes", "example.conf").problems).empty());
}

TEST_CASE("every key of the process arrives in the struct") {
  const auto loaded = parse_process(
      "\xEF\xBB\xBF# comment\r\ndata = /srv/mail # here\r\nhostname = Mail.Example.jp\r\n"
      "secrets_key = secrets.key\r\nthreads = 3\r\nshutdown_grace = 2min\r\n"
      "[listen]\r\nsmtp = 127.0.0.1:25\r\nsmtp = [::1]:25\r\nsubmission = :587\r\n"
      "submissions = :465\r\nimap = :143\r\nimaps = :993\r\npop3 = :110\r\npop3s = :995\r\n"
      "lmtp = 127.0.0.1:0\r\nweb = off\r\n"
      "[tls]\r\ncertificate = a.pem\r\nkey = a.key\r\ncertificate = /b.pem\r\nkey = /b.key\r\n"
      "[log]\r\nlevel = Debug\r\nfile = /var/log/t.log\r\n"
      "[limits]\r\nconnections_per_address = 7\r\nmessage_size = 25M\r\n"
      "copies_at_once = 9\r\nwatched_accounts = 0\r\n"
      "[trust]\r\nproxy_protocol_from = 10.0.0.0/8, 192.0.2.1\r\nproxy_protocol_from = ::1\r\n"
      "proxy_protocol_only = smtp, imaps\r\nxclient_from = 10.0.0.7\r\n"
      "[server]\r\ndomains = a.jp, B.jp\r\ndomains = c.jp\r\n",
      "/etc/tandemail/tandemail.conf");
  CHECK(faults(loaded.problems).empty());
  const ProcessSettings expected{
      .data = "/srv/mail",
      .hostname = "mail.example.jp",
      .secrets_key = "/etc/tandemail/secrets.key",
      .threads = 3,
      .shutdown_grace = std::chrono::minutes(2),
      .listen = {.smtp = {{"127.0.0.1", 25}, {"::1", 25}},
                 .submission = {{"::", 587}},
                 .submissions = {{"::", 465}},
                 .imap = {{"::", 143}},
                 .imaps = {{"::", 993}},
                 .pop3 = {{"::", 110}},
                 .pop3s = {{"::", 995}},
                 .lmtp = {{"127.0.0.1", 0}},
                 .web = {}},
      .tls = {{"/etc/tandemail/a.pem", "/etc/tandemail/a.key"}, {"/b.pem", "/b.key"}},
      .log = {log::Level::debug, "/var/log/t.log"},
      .limits = {.connections_per_address = 7,
                 .copies_at_once = 9,
                 .watched_accounts = 0,
                 .message_size = 25ULL << 20},
      .trust = {addresses({"10.0.0.0/8", "192.0.2.1", "::1"}),
                {"smtp", "imaps"},
                addresses({"10.0.0.7"})},
      .server_domains = {"a.jp", "b.jp", "c.jp"}};
  CHECK(loaded.settings == expected);
}

TEST_CASE("all faults of a file are named in one pass, with line and cure") {
  const auto loaded = parse_process(
      "date = /x\n"            // 1: unknown, near
      "threads = many\n"       // 2
      "just words\n"           // 3
      "[listen]\n"             // 4
      "imap = 143\n"           // 5
      "imaps = 0.0.0.0:993\n"  // 6: no certificate
      "[lsten]\n"              // 7: unknown section
      "smtp = 0.0.0.0:25\n"    // 8: belongs to it, not reported again
      "[log]\n"                // 9
      "level = loud\n"         // 10
      "level = info\n"         // 11: twice
      "[tls\n"                 // 12
      "zzzzzzzzzzzz = 1\n",    // 13: unknown, nothing near
      "t.conf");
  const auto& problems = loaded.problems;
  CHECK(mentions(problems, 1, "Did you mean data?"));
  CHECK(mentions(problems, 2, "\"many\" is not a number from 0 to 256"));
  CHECK(mentions(problems, 3, "neither [section] nor key = value"));
  CHECK(mentions(problems, 5, "not an address with a port"));
  CHECK(mentions(problems, 6, "needs a certificate"));
  CHECK(mentions(problems, 7, "[listen]"));
  CHECK(mentions(problems, 10, "debug, info, warning, error, off"));
  CHECK(mentions(problems, 11, "stands already in line 10"));
  CHECK(mentions(problems, 12, "not closed"));
  CHECK(mentions(problems, 13, "--explain"));
  CHECK(problems.size() == 10);
  CHECK(std::ranges::is_sorted(problems, {}, &Problem::line));
  for (const auto& problem : problems) CHECK_FALSE(problem.cure.empty());
  CHECK(problems.front().to_string() ==
        "t.conf:1: error: There is no key \"date\". Did you mean data?");
}

TEST_CASE("whom to trust is named by addresses, and what cannot be meant is said") {
  const auto loaded = parse_process(
      "[trust]\n"
      "proxy_protocol_from = balancer.example.jp\n"  // 2: a name
      "proxy_protocol_from = 10.0.0.1/8\n"           // 3: an address inside
      "proxy_protocol_from = 0.0.0.0/0\n"            // 4: everybody
      "proxy_protocol_only = smtp, web\n",           // 5: not a mail port, and for nobody
      "t.conf");
  CHECK(mentions(loaded.problems, 2, "not an address or a network"));
  CHECK(mentions(loaded.problems, 3, "10.0.0.0/8"));
  CHECK(mentions(loaded.problems, 4, "is everybody"));
  CHECK(mentions(loaded.problems, 5, "\"web\" is no mail port"));
  CHECK(mentions(loaded.problems, 5, "no balancer is named"));
  CHECK(loaded.problems.size() == 5);
}

TEST_CASE("a key in the wrong section names the right one") {
  const auto loaded = parse_process("level = info\n", "t.conf");
  CHECK(mentions(loaded.problems, 1, "Did you mean log.level?"));
}

TEST_CASE("a file that is not text is refused as a whole") {
  CHECK(mentions(parse_process("hostname = \x83\x81\n", "t").problems, 0, "UTF-8"));
  CHECK(mentions(parse_process(std::string_view("a\0b", 3), "t").problems, 0, "UTF-8"));
  CHECK(mentions(parse_process(std::string((1 << 20) + 1, '#'), "t").problems, 0, "1 MiB"));
}

TEST_CASE("log-ins in the clear need a loopback address") {
  CHECK(parse_process("[listen]\nimap = 127.0.0.1:143\n", "t").ok());
  CHECK_FALSE(parse_process("[listen]\nimap = 0.0.0.0:143\n", "t").ok());
  CHECK_FALSE(parse_process("[listen]\nimaps = 127.0.0.1:993\n", "t").ok());
  CHECK_FALSE(parse_process("[listen]\nweb = 0.0.0.0:80\n", "t").ok());
  CHECK(parse_process("[listen]\nsmtp = 0.0.0.0:25\n", "t").ok());
}

TEST_CASE("certificates and keys make pairs") {
  CHECK_FALSE(parse_process("[tls]\ncertificate = /a\n", "t").ok());
  CHECK_FALSE(parse_process("[tls]\nkey = /a\n", "t").ok());
  const auto loaded =
      parse_process("[tls]\ncertificate = /a\ncertificate = /b\nkey = /ka\nkey = /kb\n", "t");
  CHECK(loaded.settings.tls == std::vector<CertificateFiles>{{"/a", "/ka"}, {"/b", "/kb"}});
}

TEST_CASE("one port cannot be listened on twice, except port 0") {
  CHECK_FALSE(parse_process("[listen]\nsmtp = :25\nlmtp = :25\n", "t").ok());
  CHECK(parse_process("[listen]\nsmtp = :0\nlmtp = :0\n", "t").ok());
}

TEST_CASE("a preset fills in the servers, and the file overrides it") {
  const auto loaded = parse_migration(small_migration, "/etc/tandemail/migrations/example.conf");
  CHECK(faults(loaded.problems).empty());
  const auto& settings = loaded.settings;
  CHECK(settings.name == "example");
  CHECK(settings.domains == std::vector<std::string>{"example.co.jp"});
  REQUIRE(settings.old_side.imap);
  CHECK(settings.old_side.imap->host == "example.sakura.ne.jp");
  CHECK(settings.old_side.imap->port == 993);
  CHECK(settings.old_side.smtp->tls == net::TlsMode::opportunistic);
  CHECK(settings.old_side.login == "{address}");
  CHECK(settings.old_side.message_size_limit == 200ULL << 20);
  CHECK(settings.new_side.imap->in_process == "builtin");
  CHECK(settings.new_side.master_login == "{login}*{master}");
  CHECK(settings.gateway == GatewaySettings{});
  CHECK(settings.sync == SyncSettings{});
  const auto microsoft = parse_migration(
      "domain = a.jp\n[old]\nprovider = google\n[new]\nprovider = microsoft365\n", "x.conf");
  CHECK(microsoft.settings.sync.old_names.refused.front() == "^");
  CHECK(microsoft.settings.sync.new_names.reserved.front() == "Files");

  const auto other = parse_migration(
      "domain = example.co.jp\n[old]\nprovider = sakura\nhost = example.sakura.ne.jp\n"
      "imap = imaps://10.0.0.1:1993\nlogin = {local}\n[new]\nprovider = builtin\n",
      "x.conf");
  CHECK(other.settings.old_side.imap->host == "10.0.0.1");
  CHECK(other.settings.old_side.login == "{local}");
  CHECK(other.settings.old_side.submission->host == "example.sakura.ne.jp");
}

TEST_CASE("every key of a migration arrives in the struct") {
  const auto loaded = parse_migration(
      "domain = a.jp, b.jp\ndomain = 例え.jp\n"
      "[old]\nimap = imaps://i.jp\npop3 = pop3s://p.jp\nsmtp = smtp://s.jp\n"
      "submission = submission://u.jp\nlogin = {local}%{domain}\nmaster_user = admin\n"
      "master_login = authzid\nmaster_password_file = master.txt\n"
      "[new]\nimap = imap://127.0.0.1:1143?tls=never\nsmtp = lmtp://127.0.0.1:1024?tls=never\n"
      "forward_client = yes\n"
      "[gateway]\nenabled = yes\nmirror = off\nin_doubt = 2s\n"
      "on_unknown = defer\nwhen_home_is_down = spool\nsubmission = passthrough\n"
      "[relay]\nfrom = 192.0.2.7, 10.1.0.0/16\nsender = scan@A.jp, @b.jp\ntls = optional\n"
      "per_hour = 7\nvia = old\nvia_user = scan\nvia_password_file = relay.txt\n"
      "[sync]\nexclude = Trash\nexclude = ごみ箱\n"
      "map = 送信済み -> Sent\nmap = A -> B -C\n",
      "/m/x.conf");
  CHECK(faults(loaded.problems).empty());
  const auto& settings = loaded.settings;
  CHECK(settings.domains == std::vector<std::string>{"a.jp", "b.jp", "xn--r8jz45g.jp"});
  CHECK(settings.old_side.pop3->host == "p.jp");
  CHECK(settings.old_side.smtp->tls == net::TlsMode::starttls);
  CHECK(settings.old_side.submission->port == 587);
  CHECK(settings.old_side.login == "{local}%{domain}");
  CHECK(settings.old_side.master_user == "admin");
  CHECK(settings.old_side.master_login == "authzid");
  CHECK(settings.old_side.master_password_file == "/m/master.txt");
  CHECK(settings.new_side.smtp->protocol == net::Protocol::lmtp);
  CHECK(settings.new_side.forward_client);
  CHECK_FALSE(settings.old_side.forward_client);
  GatewaySettings gateway;
  gateway.mirror = Mirror::off;
  gateway.on_unknown = OnUnknown::defer;
  gateway.when_home_is_down = WhenHomeIsDown::spool;
  gateway.in_doubt = std::chrono::seconds(2);
  gateway.submission = Submission::passthrough;
  CHECK(settings.gateway == gateway);
  CHECK(settings.relay == RelaySettings{.from = addresses({"192.0.2.7", "10.1.0.0/16"}),
                                        .senders = {"scan@a.jp", "@b.jp"},
                                        .tls_required = false,
                                        .per_hour = 7,
                                        .via = RelayVia::old_side,
                                        .via_user = "scan",
                                        .via_password_file = "/m/relay.txt"});
  CHECK(settings.sync == SyncSettings{{"Trash", "ごみ箱"}, {{"送信済み", "Sent"}, {"A", "B -C"}}});
}

TEST_CASE("faults of a migration are named in one pass") {
  const auto loaded = parse_migration(
      "domain = nonsense\n"              // 1
      "[old]\n"                          // 2
      "provider = sakura\n"              // 3: needs host
      "imap = imaps://me:canary@h.jp\n"  // 4
      "login = info\n"                   // 5
      "master_user = admin\n"            // 6: without password file
      "[new]\n"                          // 7
      "provider = nobody\n"              // 8
      "[gateway]\n"                      // 9
      "mirror = loud\n"                  // 10
      "[sync]\n"                         // 11
      "connections = 0\n"                // 12
      "map = a = b\n",                   // 13
      "x.conf");
  for (const unsigned line : {1, 3, 4, 5, 6, 8, 10, 12, 13}) {
    CAPTURE(line);
    CHECK(mentions(loaded.problems, line, ""));
  }
  CHECK(loaded.problems.size() == 9);
  CHECK(mentions(loaded.problems, 3, "example.sakura.ne.jp"));
  CHECK(mentions(loaded.problems, 8, "dovecot-generic"));
  for (const auto& problem : loaded.problems)
    CHECK(problem.to_string().find("canary") == std::string::npos);
}

TEST_CASE("what a migration lacks is named") {
  const auto bare = parse_migration("", "x.conf").problems;
  CHECK(mentions(bare, 0, "No domain is given"));
  CHECK(mentions(bare, 0, "[old] has no server to read mail from"));
  CHECK(mentions(bare, 0, "[new] has no IMAP server"));
  CHECK(mentions(bare, 0, "[old] has no server that takes the domain's mail"));
  CHECK(parse_migration("domain = a.jp\n[old]\nimap = imaps://a.jp\n[new]\nimap = imaps://b.jp\n"
                        "[gateway]\nenabled = no\n",
                        "x.conf")
            .ok());
}

TEST_CASE("contradictions of a migration are named") {
  const std::string same =
      "domain = a.jp\n[old]\nimap = imaps://a.jp\nsmtp = smtp://a.jp\n[new]\nimap = imaps://a.jp\n"
      "smtp = smtp://a.jp\n";
  CHECK(mentions(parse_migration(same, "x").problems, 6, "same server"));
  const std::string pop =
      "domain = a.jp\n[old]\npop3 = pop3s://a.jp\nsmtp = smtp://a.jp\n[new]\nprovider = builtin\n";
  CHECK(mentions(parse_migration(pop, "x").problems, 3, "mirror = quiet"));
  CHECK(parse_migration(pop + "[gateway]\nmirror = off\n", "x").ok());
}

TEST_CASE("the built-in server is not told of clients: the key would do nothing") {
  const std::string builtin = std::string(small_migration) + "forward_client = yes\n";
  CHECK(mentions(parse_migration(builtin, "x").problems, 7, "Remove forward_client"));
  CHECK(parse_migration(builtin + "smtp = smtp://mx.example.jp\n", "x").ok());
}

TEST_CASE("a side's servers are connected to from its source addresses") {
  const std::string sides =
      "domain = a.jp\n[old]\nimap = imaps://a.jp\nsmtp = smtp://a.jp\n[new]\n"
      "imap = imaps://b.jp\nsmtp = builtin:\n";
  const auto loaded = parse_migration(
      sides + "source_address = 192.0.2.1, 2001:db8::1\nsource_address = 192.0.2.2\n", "x");
  CHECK(faults(loaded.problems).empty());
  const std::vector<std::string> named = {"192.0.2.1", "2001:db8::1", "192.0.2.2"};
  CHECK(loaded.settings.new_side.imap->sources == named);
  CHECK(loaded.settings.new_side.smtp->sources.empty());
  CHECK(loaded.settings.old_side.imap->sources.empty());
  const auto wrong = [&sides](const std::string& value) {
    return parse_migration(sides + "source_address = " + value + "\n", "x").problems;
  };
  CHECK(mentions(wrong("mail.a.jp"), 8, "new.source_address: \"mail.a.jp\" is not an address"));
  CHECK(mentions(wrong("[2001:db8::1]"), 8, "is not an address"));
  CHECK(mentions(wrong("192.0.2.0/24"), 8, "is not an address"));
  CHECK(mentions(wrong("192.0.2.1, 192.0.2.1"), 8, "stands twice"));
  CHECK(mentions(
      parse_migration(std::string(small_migration) + "source_address = 192.0.2.1\n", "x").problems,
      7, "Remove source_address"));
  const std::string same =
      "domain = a.jp\n[old]\nimap = imaps://a.jp\nsmtp = smtp://a.jp\nsource_address = 192.0.2.1\n"
      "[new]\nimap = imaps://a.jp\nsmtp = smtp://a.jp\n";
  CHECK(mentions(parse_migration(same, "x").problems, 7, "same server"));
}

TEST_CASE("submission = gateway needs the gateway") {
  const std::string off = std::string(small_migration) + "[gateway]\nenabled = no\n";
  CHECK(parse_migration(off, "x").ok());  // the default gives way
  CHECK_FALSE(parse_migration(off, "x").settings.gateway.routes_submission());
  CHECK(mentions(parse_migration(off + "submission = gateway\n", "x").problems, 9, "not enabled"));
  CHECK(parse_migration(off + "submission = passthrough\n", "x").ok());
  CHECK(parse_migration(small_migration, "x").settings.gateway.routes_submission());
}

TEST_CASE("T-34 a relay is for known machines and known senders, with a log-in") {
  const std::string relay = std::string(small_migration) + "[relay]\n";  // from line 8 on
  const auto says = [&](const std::string& lines, unsigned line, std::string_view what) {
    return mentions(parse_migration(relay + lines, "x").problems, line, what);
  };
  CHECK(parse_migration(relay + "from = 192.0.2.7\nsender = scan@a.jp\n", "x").ok());
  CHECK(says("from = 192.0.2.7\n", 8, "names no sender"));
  CHECK(says("sender = scan@a.jp\n", 8, "names no machine"));
  CHECK(says("from = 10.0.0.0/8\n", 8, "too many machines"));
  CHECK(says("from = 2001:db8::/32\n", 8, "too many machines"));
  CHECK(says("from = scanner.example.jp\n", 8, "not an address"));
  const std::string both = "from = 192.0.2.7\nsender = scan@a.jp\n";
  CHECK(says("from = 192.0.2.7\nsender = scan\n", 9, "neither an address"));
  CHECK(says(both + "via = old\n", 10, "needs a log-in"));
  CHECK(says(both + "via_user = x\n", 9, "no side to log in to"));
  CHECK(says(both + "via = new\nvia_user = x\nvia_password_file = y\n", 10, "built-in server"));
  CHECK(
      parse_migration(relay + both + "via = old\nvia_user = x\nvia_password_file = y\n", "x").ok());
  const auto by_token = [&](const std::string& kind) {
    return "domain = a.jp\n[old]\nprovider = microsoft365\noauth = " + kind +
           "\noauth_tenant = t\noauth_client_id = c\noauth_client_secret_file = s\n[new]\n"
           "provider = builtin\n[gateway]\nmirror = off\n[relay]\n" +
           both + "via = old\nvia_user = x\n";
  };
  CHECK(parse_migration(by_token("microsoft"), "x").ok());
  CHECK(mentions(parse_migration(by_token("refresh-token"), "x").problems, 15, "needs a log-in"));
  CHECK(says(both + "[gateway]\nenabled = no\n", 8, "refuse everything"));
}

TEST_CASE("a log-in at the smarthost is complete and never in the clear") {
  const TempFolder folder;
  const auto problems = [&folder](const std::string& text) {
    return load_configuration(folder.write("tandemail.conf", text)).problems;
  };
  std::filesystem::permissions(
      folder.write("password", "secret\n"),
      std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const std::string login = "smarthost_user = u\nsmarthost_password_file = password\n";
  CHECK(faults(problems("smarthost = smtp://s.jp\n" + login)).empty());
  CHECK(mentions(problems("smarthost = smtp://s.jp\nsmarthost_user = u\n"), 2,
                 "needs smarthost_password_file beside it"));
  CHECK(mentions(problems("smarthost = smtp://s.jp\nsmarthost_password_file = password\n"), 2,
                 "needs smarthost_user beside it"));
  CHECK(mentions(problems(login), 1, "needs a smarthost"));
  CHECK(
      mentions(problems("smarthost = smtp://s.jp?tls=opportunistic\n" + login), 1, "without TLS"));
}

TEST_CASE("a relay and its port belong together") {
  const TempFolder folder;
  const std::string relay = "[relay]\nfrom = 192.0.2.7\nsender = scan@a.jp\n";
  const auto path = folder.write("tandemail.conf", "[listen]\nrelay = 127.0.0.1:2525\n");
  folder.write("migrations/a.conf", std::string(small_migration));
  CHECK(mentions(load_configuration(path).problems, 0, "serves nobody"));
  folder.write("migrations/a.conf", std::string(small_migration) + relay);
  CHECK(mentions(load_configuration(path).problems, 0, "no certificate"));
  folder.write("migrations/a.conf", std::string(small_migration) + relay + "tls = optional\n");
  CHECK(load_configuration(path).problems.empty());
  folder.write("tandemail.conf", "");
  CHECK(mentions(load_configuration(path).problems, 0, "no port is open"));
}

TEST_CASE("files that settings name are looked at when loading") {
  const TempFolder folder;
  const auto path = folder.write("tandemail.conf", "[tls]\ncertificate = c.pem\nkey = k.pem\n");
  const auto loaded = load_process(path);
  CHECK(mentions(loaded.problems, 2, "cannot read"));
  CHECK(mentions(loaded.problems, 3, "cannot read"));
  folder.write("c.pem", "c");
  folder.write("k.pem", "k");
  CHECK(load_process(path).ok());
  CHECK(mentions(load_process(folder / "none.conf").problems, 0, "no such file"));
  CHECK(mentions(load_process(folder.path()).problems, 0, "cannot be read"));
}

TEST_CASE("a master password that others can read is refused") {
  const TempFolder folder;
  const auto password = folder.write("m.txt", "canary\n");
  ::chmod(password.c_str(), 0644);
  const auto path =
      folder.write("x.conf", std::string(small_migration) +
                                 "[old]\nmaster_user = a\nmaster_password_file = m.txt\n");
  const auto loaded = load_migration(path);
  CHECK(mentions(loaded.problems, 9, "chmod 600"));
  CHECK(mentions(loaded.problems, 9, "canary") == false);
  ::chmod(password.c_str(), 0600);
  CHECK(load_migration(path).ok());
}

TEST_CASE("a domain belongs to one migration") {
  const TempFolder folder;
  const auto path = folder.write("tandemail.conf", "");
  folder.write("migrations/a.conf", small_migration);
  folder.write("migrations/b.conf", small_migration);
  folder.write("migrations/notes.txt", "not a migration");
  const auto loaded = load_configuration(path);
  CHECK(loaded.settings.migrations.size() == 2);
  REQUIRE(loaded.problems.size() == 1);
  CHECK(loaded.problems[0].file == folder / "migrations/b.conf");
  CHECK(check_report(loaded).find("1 error(s), 0 warning(s).") != std::string::npos);
}

TEST_CASE("the examples pass config --check") {
  const std::string folder = std::string(TANDEM_SOURCE_DIR) + "/config/examples/";
  const auto process =
      parse_process(read_text(folder + "tandemail.conf"), folder + "tandemail.conf");
  CHECK(faults(process.problems).empty());
  CHECK(process.settings.hostname == "mail.example.jp");
  const auto migration = load_migration(folder + "migrations/example.conf");
  CHECK(faults(migration.problems).empty());
  CHECK(migration.settings.name == "example");
  const Loaded<Configuration> all{{process.settings, {migration.settings}}, {}};
  CHECK(check_report(all) == "The configuration is in order: 1 migration(s).\n");
}

}  // namespace tandem::config
