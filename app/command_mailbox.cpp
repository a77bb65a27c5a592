// tandemail mailbox: the accounts of the built-in server, while it is not running.
#include <array>
#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/command.hpp"
#include "app/configuration.hpp"
#include "app/password_input.hpp"
#include "app/wait_for.hpp"
#include "config/units.hpp"
#include "server/accounts/account_book.hpp"
#include "server/server.hpp"

namespace tandem::app {
namespace {

// The server's store and accounts, opened.
struct Office {
  std::unique_ptr<config::SecretBox> secrets;
  std::unique_ptr<store::Store> store;
  net::Offload pool{1};
  std::unique_ptr<server::AccountBook> book;
};

Result<std::unique_ptr<Office>> open_office(const Arguments& arguments) {
  const auto environment = config::take_secret_environment();
  const auto configuration = load(arguments);
  if (!configuration) return fail(configuration.error());
  const config::ProcessSettings& process = configuration->process;
  auto office = std::make_unique<Office>();
  if (arguments.has("recoverable")) {
    auto secrets = config::open_secret_box(process.secrets_key, process.data, environment);
    if (!secrets) return fail(secrets.error());
    office->secrets = std::make_unique<config::SecretBox>(std::move(*secrets));
  }
  if (auto made = make_data_folder(process); !made) return fail(made.error());
  auto store = store::Store::open(process.data + "/server", server::Server::schemas());
  if (!store && store.error().kind == ErrorKind::conflict)
    store.error().next_step = "Stop tandemail, or use its page, while it runs.";
  if (!store) return fail(store.error());
  office->store = std::move(*store);
  server::AccountSettings settings;
  settings.domains = process.server_domains;
  office->book = std::make_unique<server::AccountBook>(*office->store, office->pool, system_clock(),
                                                       std::move(settings), office->secrets.get());
  return office;
}

boost::json::object to_json(const server::AccountRow& row) {
  boost::json::array aliases;
  for (const auto& alias : row.aliases) aliases.emplace_back(alias);
  return {{"address", row.address},         {"disabled", row.disabled}, {"quota", row.quota},
          {"recoverable", row.recoverable}, {"messages", row.messages}, {"bytes", row.bytes},
          {"aliases", std::move(aliases)}};
}

ExitCode conclude(const Result<void>& done, std::string_view text) {
  if (!done) return report(done.error());
  fmt::print("{}\n", text);
  return ExitCode::done;
}

ExitCode list(Office& office, const Arguments& arguments) {
  const auto rows = office.book->list();
  if (!rows) return report(rows.error());
  boost::json::array all;
  for (const auto& row : *rows) {
    all.push_back(to_json(row));
    if (arguments.has("json")) continue;
    fmt::print("{:<40} {:>8} messages {:>12} bytes", row.address, row.messages, row.bytes);
    if (row.quota != 0) fmt::print("  of {}", row.quota);
    if (row.disabled) fmt::print("  disabled");
    for (const auto& alias : row.aliases) fmt::print("  alias {}", alias);
    fmt::print("\n");
  }
  if (arguments.has("json")) fmt::print("{}\n", boost::json::serialize(all));
  return ExitCode::done;
}

ExitCode add(Office& office, const Arguments& arguments) {
  const auto quota = config::parse_size(arguments.get("quota", "0"));
  if (!quota)
    return report({.kind = ErrorKind::invalid,
                   .what = "--quota is not a size",
                   .next_step = "Write it like 500M or 2G."});
  auto password = read_password(arguments);
  if (!password) return report(password.error());
  server::NewAccount account{arguments.words[1], std::move(*password), *quota,
                             arguments.has("recoverable")};
  const auto made = wait_for<Result<server::AccountId>>(office.book->create(std::move(account)));
  if (!made) return report(made.error());
  fmt::print("{} was added.\n", arguments.words[1]);
  return ExitCode::done;
}

ExitCode passwd(Office& office, const Arguments& arguments) {
  auto password = read_password(arguments);
  if (!password) return report(password.error());
  const auto set = wait_for<Result<void>>(office.book->set_password(
      arguments.words[1], std::move(*password), arguments.has("recoverable")));
  return conclude(set, "The password was changed.");
}

ExitCode disable(Office& office, const Arguments& arguments) {
  const auto set = wait_for<Result<void>>(office.book->set_disabled(arguments.words[1], true));
  return conclude(set, "It takes no mail and no log-in now.");
}

ExitCode enable(Office& office, const Arguments& arguments) {
  const auto set = wait_for<Result<void>>(office.book->set_disabled(arguments.words[1], false));
  return conclude(set, "It takes mail and log-ins again.");
}

ExitCode quota(Office& office, const Arguments& arguments) {
  const auto bytes = config::parse_size(arguments.words[2]);
  if (!bytes)
    return report({.kind = ErrorKind::invalid,
                   .what = "the quota is not a size",
                   .next_step = "Write it like 500M or 2G; 0: no limit."});
  const auto set = wait_for<Result<void>>(office.book->set_quota(arguments.words[1], *bytes));
  return conclude(set, "The quota was changed.");
}

ExitCode remove(Office& office, const Arguments& arguments) {
  if (!arguments.has("yes"))
    return report({.kind = ErrorKind::refused,
                   .what = "nothing was removed",
                   .next_step = "All mail of the mailbox goes with it. Say --yes if that is meant; "
                                "'disable' keeps it."});
  const auto gone = wait_for<Result<void>>(office.book->remove(arguments.words[1]));
  return conclude(gone, "The mailbox and its mail were removed.");
}

ExitCode alias(Office& office, const Arguments& arguments) {
  const auto made =
      wait_for<Result<void>>(office.book->add_alias(arguments.words[1], arguments.words[2]));
  return conclude(made, "The alias was added.");
}

ExitCode unalias(Office& office, const Arguments& arguments) {
  const auto gone = wait_for<Result<void>>(office.book->remove_alias(arguments.words[1]));
  return conclude(gone, "The alias was removed.");
}

struct Action {
  std::string_view name;
  std::size_t words;  // with the action's own
  ExitCode (*run)(Office& office, const Arguments& arguments);
};

constexpr std::array actions = {
    Action{"list", 1, list},       Action{"add", 2, add},       Action{"passwd", 2, passwd},
    Action{"disable", 2, disable}, Action{"enable", 2, enable}, Action{"quota", 3, quota},
    Action{"remove", 2, remove},   Action{"alias", 3, alias},   Action{"unalias", 2, unalias}};

}  // namespace

ExitCode run_mailbox(const Arguments& arguments) {
  for (const Action& action : actions) {
    if (arguments.words.empty() || arguments.words[0] != action.name) continue;
    if (arguments.words.size() != action.words) break;
    const auto office = open_office(arguments);
    if (!office) return report(office.error());
    return action.run(**office, arguments);
  }
  fmt::print(stderr,
             "usage: tandemail mailbox list | add ADDRESS | passwd ADDRESS | disable ADDRESS | "
             "enable ADDRESS |\n       quota ADDRESS SIZE | remove ADDRESS --yes | alias ALIAS "
             "ADDRESS | unalias ALIAS\nThe password comes from --password-file FILE, from the "
             "terminal or from standard input.\n");
  return ExitCode::usage;
}

}  // namespace tandem::app
