// /api/users: who may log in to the page. Adding, a new password and a new role are one and the
// same request; it ends the user's sessions.
#include <boost/json.hpp>

#include "migration/registry.hpp"
#include "webui/json.hpp"
#include "webui/passwords.hpp"
#include "webui/resources.hpp"

namespace tandem::webui {
namespace json = boost::json;

Task<HttpResponse> get_users(Context& context, const Request&) {
  json::array users;
  for (const User& one : context.users.all())
    users.push_back({{"user", one.name}, {"role", name_of(one.role)}});
  co_return reply_json(json::serialize(json::object{{"users", std::move(users)}}));
}

Task<HttpResponse> post_users(Context& context, const Request& request) {
  const auto body = read_object(request.http.body, {"user", "password", "role"});
  if (!body) co_return bad_request(body.error().what);
  const auto name = text_in(*body, "user");
  const auto password = text_in(*body, "password");
  const auto role = role_named(text_in(*body, "role").value_or(""));
  if (!name || !password || !role)
    co_return bad_request("user, password and role (operator or viewer) are needed.");
  const auto good = check_new_user(*name, *password);
  if (!good) co_return bad_request(good.error().what);
  auto hash = co_await hash_slowly(context, *password);
  if (!hash)
    co_return reply_fault({.status = 429,
                           .kind = "busy",
                           .what = "Too much at once.",
                           .next_step = "Try again in a moment.",
                           .server_words = {}});
  User user{.name = *name, .role = *role, .hash = std::move(*hash)};
  const auto put = co_await context.users.put(std::move(user));
  if (!put) co_return reply_error(put.error());
  context.setup.used();  // there is an operator's way in, or the command line made one
  context.sessions.close_all_of(*name);
  (void)co_await context.parts.registry.audit(request.caller.who(), "user", *name);
  co_return reply_json(json::serialize(json::object{{"user", *name}, {"role", name_of(*role)}}));
}

}  // namespace tandem::webui
