// ID, LOGIN, AUTHENTICATE, ENABLE.
#include "lib/base/text.hpp"
#include "lib/protocol/imap/command_arguments.hpp"

namespace tandem::imap::arguments {

bool id(Decoder& in, command::Id& out) {
  constexpr std::size_t max_pairs = 30;  // RFC 2971 3.3
  if (!in.expect_space()) return false;
  if (in.try_word("NIL")) return true;
  if (!in.expect_byte('(', "ID list expected")) return false;
  while (!in.try_byte(')')) {
    StringValue name;
    StringValue value;
    in.try_spaces();
    if (!in.expect_string(name, "ID field expected") || !in.expect_space()) return false;
    if (!in.try_nstring(value)) return in.fail("ID value expected");
    in.try_spaces();
    if (out.fields.size() == max_pairs) return in.fail("too many ID fields");
    out.fields.emplace_back(std::string(name.bytes), std::string(value.bytes));
  }
  return true;
}

bool login(Decoder& in, command::Login& out) {
  std::string_view user;
  std::string_view password;
  if (!in.expect_space() || !in.expect_astring(user, "user name expected") || !in.expect_space() ||
      !in.expect_astring(password, "password expected"))
    return false;
  out.user = user;
  out.password = password;
  return true;
}

bool authenticate(Decoder& in, command::Authenticate& out) {
  std::string_view mechanism;
  if (!in.expect_space() || !in.expect_atom(mechanism, "mechanism expected")) return false;
  out.mechanism = upper(mechanism);
  if (!in.try_byte(' ')) return true;
  const std::string_view text = in.rest();
  in.move_to(in.position() + text.size());
  if (text == "=") {  // RFC 4959: an empty initial response
    out.initial.emplace();
    return true;
  }
  out.initial = base64_decode(text);
  return (out.initial && !text.empty()) || in.fail("malformed base64");
}

bool enable(Decoder& in, command::Enable& out) {
  while (in.try_byte(' ')) {
    std::string_view word;
    if (!in.expect_atom(word, "capability expected")) return false;
    out.capabilities.push_back(upper(word));
  }
  return !out.capabilities.empty() || in.fail("capability expected");
}

}  // namespace tandem::imap::arguments
