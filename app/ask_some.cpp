#include "app/ask_some.hpp"

#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/api_client.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

Result<json::array> all_accounts(const ApiClient& api) {
  const auto answer = api.get("/api/accounts");
  if (!answer) return fail(answer.error());
  json::array addresses;
  const json::value listed = json::parse(*answer);
  for (const auto& account : listed.at("accounts").as_array())
    addresses.push_back(account.at("address"));
  return addresses;
}

}  // namespace

ExitCode ask_some(const Arguments& arguments, std::string_view path, std::string_view done) {
  const auto api = ApiClient::open(arguments);
  if (!api) return report(api.error());
  json::array wanted(arguments.words.begin(), arguments.words.end());
  if (wanted.empty()) {
    auto all = all_accounts(*api);
    if (!all) return report(all.error());
    wanted = std::move(*all);
  }
  const auto answer =
      api->post(std::string(path), json::serialize(json::object{{"accounts", wanted}}));
  if (!answer) return report(answer.error());
  if (arguments.has("json")) fmt::print("{}\n", *answer);
  const json::value told = json::parse(*answer);
  const std::size_t changed = told.at("changed").as_array().size();
  if (!arguments.has("json")) fmt::print("{} of {} accounts {}.\n", changed, wanted.size(), done);
  const bool named = !arguments.words.empty();
  return named && changed < wanted.size() ? ExitCode::done_with_notes : ExitCode::done;
}

}  // namespace tandem::app
