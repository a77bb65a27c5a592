#include "app/account_status.hpp"

#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/json_text.hpp"
#include "app/language.hpp"
#include "app/progress_text.hpp"
#include "lib/net/http/message.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

std::string folder_text(const json::value& folder) {
  std::string out =
      fmt::format("  {}: {} on the old side, {} on the new side", text(folder.at("old")),
                  text(folder.at("old_messages")), text(folder.at("new_messages")));
  if (folder.at("old") != folder.at("new")) out += fmt::format(" in {}", text(folder.at("new")));
  if (folder.at("skipped").to_number<std::uint64_t>() > 0)
    out += fmt::format(", {} not copied", text(folder.at("skipped")));
  return out + "\n";
}

std::string reason_text(const json::value& reason) {
  std::string out = fmt::format("    {}\n", text(reason.at("what")));
  if (!reason.at("server_words").is_null())
    out += fmt::format("    the server said: {}\n", text(reason.at("server_words")));
  if (!text(reason.at("next_step")).empty())
    out += fmt::format("    next: {}\n", in_our_language(text(reason.at("next_step"))));
  return out;
}

// "old side, download: 120 of 2500 MB of any 24 hours"
std::string quota_text(const json::value& quota) {
  constexpr double megabyte = 1e6;
  std::string out =
      fmt::format("  {} side, {}: {:.1f} of {:.1f} MB in 24 hours", text(quota.at("side")),
                  text(quota.at("way")), quota.at("used").to_number<double>() / megabyte,
                  quota.at("per_day").to_number<double>() / megabyte);
  if (!quota.at("goes_on_at").is_null())
    out += fmt::format("; goes on at {}", text(quota.at("goes_on_at")));
  return out + "\n";
}

}  // namespace

Result<AccountLook> look_at_account(const ApiClient& api, const std::string& address) {
  auto answer = api.get("/api/accounts/" + net::percent_encode(address));
  if (!answer) return fail(answer.error());
  const auto overview = api.get("/api/overview");
  if (!overview) return fail(overview.error());
  AccountLook seen{.body = std::move(*answer), .sides = {}};
  const json::value all = json::parse(seen.body);
  const json::value moves = json::parse(*overview);
  for (const json::value& move : moves.at("migrations").as_array())
    if (move.at("name") == all.at("account").at("migration"))
      seen.sides = json::serialize(move.at("sides"));
  if (seen.sides.empty()) return fail(ErrorKind::not_found, "its migration is gone");
  return seen;
}

std::string skipped_text(const json::value& one) {
  const bool whole = one.at("uid").is_null();
  std::string out = fmt::format("  {}  {} side, {}", text(one.at("id")), text(one.at("side")),
                                text(one.at("folder")));
  if (!whole)
    out += fmt::format(", UID {}: \"{}\", {} bytes", text(one.at("uid")), text(one.at("subject")),
                       text(one.at("size")));
  if (!one.at("date").is_null()) out += ", " + text(one.at("date"));
  out += fmt::format("{}\n{}", whole ? ": the whole folder" : "", reason_text(one.at("reason")));
  if (one.at("retrying").as_bool()) out += "    it is tried again with the next pass\n";
  return out;
}

std::string account_line(const AccountLook& seen) {
  const json::value all = json::parse(seen.body);
  const json::value& account = all.at("account");
  std::string line =
      fmt::format("{}: {}  {}{}", text(account.at("address")), text(account.at("state")),
                  copied_text(account.at("copied")), eta_words(account.at("eta")));
  const std::string waits = bottleneck_text(account.at("bottleneck"), json::parse(seen.sides));
  return waits.empty() ? line : line + "; " + waits;
}

std::string account_text(const AccountLook& seen) {
  const json::value all = json::parse(seen.body);
  const json::value& account = all.at("account");
  const std::string address = text(account.at("address"));
  std::string out = fmt::format("{}: {}\n", address, text(account.at("state")));
  if (!account.at("problem").is_null()) out += reason_text(account.at("problem"));
  out += fmt::format("  {}{}\n", copied_text(account.at("copied")), eta_words(account.at("eta")));
  const std::string waits = bottleneck_text(account.at("bottleneck"), json::parse(seen.sides));
  if (!waits.empty()) out += fmt::format("  {}\n", waits);
  for (const json::value& quota : account.at("daily_quotas").as_array()) out += quota_text(quota);
  for (const json::value& folder : all.at("folders").as_array()) out += folder_text(folder);
  const json::array& skipped = all.at("skipped").as_array();
  if (!skipped.empty())
    out += fmt::format(
        "\nNot copied; `tandemail skipped retry {0} [ID…]` tries again, `tandemail skipped save "
        "{0} "
        "ID` writes one to a file:\n",
        address);
  for (const json::value& one : skipped) out += skipped_text(one);
  const auto count = account.at("notes").to_number<std::size_t>();
  if (count > skipped.size())
    out += fmt::format("  and {} more: tandemail skipped {}\n", count - skipped.size(), address);
  return out;
}

}  // namespace tandem::app
