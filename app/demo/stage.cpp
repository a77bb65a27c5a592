#include "app/demo/stage.hpp"

#include <fmt/core.h>
#include <fstream>
#include <sys/stat.h>
#include <utility>

#include "config/accounts_csv.hpp"
#include "lib/base/text.hpp"

namespace tandem::app::demo {
namespace {

net::Endpoint inside(std::string_view provider, net::Protocol protocol) {
  return {.protocol = protocol,
          .host = "localhost",
          .tls = net::TlsMode::never,
          .in_process = std::string(provider)};
}

config::SideSettings side_at(std::string_view provider) {
  config::SideSettings side;
  side.imap = inside(provider, net::Protocol::imap);
  side.pop3 = inside(provider, net::Protocol::pop3);
  side.smtp = inside(provider, net::Protocol::smtp);
  side.submission = inside(provider, net::Protocol::submission);
  return side;
}

Result<void> write_private(const std::string& path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file << bytes;
  file.close();
  if (!file || ::chmod(path.c_str(), 0600) != 0)
    return fail(ErrorKind::storage, "cannot write " + path);
  return {};
}

config::ListenSettings listen_settings(std::uint16_t web_port) {
  const std::vector<config::ListenAddress> any = {{"127.0.0.1", 0}};
  config::ListenSettings listen;
  listen.smtp = any;
  listen.submission = any;
  listen.imap = any;
  listen.imaps = any;
  listen.pop3 = any;
  listen.pop3s = any;
  listen.web = {{"127.0.0.1", web_port}};
  listen.https = any;
  return listen;
}

Result<config::CertificateFiles> make_certificate(const std::string& directory) {
  const auto made = net::make_self_signed({"localhost", "127.0.0.1"});
  if (!made) return fail(made.error());
  config::CertificateFiles files{directory + "/certificate.pem", directory + "/key.pem"};
  if (auto written = write_private(files.certificate, made->chain_pem); !written)
    return fail(written.error());
  if (auto written = write_private(files.key, made->key_pem); !written)
    return fail(written.error());
  return files;
}

}  // namespace

Stage::Stage(Threads& threads, StageOptions options)
    : threads_(threads), options_(std::move(options)) {}

Result<std::unique_ptr<Stage>> Stage::set(Threads& threads, StageOptions options) {
  std::unique_ptr<Stage> stage(new Stage(threads, std::move(options)));
  if (auto done = stage->set_up(); !done) return fail(done.error());
  return stage;
}

Result<void> Stage::set_up() {
  const std::string& directory = options_.directory;
  auto secrets = config::SecretBox::from_key(Secret(random_bytes(32)));
  if (!secrets) return fail(secrets.error());
  secrets_ = std::make_unique<config::SecretBox>(std::move(*secrets));

  const std::vector<std::string> domains = {std::string(domain)};
  auto old_server = MailServer::open(
      threads_,
      {.directory = directory + "/old-provider", .hostname = "mx.old.example", .domains = domains},
      *secrets_, clock(), offload_, nullptr);
  if (!old_server) return fail(old_server.error());
  old_ = std::move(*old_server);
  auto new_server = MailServer::open(
      threads_,
      {.directory = directory + "/new-provider", .hostname = "mx.new.example", .domains = domains},
      *secrets_, clock(), offload_, nullptr);
  if (!new_server) return fail(new_server.error());
  new_ = std::move(*new_server);

  config::Configuration configuration;
  configuration.process.data = directory + "/tandemail";
  configuration.process.hostname = "mail.aozora.example";
  configuration.process.shutdown_grace = std::chrono::seconds(5);
  configuration.process.limits.connections_per_address = 10'000;  // everybody comes from here
  configuration.process.listen = listen_settings(options_.web_port);
  auto certificate = make_certificate(directory);
  if (!certificate) return fail(certificate.error());
  configuration.process.tls = {*certificate};
  config::MigrationSettings migration;
  migration.name = "aozora";
  migration.domains = domains;
  migration.old_side = side_at(old_provider);
  migration.new_side = side_at(new_provider);
  configuration.migrations = {migration};

  if (::mkdir(configuration.process.data.c_str(), 0700) != 0 && errno != EEXIST)
    return fail(ErrorKind::storage, "cannot make " + configuration.process.data);
  auto again = config::SecretBox::from_key(Secret(random_bytes(32)));
  if (!again) return fail(again.error());
  auto assembly = Assembly::open(threads_, std::move(configuration), std::move(*again), "demo");
  if (!assembly) return fail(assembly.error());
  assembly_ = std::move(*assembly);
  assembly_->connector().register_in_process(std::string(old_provider), old_->in_process());
  assembly_->connector().register_in_process(std::string(new_provider), new_->in_process());
  return {};
}

net::Task<Result<void>> Stage::create_people(MailServer& at) {
  for (const Person& person : people) {
    server::NewAccount account{.address = fmt::format("{}@{}", person.local, domain),
                               .password = Secret(std::string(password))};
    const auto created = co_await at.accounts().create(std::move(account));
    if (!created) co_return fail(created.error());
  }
  co_return Result<void>{};
}

net::Task<Result<void>> Stage::fill_mailbox(const Person& person) {
  const auto account = old_->accounts().lookup(fmt::format("{}@{}", person.local, domain));
  if (!account || !*account) co_return fail(ErrorKind::not_found, "the demo has lost a person");
  const WallTime now = clock().wall();
  server::Mailboxes& mailboxes = old_->server().mailboxes();
  const auto folder = co_await mailboxes.create(**account, "取引先/2026年");
  if (!folder) co_return fail(folder.error());
  for (std::uint64_t i = 0; i < options_.letters_per_person; ++i) {
    const WallTime date = now - std::chrono::hours(7 * (options_.letters_per_person - i));
    const Letter letter = make_letter(next_letter_++, person, date);
    auto draft = mailboxes.draft();
    if (auto written = draft.append(letter.bytes); !written) co_return written;
    server::Mailboxes::Destination to{.account = **account};
    if (i % 5 == 3) to.mailbox = "取引先/2026年";
    if (i % 7 == 4) to.mailbox = "Archive";
    if (i % 3 != 0) to.flags = server::Flags{.bits = server::Flags::seen};
    std::vector<server::Mailboxes::Destination> where;
    where.push_back(std::move(to));
    const imap::DateTime received{
        .unix_seconds = std::chrono::floor<std::chrono::seconds>(date).time_since_epoch().count(),
        .zone_minutes = 540};
    const auto placed = co_await mailboxes.deliver(std::move(draft), std::move(where), received);
    if (!placed) co_return fail(placed.error());
  }
  co_return Result<void>{};
}

net::Task<Result<void>> Stage::open() {
  for (MailServer* provider : {old_.get(), new_.get()}) {
    const auto created = co_await create_people(*provider);
    if (!created) co_return created;
  }
  for (const Person& person : people) {
    const auto filled = co_await fill_mailbox(person);
    if (!filled) co_return filled;
  }
  first_letters_ = next_letter_ - 1;
  const auto started = co_await assembly_->start();
  if (!started) co_return started;
  co_return co_await start_accounts();
}

net::Task<Result<void>> Stage::start_accounts() {
  std::vector<config::AccountRow> rows;
  for (const Person& person : people) {
    config::AccountRow row;
    row.address = fmt::format("{}@{}", person.local, domain);
    row.old_password = Secret(std::string(password));
    row.new_password = Secret(std::string(password));
    rows.push_back(std::move(row));
  }
  migration::Registry& registry = assembly_->registry();
  const auto imported = co_await registry.import_accounts("aozora", std::move(rows), "demo");
  if (!imported) co_return fail(imported.error());
  const auto routes = registry.routes();
  for (const auto& account : routes->accounts()) {
    const auto moved =
        co_await registry.take_step(account.id, migration::Step::start, account.epoch, "demo");
    if (!moved) co_return fail(moved.error());
    assembly_->sync().run_now(account.id);
  }
  co_return Result<void>{};
}

net::Task<bool> Stage::close() {
  return assembly_->stop();
}

}  // namespace tandem::app::demo
