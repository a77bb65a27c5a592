// The responses of a server, parsed (RFC 9051 7, RFC 3501 7, and the extensions named below). Small
// ones own their bytes; a Fetch is made of views into the response it was parsed from and ends with
// it. Servers are met as they are: odd spaces are overlooked, unknown data is `Unknown`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "lib/protocol/imap/command.hpp"
#include "lib/protocol/imap/date_time.hpp"
#include "lib/protocol/imap/decoder.hpp"
#include "lib/protocol/imap/fetch_request.hpp"
#include "lib/protocol/imap/sequence_set.hpp"

namespace tandem::imap {

enum class CodeKind : std::uint8_t {
  none,
  alert,
  already_exists,
  append_limit,
  append_uid,  // number: UIDVALIDITY, target: UIDs
  authentication_failed,
  authorization_failed,
  bad_charset,
  cannot,
  capability,  // words
  client_bug,
  closed,
  contact_admin,
  copy_uid,  // number: UIDVALIDITY, source and target: UIDs in the same order
  corruption,
  expired,
  expunge_issued,
  has_children,
  highest_modseq,  // number
  in_progress,
  in_use,
  limit,
  modified,  // target: the messages that were not changed
  no_modseq,
  no_permission,
  nonexistent,
  not_saved,
  over_quota,
  parse,
  permanent_flags,  // words; `\*` among them: new keywords may be made
  privacy_required,
  read_only,
  read_write,
  server_bug,
  throttled,
  too_big,
  try_create,
  uid_next,  // number
  uid_not_sticky,
  uid_validity,  // number
  unavailable,
  unknown_cte,
  unseen,  // number
  use_attr,
  other,  // name and argument say it
};
[[nodiscard]] std::string_view name_of(CodeKind kind);  // "TRYCREATE"; none and other: ""

struct ResponseCode {
  CodeKind kind = CodeKind::none;
  std::string name;      // in upper case
  std::string argument;  // as it was written
  std::uint64_t number = 0;
  std::vector<std::string> words;
  SequenceSet source;
  SequenceSet target;
};

// Trying again later, unchanged, can succeed.
[[nodiscard]] bool is_temporary(CodeKind kind);

}  // namespace tandem::imap

namespace tandem::imap::response {

enum class Condition : std::uint8_t { ok, no, bad, bye, preauth };

// `* OK …`, `* BYE …`, `a1 NO …` (then with a tag).
struct Status {
  std::string tag;  // empty: untagged
  Condition condition = Condition::ok;
  ResponseCode code;
  std::string text;
};
struct Continuation {
  std::string text;  // after `+ `
};
struct Capability {
  std::vector<std::string> words;  // in upper case
};
struct Enabled {
  std::vector<std::string> words;  // in upper case
};
struct Flags {
  std::vector<std::string> flags;
};
struct List {
  bool lsub = false;
  std::vector<std::string> attributes;  // `\HasNoChildren`, `\Sent`, as they were written
  char delimiter = '\0';                // 0: flat
  std::string wire_name;  // as it was written, for commands that must repeat it exactly
  std::string name;       // UTF-8; the wire name where that is no proper name
  std::vector<std::string> child_info;
  std::string old_name;
};
struct MailboxStatus {
  std::string wire_name;
  std::string name;
  StatusItems items = 0;  // which of the numbers were said
  std::uint64_t messages = 0, recent = 0, uid_next = 0, uid_validity = 0, unseen = 0;
  std::uint64_t highest_modseq = 0, size = 0, deleted = 0;
  std::optional<std::uint64_t> append_limit;
  std::string mailbox_id;
};
struct Search {
  std::vector<std::uint32_t> numbers;
  std::uint64_t modseq = 0;
};
struct Esearch {
  std::string tag;
  bool uid = false;
  std::optional<std::uint32_t> min, max, count;
  std::optional<SequenceSet> all;  // also of PARTIAL
  std::uint64_t modseq = 0;
};
struct NamespaceEntry {
  std::string prefix;  // UTF-8
  char delimiter = '\0';
};
struct Namespace {
  std::vector<NamespaceEntry> personal, other_users, shared;
};
struct Exists {
  std::uint32_t count = 0;
};
struct Recent {
  std::uint32_t count = 0;
};
struct Expunge {
  std::uint32_t number = 0;
};
struct Vanished {
  bool earlier = false;
  SequenceSet uids;
};
struct Id {
  std::vector<std::pair<std::string, std::string>> fields;
};
struct QuotaResource {
  std::string name;
  std::uint64_t usage = 0, limit = 0;  // STORAGE: units of 1,024 bytes
};
struct Quota {
  std::string root;
  std::vector<QuotaResource> resources;
};
struct QuotaRoot {
  std::string mailbox;
  std::vector<std::string> roots;
};
// RFC 4314 3.6. Rights that are taken away have an identifier that begins with `-`.
struct AclEntry {
  std::string identifier, rights;
};
struct Acl {
  std::string wire_name, name;
  std::vector<AclEntry> entries;
  std::size_t more = 0;  // beyond what is kept of one mailbox, or longer than any name is
};
struct MyRights {
  std::string wire_name, name, rights;
};

struct Body {
  BodyForm form = BodyForm::body;
  Section section;
  std::optional<std::uint32_t> offset;  // `BODY[]<0>`
  StringValue value;                    // streamed: its bytes went by before
};
struct Fetch {
  std::uint32_t number = 0;
  std::uint32_t uid = 0;  // 0: not said
  bool has_flags = false;
  std::vector<std::string_view> flags;  // as they were written; see canonical_flag
  std::optional<DateTime> internal_date;
  std::optional<std::uint64_t> size;
  std::uint64_t modseq = 0;         // 0: not said
  std::string_view envelope;        // with its parentheses
  std::string_view body_structure;  // of BODY or BODYSTRUCTURE
  std::string_view email_id, thread_id;
  std::optional<DateTime> save_date;
  StringValue preview;
  std::vector<Body> bodies;
  std::vector<std::pair<std::string_view, std::string_view>> other;  // name, value as written
  Arena arena;                                                       // of the views
};

struct Unknown {
  std::string_view text;  // view into the response
};

}  // namespace tandem::imap::response

namespace tandem::imap {

using Response =
    std::variant<response::Unknown, response::Status, response::Continuation, response::Capability,
                 response::Enabled, response::Flags, response::List, response::MailboxStatus,
                 response::Search, response::Esearch, response::Namespace, response::Exists,
                 response::Recent, response::Expunge, response::Vanished, response::Id,
                 response::Quota, response::QuotaRoot, response::Acl, response::MyRights,
                 response::Fetch>;

}  // namespace tandem::imap
