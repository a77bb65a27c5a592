// A message that is in a file, and its bytes as an IMAP server would give them.
//
// Files written by us hold the server's own bytes. Other people's hold lines that end as the system
// has it: there each line gets its CR LF, as an IMAP server that had these files would do. Nothing
// else is changed. Read in pieces; blocking.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "archive/maildir_name.hpp"
#include "lib/base/result.hpp"
#include "lib/mail/mbox_quoting.hpp"
#include "lib/store/file.hpp"
#include "sync/message.hpp"

namespace tandem::archive {

struct Local {
  std::string file;
  std::uint64_t offset = 0;  // of the message in it
  std::uint64_t length = 0;
  bool add_cr = false;   // bare LFs become CR LF
  bool unquote = false;  // ">From " loses its mark
  imap::DateTime date;   // all 0: to be read from its header
  sync::Flags flags;
  Origin origin;      // of a file that we wrote
  std::string label;  // for people: which message of which file
};

class Content {
 public:
  [[nodiscard]] static Result<Content> open(const Local& message);
  // The next piece, in place of what `piece` holds; empty at the end.
  [[nodiscard]] Result<void> read(std::string& piece);

 private:
  Content(store::File file, const Local& message);

  store::File file_;
  std::uint64_t at_;
  std::uint64_t end_;
  bool add_cr_;
  bool after_cr_ = false;
  std::optional<mail::MboxQuoting> unquoting_;
};

// What is found out by reading all of it once.
struct Measured {
  std::uint64_t size = 0;  // as it goes on the wire
  sync::Identity identity;
  sync::Identity likeness;
  sync::Identity whole;  // rung (c): header's likeness and body
  std::string trace;
  std::optional<std::int64_t> dated;  // the newest Received line, else Date
};
[[nodiscard]] Result<Measured> measure(const Local& message, const mail::DigestOptions& options);

}  // namespace tandem::archive
