#include "lib/base/result.hpp"

#include <array>
#include <utility>

#include "lib/base/text.hpp"

namespace tandem {
namespace {

constexpr std::array<std::string_view, 14> kind_names = {
    "closed",  "timed out",      "cancelled", "unreachable", "tls",     "protocol", "limit",
    "refused", "authentication", "not found", "conflict",    "storage", "invalid",  "internal"};
static_assert(kind_names.size() == static_cast<std::size_t>(ErrorKind::internal) + 1);

constexpr std::array<std::string_view, 5> origin_names = {"us", "old side", "new side", "client",
                                                          "other"};
static_assert(origin_names.size() == static_cast<std::size_t>(Origin::other) + 1);

}  // namespace

std::string_view name_of(ErrorKind kind) {
  return kind_names[static_cast<std::size_t>(kind)];
}
std::string_view name_of(Origin origin) {
  return origin_names[static_cast<std::size_t>(origin)];
}

std::string Error::to_string() const {
  std::string line = what;
  if (!server_words.empty()) line += " (the server said: " + printable(server_words, 1024) + ")";
  if (!next_step.empty()) line += ". " + next_step;
  return line;
}

std::unexpected<Error> fail(ErrorKind kind, std::string what) {
  return std::unexpected(Error{.kind = kind, .what = std::move(what)});
}

std::unexpected<Error> fail(Error error) {
  return std::unexpected(std::move(error));
}

}  // namespace tandem
