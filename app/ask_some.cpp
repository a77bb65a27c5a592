#include "app/ask_some.hpp"

#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/api_client.hpp"
#include "app/json_text.hpp"

namespace tandem::app {
namespace json = boost::json;

Result<std::vector<std::string>> accounts_meant(const Arguments& arguments, const ApiClient& api) {
  if (!arguments.words.empty()) return arguments.words;
  const auto answer = api.get("/api/accounts");
  if (!answer) return fail(answer.error());
  std::vector<std::string> addresses;
  const json::value listed = json::parse(*answer);
  for (const auto& account : listed.at("accounts").as_array())
    addresses.push_back(text(account.at("address")));
  return addresses;
}

ExitCode ask_some(const Arguments& arguments, std::string_view path, std::string_view done) {
  const auto api = ApiClient::open(arguments);
  if (!api) return report(api.error());
  const auto meant = accounts_meant(arguments, *api);
  if (!meant) return report(meant.error());
  const json::array wanted(meant->begin(), meant->end());
  const auto answer =
      api->post(std::string(path), json::serialize(json::object{{"accounts", wanted}}));
  if (!answer) return report(answer.error());
  if (arguments.has("json")) fmt::print("{}\n", *answer);
  const json::value told = json::parse(*answer);
  const std::size_t changed = told.at("changed").as_array().size();
  if (!arguments.has("json")) fmt::print("{} of {} accounts {}.\n", changed, wanted.size(), done);
  if (const auto* ending = told.as_object().if_contains("ending"); ending && !arguments.has("json"))
    for (const auto& address : ending->as_array())
      fmt::print("{}: what is being copied at this moment still ends.\n", text(address));
  const bool named = !arguments.words.empty();
  return named && changed < wanted.size() ? ExitCode::done_with_notes : ExitCode::done;
}

}  // namespace tandem::app
