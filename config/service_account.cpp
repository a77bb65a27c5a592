#include "config/service_account.hpp"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "config/secret_file.hpp"
#include "lib/base/text.hpp"

namespace tandem::config {
namespace {

namespace json = boost::json;

constexpr std::size_t largest_file = 16 * 1024;

std::string text_at(const json::object& object, std::string_view name) {
  const auto* const value = object.if_contains(name);
  if (value == nullptr || !value->is_string()) return "";
  return std::string(value->get_string().data(), value->get_string().size());
}

std::unexpected<Error> unusable(const std::string& path, std::string_view why) {
  return fail(
      Error{.kind = ErrorKind::invalid,
            .what = fmt::format("{} is not a service account's key: {}.", printable(path), why),
            .next_step = "In the Google Cloud console make a new key of the service account, "
                         "type JSON, and use that file as it is."});
}

}  // namespace

Result<ServiceAccount> parse_service_account(std::string_view text, const std::string& path) {
  json::error_code error;
  const json::value value = json::parse({text.data(), text.size()}, error);
  if (error || !value.is_object()) return unusable(path, "it is not a JSON object");
  const json::object& object = value.get_object();
  if (text_at(object, "type") != "service_account")
    return unusable(path, "its \"type\" is not \"service_account\"");
  ServiceAccount account{.email = text_at(object, "client_email"),
                         .key_id = text_at(object, "private_key_id"),
                         .private_key = Secret(text_at(object, "private_key"))};
  if (account.email.empty()) return unusable(path, "it has no \"client_email\"");
  if (!account.private_key.reveal().contains("PRIVATE KEY-----"))
    return unusable(path, "it has no \"private_key\"");
  return account;
}

Result<ServiceAccount> read_service_account(const std::string& path) {
  const auto bytes = read_secret_bytes(path, largest_file);
  if (!bytes) return fail(bytes.error());
  return parse_service_account(bytes->reveal(), path);
}

}  // namespace tandem::config
