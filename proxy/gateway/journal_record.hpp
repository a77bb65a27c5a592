// What the journal keeps: one message row per transaction, one recipient row per recipient, and the
// states each recipient goes through. Each state says what is true in it; what a restart does with
// it is the table in docs/crash-states.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/base/clock.hpp"
#include "lib/store/blob.hpp"
#include "lib/store/draft.hpp"
#include "migration/account.hpp"

namespace tandem::gateway {

using migration::AccountId;
using migration::Side;

// Where the recipient's own copy is.
enum class HomeState : std::uint8_t {
  sent,         // durable before the dot went out: the answer is not known, the sender still has it
  accepted,     // the home side has it (2yz, or found in its mailbox)
  refused,      // the sender was told 4yz or 5yz: nothing may be delivered (R3)
  not_sent,     // after a crash: proven absent; the sender, who got no answer, sends it again
  owed,         // the sender was told 250; delivery is ours, tried when it is due
  owed_sent,    // owed, and an attempt is past its dot: looked for before it is repeated (R10)
  returned,     // refused or given up; a report to the sender is durable with this state
  quarantined,  // refused or given up, and nobody can be told: kept until a person decides
  dropped,      // a person gave it up, and said why
};
[[nodiscard]] std::string_view name_of(HomeState state);

// The quiet copy at the other side.
enum class MirrorState : std::uint8_t {
  none,       // no mirror in this phase
  waiting,    // the home side has not accepted yet (R8)
  pending,    // to be made
  made,       // there, or found there
  debt,       // failed, tried again; healed by the sync (R9)
  cancelled,  // the home side has not got it, and will not
  waived,     // a person gave the copy up, and said why (R9)
};
[[nodiscard]] std::string_view name_of(MirrorState state);

struct MessageRecord {
  std::string trace;
  WallTime at{};
  std::string sender;    // envelope; empty: null
  std::string received;  // what goes in front: our Received line, fields that milters added
  store::BlobRef blob;   // the bytes as received; none when nothing is left to be done with them
  bool smtputf8 = false;
  bool eight_bit = false;    // BODY=8BITMIME
  bool require_tls = false;  // RFC 8689
  std::string report_on;     // a delivery report of ours: the trace of the message it is about
  std::string message_id;    // of its header, with the angle brackets; empty: none
  std::uint64_t size = 0;    // bytes as received
  std::string ret;           // RFC 3461 4.3: FULL, HDRS; empty: not given
  std::string envid;         // RFC 3461 4.4, as received; empty: none
  std::string client;        // smtp::to_text, for a home side that is told of it; empty: nobody is
};

// One recipient for whom the client was told 250: one answer may stand for a part of a transaction
// (what was delivered before), and each recipient's bytes are recognised alone.
struct Promise {
  std::string trace;
  std::string replay;  // H
};

// Why `home` of a recipient is not the side where his reader is.
enum class Instead : std::uint8_t {
  no,               // it is
  unknown_at_home,  // that side does not know him (R5)
  came_from_home,   // that side sent us the message (R14)
  outside,          // he is on no side: that one's server sends on what a person of it submits
};

struct RecipientRecord {
  std::int64_t id = 0;
  std::string trace;
  std::string recipient;
  AccountId account = 0;
  std::uint64_t epoch = 0;
  Side home = Side::old_side;
  HomeState home_state = HomeState::sent;
  std::optional<Side> mirror;
  MirrorState mirror_state = MirrorState::none;
  std::string replay;  // H, 32 bytes
  WallTime at{};       // of the message; filled when read
  std::string words;   // the last refusal, in the server's words
  unsigned attempts = 0;
  WallTime due{};
  WallTime tried{};               // when bytes last went to the home side
  bool doubled = false;           // sent again without proof that it was not there (R10)
  Instead instead = Instead::no;  // column `fallback`
  std::string notify;             // RFC 3461 4.1, as received; empty: not given
  std::string orcpt;              // RFC 3461 4.2, as received; empty: none
  bool delay_told = false;        // its sender has had a report of the delay
};

// A recipient with the message: something that is still to be done.
struct Pending {
  MessageRecord message;
  RecipientRecord recipient;
};

// What became of a recipient; found by trace and address.
struct Outcome {
  std::string recipient;
  HomeState state = HomeState::accepted;
  std::string words;
  WallTime due{};      // owed: the next attempt
  std::string notify;  // as in RecipientRecord
  std::string orcpt;
  std::optional<WallTime> until;  // owed: a report says that it is tried until then
};

// A delivery report to a sender, to be owed like any message.
struct ReportMail {
  MessageRecord message;
  RecipientRecord recipient;
  store::BlobDraft bytes;
};

}  // namespace tandem::gateway
