// Response codes in brackets (RFC 9051 7.1, RFC 5530 and those of extensions): which it is, its
// argument, and whether it says that trying again can help.
#include <array>

#include "lib/base/text.hpp"
#include "lib/protocol/imap/parse_response.hpp"

namespace tandem::imap {
namespace {

constexpr std::array<std::string_view, 45> names = {"",
                                                    "ALERT",
                                                    "ALREADYEXISTS",
                                                    "APPENDLIMIT",
                                                    "APPENDUID",
                                                    "AUTHENTICATIONFAILED",
                                                    "AUTHORIZATIONFAILED",
                                                    "BADCHARSET",
                                                    "CANNOT",
                                                    "CAPABILITY",
                                                    "CLIENTBUG",
                                                    "CLOSED",
                                                    "CONTACTADMIN",
                                                    "COPYUID",
                                                    "CORRUPTION",
                                                    "EXPIRED",
                                                    "EXPUNGEISSUED",
                                                    "HASCHILDREN",
                                                    "HIGHESTMODSEQ",
                                                    "INPROGRESS",
                                                    "INUSE",
                                                    "LIMIT",
                                                    "MODIFIED",
                                                    "NOMODSEQ",
                                                    "NOPERM",
                                                    "NONEXISTENT",
                                                    "NOTSAVED",
                                                    "OVERQUOTA",
                                                    "PARSE",
                                                    "PERMANENTFLAGS",
                                                    "PRIVACYREQUIRED",
                                                    "READ-ONLY",
                                                    "READ-WRITE",
                                                    "SERVERBUG",
                                                    "THROTTLED",
                                                    "TOOBIG",
                                                    "TRYCREATE",
                                                    "UIDNEXT",
                                                    "UIDNOTSTICKY",
                                                    "UIDVALIDITY",
                                                    "UNAVAILABLE",
                                                    "UNKNOWN-CTE",
                                                    "UNSEEN",
                                                    "USEATTR",
                                                    ""};
static_assert(names.size() == static_cast<std::size_t>(CodeKind::other) + 1);

CodeKind kind_of(std::string_view name) {
  for (std::size_t at = 1; at + 1 < names.size(); ++at)
    if (names[at] == name) return static_cast<CodeKind>(at);
  return CodeKind::other;
}

bool uid_set(Decoder& in, SequenceSet& out) {
  return in.expect_space() && expect_sequence_set(in, out);
}

void read_words(Decoder& in, ResponseCode& code) {
  std::vector<std::string_view> flags;
  if (in.peek() == '(') {
    if (in.expect_flag_list(flags))
      for (const std::string_view flag : flags) code.words.push_back(canonical_flag(flag));
    return;
  }
  for (const std::string_view word : split(in.rest(), ' '))
    if (!word.empty()) code.words.push_back(upper(word));
}

// False: the argument is not what the code promises; the code is then kept by name only.
bool read_argument(ResponseCode& code) {
  Decoder in(code.argument);
  switch (code.kind) {
    case CodeKind::highest_modseq:
    case CodeKind::uid_next:
    case CodeKind::uid_validity:
    case CodeKind::unseen: return in.try_number64(code.number);
    case CodeKind::append_uid: return in.try_number64(code.number) && uid_set(in, code.target);
    case CodeKind::copy_uid:
      return in.try_number64(code.number) && uid_set(in, code.source) && uid_set(in, code.target);
    case CodeKind::modified: return expect_sequence_set(in, code.target);
    case CodeKind::capability:
    case CodeKind::permanent_flags:
    case CodeKind::bad_charset: read_words(in, code); return true;
    default: return true;
  }
}

// The closing bracket: not within a quoted string (BADCHARSET, REFERRAL).
std::size_t code_end(std::string_view text) {
  bool quoted = false;
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (quoted && text[at] == '\\')
      ++at;
    else if (text[at] == '"')
      quoted = !quoted;
    else if (text[at] == ']' && !quoted)
      return at;
  }
  return text.find(']');
}

}  // namespace

std::string_view name_of(CodeKind kind) {
  return names[static_cast<std::size_t>(kind)];
}

bool is_temporary(CodeKind kind) {
  switch (kind) {
    case CodeKind::unavailable:
    case CodeKind::in_use:
    case CodeKind::limit:
    case CodeKind::throttled:
    case CodeKind::over_quota:
    case CodeKind::in_progress:
    case CodeKind::server_bug:
    case CodeKind::expunge_issued: return true;
    default: return false;
  }
}

std::string_view read_response_code(std::string_view text, ResponseCode& code) {
  if (!text.starts_with('[')) return text;
  const std::size_t end = code_end(text);
  if (end == std::string_view::npos) return text;
  const std::string_view inside = text.substr(1, end - 1);
  const std::size_t space = std::min(inside.find(' '), inside.size());
  code.name = upper(inside.substr(0, space));
  code.argument = trim(inside.substr(space));
  code.kind = kind_of(code.name);
  if (!read_argument(code)) code.kind = CodeKind::other;
  text.remove_prefix(end + 1);
  return text.starts_with(' ') ? text.substr(1) : text;
}

}  // namespace tandem::imap
