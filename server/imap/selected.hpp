// Selected: the mailbox a session has selected, as its client knows it: the view of message
// numbers, and up to which modseq the client was told of changes. tell() catches up: it appends the
// untagged responses that bring the client from what it knew to what is there now. Another
// session's changes and our own come the same way; our own flag changes that were already answered
// are left out.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/imap/uid_view.hpp"
#include "server/mailbox/change_bus.hpp"
#include "server/mailbox/mailboxes.hpp"

namespace tandem::server {

// What the client switched on.
struct ClientModes {
  bool condstore = false;  // MODSEQ in every FETCH that tells flags
  bool qresync = false;    // VANISHED instead of EXPUNGE
};

class Selected {
 public:
  // Reads the mailbox and its UIDs as one snapshot. Kind not_found: it is gone.
  [[nodiscard]] static Result<Selected> open(Mailboxes& mailboxes, BoxId box, bool read_only);

  [[nodiscard]] const Box& box() const { return box_; }  // as it was when selected
  [[nodiscard]] bool read_only() const { return read_only_; }
  [[nodiscard]] const UidView& view() const { return view_; }
  [[nodiscard]] bool is_recent(Uid uid) const { return uid >= recent_from_; }
  [[nodiscard]] std::uint32_t recent() const {
    return view_.size() - view_.count_below(recent_from_);
  }
  [[nodiscard]] Uid recent_from() const { return recent_from_; }
  void set_recent_from(Uid first) { recent_from_ = first; }

  // `expunges`: the client may be told of removed messages now (RFC 3501 7.4.1). False: the mailbox
  // is gone.
  [[nodiscard]] Result<bool> tell(std::string& out, const ClientModes& modes, bool expunges);
  // These changes of flags were answered already.
  void note_own(Modseq modseq, const imap::SequenceSet& uids) {
    own_.emplace_back(modseq, uids.resolve(0xffffffff));
  }
  [[nodiscard]] std::string flags_text(const MessageRow& row) const;

  ChangeBus::Subscription subscription;

 private:
  Selected(Mailboxes& mailboxes, Box box, bool read_only, const imap::SequenceSet& uids);
  void tell_expunged(std::string& out, const ClientModes& modes, const imap::SequenceSet& uids);
  [[nodiscard]] bool is_own(const MessageRow& row) const;

  Mailboxes* mailboxes_;
  Box box_;
  bool read_only_;
  UidView view_;
  Uid next_uid_;           // the smallest that the client was not told of
  Modseq modseq_;          // told of new messages and flags up to here
  Modseq expunge_modseq_;  // told of expunged messages up to here
  Uid recent_from_ = 0xffffffff;
  std::vector<std::pair<Modseq, imap::SequenceSet>> own_;
};

}  // namespace tandem::server
