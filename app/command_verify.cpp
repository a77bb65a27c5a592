// tandemail verify: both sides read again and compared, account by account. The running server does
// it.
#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/api_client.hpp"
#include "app/ask_some.hpp"
#include "app/command.hpp"
#include "app/json_text.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

// Of one account; all of them are in --json.
constexpr std::size_t most_named = 20;
constexpr std::size_t most_rewritten = 3;

struct Outcome {
  std::size_t clean = 0;
  std::size_t with_differences = 0;
  std::size_t not_read = 0;
};

std::uint64_t sum(const json::value& found, std::string_view member) {
  std::uint64_t all = 0;
  for (const json::value& folder : found.at("folders").as_array())
    all += folder.at(member).to_number<std::uint64_t>();
  return all;
}

void print_differences(const json::array& differences) {
  for (std::size_t i = 0; i < differences.size() && i < most_named; ++i) {
    const json::value& one = differences[i];
    fmt::print("    {} \"{}\", {}: {}\n        {}\n", text(one.at("folder")),
               text(one.at("subject")), text(one.at("date")), text(one.at("reason")),
               text(one.at("next_step")));
  }
  if (differences.size() > most_named)
    fmt::print("    and {} more: --json names them all.\n", differences.size() - most_named);
}

void print_not_compared(const json::array& folders) {
  for (const json::value& one : folders)
    if (!one.at("not_compared").is_null())
      fmt::print("    {}: not compared, {}\n        {}\n", text(one.at("name")),
                 text(one.at("not_compared")), text(one.at("next_step")));
}

// What was read whole, and what of it servers have rewritten: no difference, and said all the same.
void print_whole(const json::value& found) {
  const std::uint64_t whole = sum(found, "whole");
  const std::uint64_t rewritten = sum(found, "rewritten");
  if (!found.at("full").as_bool())
    fmt::print("    {} of them, chosen at random, read whole on both sides\n", whole);
  if (rewritten == 0) return;
  fmt::print(
      "    {} the same but for what mail servers write into messages or leave out, such as\n",
      rewritten);
  const json::array& some = found.at("rewritten").as_array();
  for (std::size_t i = 0; i < some.size() && i < most_rewritten; ++i)
    fmt::print("        {} \"{}\"\n", text(some[i].at("folder")), text(some[i].at("subject")));
}

void print_account(const json::value& found) {
  const std::string address = text(found.at("address"));
  if (found.at("clean").as_bool())
    fmt::print("{}: clean, {} messages in {} folders\n", address, sum(found, "home_messages"),
               found.at("folders").as_array().size());
  else
    fmt::print("{}: missing on the other side: {}, only there: {}, not the same: {}\n", address,
               sum(found, "missing"), sum(found, "extra"), sum(found, "changed"));
  print_whole(found);
  if (found.at("verified").at("clean_for_a_day").as_bool())
    fmt::print("    clean twice, at least 24 hours apart, and each time between\n");
  print_not_compared(found.at("folders").as_array());
  const auto not_copied = found.at("not_copied").to_number<std::uint64_t>();
  if (not_copied > 0)
    fmt::print("    {} more could not be copied: 'tandemail status {}' says why.\n", not_copied,
               address);
  print_differences(found.at("differences").as_array());
  std::fflush(stdout);
}

ExitCode exit_code(const Outcome& outcome) {
  if (outcome.not_read > 0) return ExitCode::needs_you;
  return outcome.with_differences > 0 ? ExitCode::done_with_notes : ExitCode::done;
}

}  // namespace

ExitCode run_verify(const Arguments& arguments) {
  const auto api = ApiClient::open(arguments);
  if (!api) return report(api.error());
  const auto addresses = accounts_meant(arguments, *api);
  if (!addresses) return report(addresses.error());
  Outcome outcome;
  json::array all;
  for (const std::string& address : *addresses) {
    const json::object order{{"account", address}, {"full", arguments.has("full")}};
    const auto answer = api->post_patiently("/api/verify", json::serialize(order));
    if (!answer) {  // the others are looked at all the same
      ++outcome.not_read;
      fmt::print(stderr, "{}: not verified\n", address);
      report(answer.error());
      continue;
    }
    json::value found = json::parse(*answer);
    ++(found.at("clean").as_bool() ? outcome.clean : outcome.with_differences);
    if (arguments.has("json"))
      all.push_back(std::move(found));
    else
      print_account(found);
  }
  if (arguments.has("json"))
    fmt::print("{}\n", json::serialize(all));
  else
    fmt::print("{} accounts: {} clean, {} with differences, {} not read.\n", addresses->size(),
               outcome.clean, outcome.with_differences, outcome.not_read);
  return exit_code(outcome);
}

}  // namespace tandem::app
