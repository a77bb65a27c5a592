#include "lib/protocol/imap/parse_response.hpp"

#include <array>
#include <fmt/format.h>

#include "lib/base/text.hpp"
#include "lib/protocol/imap/data_response.hpp"
#include "lib/protocol/imap/fetch_response.hpp"

namespace tandem::imap {
namespace {

using namespace response;

struct ConditionRow {
  std::string_view word;
  Condition condition;
  bool tagged;
};
constexpr std::array<ConditionRow, 5> conditions = {{{"OK", Condition::ok, true},
                                                     {"NO", Condition::no, true},
                                                     {"BAD", Condition::bad, true},
                                                     {"BYE", Condition::bye, false},
                                                     {"PREAUTH", Condition::preauth, false}}};

bool try_status(Decoder& in, std::string_view tag, Status& out) {
  for (const ConditionRow& row : conditions) {
    if (!tag.empty() && !row.tagged) continue;
    if (!in.try_word(row.word)) continue;
    out.tag = tag;
    out.condition = row.condition;
    in.try_spaces();
    out.text = read_response_code(in.rest(), out.code);
    return true;
  }
  return false;
}

bool numbered(Decoder& in, std::uint32_t number, Response& out) {
  if (in.try_word("EXISTS"))
    out = Exists{number};
  else if (in.try_word("RECENT"))
    out = Recent{number};
  else if (in.try_word("EXPUNGE"))
    out = Expunge{number};
  else
    return false;
  return true;
}

// Errors are logged and shown. What cannot be read may be mail (also where a server announced
// another length than it sent), so they say where it ended, and none of its words.
std::unexpected<Error> not_understood(std::string what) {
  Error error{.kind = ErrorKind::protocol, .what = std::move(what), .origin = Origin::other};
  return std::unexpected(std::move(error));
}

std::string where(const Decoder& in, std::string_view item, std::string_view text) {
  return fmt::format("{} (in {}, at byte {} of {})", in.failure(),
                     item.empty() ? "what is no known item" : item, in.position(), text.size());
}

bool fetch_head(Decoder& in, Fetch& out) {
  return in.try_byte('*') && in.try_spaces() && in.try_number(out.number) && in.try_spaces() &&
         in.try_word("FETCH") && in.try_spaces();
}

}  // namespace

bool parse_fetch_prefix(std::string_view text, std::span<const std::size_t> streamed, Fetch& out) {
  Decoder in(text, streamed);
  std::string_view item;
  if (!fetch_head(in, out) || !expect_fetch_items(in, out, true, item)) return false;
  out.arena = in.take_arena();
  return true;
}

Result<Response> parse_response(std::string_view text, std::span<const std::size_t> streamed,
                                bool utf8) {
  Decoder in(text, streamed);
  if (in.try_byte('+')) {
    in.try_spaces();
    return Continuation{std::string(in.rest())};
  }
  Fetch fetch;
  if (fetch_head(in, fetch)) {
    std::string_view item;
    if (!expect_fetch_items(in, fetch, false, item))
      return not_understood("FETCH response not understood: " + where(in, item, text));
    fetch.arena = in.take_arena();
    return fetch;
  }
  in.move_to(0);
  Status status;
  std::string_view tag;
  if (!in.try_byte('*')) {
    if (!in.try_tag(tag) || !in.try_spaces() || !try_status(in, tag, status))
      return not_understood(
          fmt::format("the server's line, of {} bytes, is not an IMAP response", text.size()));
    return status;
  }
  in.try_spaces();
  if (try_status(in, {}, status)) return status;
  std::uint32_t number = 0;
  Response out = Unknown{text};
  const std::size_t start = in.position();
  if (in.try_number(number) && in.try_spaces() && numbered(in, number, out)) return out;
  in.move_to(start);
  Response data;
  if (try_data(in, utf8, data)) return data;
  return out;
}

}  // namespace tandem::imap
