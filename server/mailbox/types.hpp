// The values the mailbox store speaks in.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/protocol/imap/command.hpp"
#include "lib/protocol/imap/date_time.hpp"
#include "lib/protocol/imap/sequence_set.hpp"
#include "lib/store/blob.hpp"
#include "server/accounts/accounts.hpp"
#include "server/mailbox/flags.hpp"

namespace tandem::server {

using BoxId = std::int64_t;
using Uid = std::uint32_t;
using Modseq = std::uint64_t;

// A mailbox as it was when it was read.
struct Box {
  BoxId id = 0;
  AccountId account = 0;
  std::string name;  // UTF-8, '/' between levels
  std::uint32_t uid_validity = 0;
  Uid uid_next = 1;
  Modseq modseq = 1;        // HIGHESTMODSEQ
  std::string special_use;  // "\Sent"; empty: none
  std::uint32_t messages = 0;
  std::uint32_t unseen = 0;
  std::uint32_t deleted = 0;
  std::uint64_t bytes = 0;
  std::string keywords;  // those ever used in it, with blanks between
  Uid recent_from = 1;   // from here on no session was told of the messages (\Recent)
};

// A message in a mailbox. The second half is filled where it was asked for.
struct MessageRow {
  Uid uid = 0;
  Flags flags;
  Modseq modseq = 0;
  imap::DateTime internal_date;
  std::uint64_t size = 0;

  store::BlobRef blob;
  std::uint64_t header_size = 0;        // with the empty line
  std::string envelope;                 // as IMAP text
  std::string body_structure;           // likewise
  std::string parts;                    // see parts.hpp
  std::optional<std::int64_t> sent;     // the Date field, its own day as Unix seconds
  std::optional<std::string> received;  // all Received fields, unfolded; absent: too long to keep
  std::string message_id;
};

enum class RowDetail : std::uint8_t { flags, blob, structure, search };

// Where a message was put.
struct Placed {
  BoxId box = 0;
  std::uint32_t uid_validity = 0;
  Uid uid = 0;
};
// A whole batch: consecutive UIDs, in the order of the messages.
struct PlacedRange {
  std::uint32_t uid_validity = 0;
  Uid first = 0;
  Uid last = 0;
};
struct Copied {
  std::uint32_t uid_validity = 0;  // of the target
  imap::SequenceSet from;          // UIDs, in corresponding order
  imap::SequenceSet to;
};

struct FlagChange {
  imap::command::StoreAction action = imap::command::StoreAction::replace;
  Flags flags;
  std::optional<Modseq> unchanged_since;
};
struct FlagsChanged {
  Modseq modseq = 0;                 // of the messages in `changed`
  imap::SequenceSet changed;         // UIDs whose flags are different now
  imap::SequenceSet modified_since;  // left alone because of unchanged_since
};

// What a session that knew a mailbox up to some modseq has to be told.
struct Changes {
  Modseq modseq = 0;             // the mailbox's now
  std::vector<MessageRow> rows;  // new messages and changed flags, by UID; detail `flags`
  imap::SequenceSet expunged;    // UIDs
  bool gone = false;             // the mailbox was deleted
};

}  // namespace tandem::server
