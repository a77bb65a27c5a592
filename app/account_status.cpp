#include "app/account_status.hpp"

#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/json_text.hpp"
#include "app/language.hpp"
#include "lib/net/http/message.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

void print_folder(const json::value& folder) {
  fmt::print("  {}: {} on the old side, {} on the new side", text(folder.at("old")),
             text(folder.at("old_messages")), text(folder.at("new_messages")));
  if (folder.at("old") != folder.at("new")) fmt::print(" in {}", text(folder.at("new")));
  if (folder.at("skipped").to_number<std::uint64_t>() > 0)
    fmt::print(", {} not copied", text(folder.at("skipped")));
  fmt::print("\n");
}

void print_reason(const json::value& reason) {
  fmt::print("    {}\n", text(reason.at("what")));
  if (!text(reason.at("next_step")).empty())
    fmt::print("    next: {}\n", in_our_language(text(reason.at("next_step"))));
}

// "old side, download: 120 of 2500 MB of any 24 hours"
void print_quota(const json::value& quota) {
  constexpr double megabyte = 1e6;
  fmt::print("  {} side, {}: {:.1f} of {:.1f} MB in 24 hours", text(quota.at("side")),
             text(quota.at("way")), quota.at("used").to_number<double>() / megabyte,
             quota.at("per_day").to_number<double>() / megabyte);
  if (!quota.at("goes_on_at").is_null())
    fmt::print("; goes on at {}", text(quota.at("goes_on_at")));
  fmt::print("\n");
}

}  // namespace

std::string eta_words(const json::value& eta) {
  if (!eta.at("known").as_bool()) return "";
  return fmt::format("; done between {} and {}", text(eta.at("low")), text(eta.at("high")));
}

void print_copied(const json::value& account) {
  const std::string done = eta_words(account.at("eta"));
  if (done.empty()) return;
  const json::value& copied = account.at("copied");
  fmt::print("  {} of {} messages copied{}\n", text(copied.at("messages_done")),
             text(copied.at("messages_total")), done);
}

Result<void> print_account(const ApiClient& api, const std::string& address, bool as_json) {
  const auto answer = api.get("/api/accounts/" + net::percent_encode(address));
  if (!answer) return fail(answer.error());
  if (as_json) {
    fmt::print("{}\n", *answer);
    return {};
  }
  const json::value all = json::parse(*answer);
  const json::value& account = all.at("account");
  fmt::print("{}: {}\n", text(account.at("address")), text(account.at("state")));
  if (!account.at("problem").is_null()) print_reason(account.at("problem"));
  print_copied(account);
  for (const json::value& quota : account.at("daily_quotas").as_array()) print_quota(quota);
  for (const json::value& folder : all.at("folders").as_array()) print_folder(folder);
  const json::array& skipped = all.at("skipped").as_array();
  if (!skipped.empty())
    fmt::print("\nNot copied; `tandemail sync {}` tries again:\n", text(account.at("address")));
  for (const json::value& one : skipped) {
    fmt::print("  {}: \"{}\", {} bytes\n", text(one.at("folder")), text(one.at("subject")),
               text(one.at("size")));
    print_reason(one.at("reason"));
  }
  return {};
}

}  // namespace tandem::app
