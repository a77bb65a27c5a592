// tandemail user: who may log in to the page. It asks the running server; the command line's token
// opens it, so it is also the way back in for whoever forgot the password.
#include <fmt/core.h>

#include <boost/json.hpp>

#include "app/api_client.hpp"
#include "app/command.hpp"
#include "app/json_text.hpp"
#include "app/password_input.hpp"

namespace tandem::app {
namespace json = boost::json;
namespace {

ExitCode list(const ApiClient& api, const Arguments& arguments) {
  const auto answer = api.get("/api/users");
  if (!answer) return report(answer.error());
  if (arguments.has("json")) {
    fmt::print("{}\n", *answer);
    return ExitCode::done;
  }
  const json::value told = json::parse(*answer);
  for (const auto& one : told.at("users").as_array())
    fmt::print("{:<30} {}\n", text(one.at("user")), text(one.at("role")));
  return ExitCode::done;
}

}  // namespace

ExitCode run_user(const Arguments& arguments) {
  if (arguments.words.size() > 1) return ExitCode::usage;
  const auto api = ApiClient::open(arguments);
  if (!api) return report(api.error());
  if (arguments.words.empty()) return list(*api, arguments);
  const auto password = read_password(arguments);
  if (!password) return report(password.error());
  const std::string role = arguments.get("role", "operator");
  const json::object body = {
      {"user", arguments.words[0]}, {"password", std::string(password->reveal())}, {"role", role}};
  const auto done = api->post("/api/users", json::serialize(body));
  if (!done) return report(done.error());
  fmt::print("{} may log in to the page as {}.\n", arguments.words[0], role);
  return ExitCode::done;
}

}  // namespace tandem::app
