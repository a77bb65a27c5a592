// The commands of a client, parsed (RFC 9051 6, RFC 3501 6, and the extensions named below). Values
// own their bytes. Mailbox names are UTF-8, INBOX in upper case. Flags have their usual spelling.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "lib/protocol/imap/date_time.hpp"
#include "lib/protocol/imap/fetch_request.hpp"
#include "lib/protocol/imap/search_key.hpp"
#include "lib/protocol/imap/sequence_set.hpp"

namespace tandem::imap {

// What STATUS can say, as a set of bits (RFC 9051 6.3.11, 7162, 8474, 7889).
enum StatusItem : std::uint16_t {
  status_messages = 1,
  status_recent = 2,
  status_uid_next = 4,
  status_uid_validity = 8,
  status_unseen = 16,
  status_highest_modseq = 32,
  status_size = 64,
  status_deleted = 128,
  status_append_limit = 256,
  status_mailbox_id = 512,
};
using StatusItems = std::uint16_t;

// RFC 4466: a name with an optional value, as it was written: `17`, `(a b)`.
struct ExtensionItem {
  std::string name;   // in upper case
  std::string value;  // empty: none
  bool operator==(const ExtensionItem&) const = default;
};

}  // namespace tandem::imap

namespace tandem::imap::command {

struct Capability {};
struct Noop {};
struct Logout {};
struct StartTls {};
struct Idle {};
struct Check {};
struct Close {};
struct Unselect {};
struct Namespace {};

struct Id {  // RFC 2971; empty for NIL
  std::vector<std::pair<std::string, std::string>> fields;
};
struct Login {
  std::string user;
  std::string password;
};
struct Authenticate {
  std::string mechanism;               // in upper case
  std::optional<std::string> initial;  // decoded; SASL-IR (RFC 4959)
};
struct Enable {
  std::vector<std::string> capabilities;  // in upper case
};

struct Resync {  // RFC 7162 3.2.5
  std::uint32_t uid_validity = 0;
  std::uint64_t modseq = 0;
  std::optional<SequenceSet> known_uids;
  std::optional<SequenceSet> match_sequence;  // with match_uids: known pairs
  std::optional<SequenceSet> match_uids;
};
struct Select {
  std::string mailbox;
  bool read_only = false;  // EXAMINE
  bool condstore = false;
  std::optional<Resync> resync;
};
struct Create {
  std::string mailbox;
  std::vector<std::string> special_use;  // RFC 6154 `(USE (\Sent))`
  std::vector<ExtensionItem> extensions;
};
struct Delete {
  std::string mailbox;
};
struct Rename {
  std::string from;
  std::string to;
};
struct Subscribe {
  std::string mailbox;
  bool subscribe = true;  // false: UNSUBSCRIBE
};

struct List {  // RFC 5258, 5819, 6154
  bool lsub = false;
  bool extended = false;  // several patterns, selection or return options
  std::string reference;
  std::vector<std::string> patterns;
  bool select_subscribed = false;
  bool select_remote = false;
  bool select_recursive_match = false;
  bool select_special_use = false;
  bool return_subscribed = false;
  bool return_children = false;
  bool return_special_use = false;
  StatusItems return_status = 0;
};
struct Status {
  std::string mailbox;
  StatusItems items = 0;
};

// One message of an APPEND; its bytes follow on the connection and are never part of the command.
struct AppendItem {
  std::vector<std::string> flags;
  std::optional<DateTime> date;
  std::uint64_t size = 0;
  bool synchronising = true;
  bool binary = false;  // literal8
  bool utf8 = false;    // `UTF8 (~{…}` (RFC 6855)
  std::vector<ExtensionItem> extensions;
};
struct Append {
  std::string mailbox;
  AppendItem first;  // further messages (MULTIAPPEND): the driver's next_append
};

struct Expunge {
  std::optional<SequenceSet> uids;  // UID EXPUNGE
};

enum SearchReturn : std::uint8_t {
  return_min = 1,
  return_max = 2,
  return_all = 4,
  return_count = 8,
  return_save = 16
};
struct Search {
  bool uid = false;
  bool extended = false;     // RETURN was given: answer with ESEARCH
  std::uint8_t returns = 0;  // SearchReturn bits; `RETURN ()` is return_all
  std::optional<std::pair<std::int64_t, std::int64_t>> partial;  // RFC 9394; negative: from the end
  std::string charset;                                           // in upper case; empty: none given
  SearchKey key;
};
struct Fetch {
  bool uid = false;
  SequenceSet set;
  FetchAttributes attributes;
  std::optional<std::uint64_t> changed_since;
  bool vanished = false;
};
enum class StoreAction : std::uint8_t { replace, add, remove };
struct Store {
  bool uid = false;
  SequenceSet set;
  StoreAction action = StoreAction::replace;
  bool silent = false;
  std::vector<std::string> flags;
  std::optional<std::uint64_t> unchanged_since;
};
struct Copy {
  bool uid = false;
  bool move = false;
  SequenceSet set;
  std::string mailbox;
};

}  // namespace tandem::imap::command

namespace tandem::imap {

using CommandBody =
    std::variant<command::Capability, command::Noop, command::Logout, command::StartTls,
                 command::Id, command::Login, command::Authenticate, command::Enable,
                 command::Select, command::Create, command::Delete, command::Rename,
                 command::Subscribe, command::List, command::Namespace, command::Status,
                 command::Append, command::Idle, command::Check, command::Close, command::Unselect,
                 command::Expunge, command::Search, command::Fetch, command::Store, command::Copy>;

struct Command {
  std::string tag;
  CommandBody body;
};

}  // namespace tandem::imap
