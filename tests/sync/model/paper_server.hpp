// An IMAP server on paper: mailboxes in memory and just the commands that the sync gives (UIDs
// only; RFC 3501, 4315, 3502, 6851, 7162, 5819; Gmail's X-GM-EXT-1). For histories by the ten
// thousand, and written apart from our own server, so that the two do not share a fault.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "lib/net/imap_server_io.hpp"
#include "lib/protocol/imap/date_time.hpp"

namespace tandem::sync::paper {

using net::Task;

struct Message {
  std::uint32_t uid = 0;
  std::vector<std::string> flags;
  imap::DateTime date;
  std::shared_ptr<const std::string> bytes;
  std::uint64_t modseq = 0;
  std::uint64_t id = 0;  // Gmail's: a copy in another folder has the same
};

struct Folder {
  std::string name;
  std::uint32_t validity = 0;
  std::uint32_t next = 1;
  std::uint64_t modseq = 1;
  bool subscribed = false;
  std::string attributes;         // as LIST tells them
  std::vector<Message> messages;  // ascending by UID

  std::uint32_t add(Message message);  // with the next UID, and an id if it has none
  void touch(Message& message) { message.modseq = ++modseq; }
  [[nodiscard]] Message* find(std::uint32_t uid);
};

// One account's mailbox. A folder keeps its address until it is removed.
class Mailbox {
 public:
  Mailbox();  // with the usual folders
  [[nodiscard]] Folder* find(std::string_view name);
  Folder* create(const std::string& name);  // null: there is one
  bool remove(std::string_view name);
  bool rename(std::string_view from, const std::string& to);
  // The folder gets another UIDVALIDITY; its messages keep their order, not their UIDs.
  void renumber(Folder& folder, std::uint32_t by);
  [[nodiscard]] std::vector<std::shared_ptr<Folder>>& folders() { return folders_; }
  [[nodiscard]] std::shared_ptr<Folder> share(std::string_view name);
  // Its server offers QRESYNC (RFC 7162), and remembers no removal: it names all that is not there.
  bool tells_vanished = false;
  // Gmail's: it offers X-GM-EXT-1, tells ids by X-GM-MSGID and finds messages by them; one that
  // gets
  // \Deleted is gone from its folder at once.
  bool has_labels = false;
  enum class Copies : std::uint8_t { exact, of_another_date, refused };
  Copies copies = Copies::exact;  // what it makes of COPY
  std::size_t bodies_read = 0;    // whole messages
  std::string namespaces = "((\"\" \"/\")) NIL NIL";
  // What it says NO to, and what of what it is given it loses.
  std::set<std::uint32_t> withheld;  // UIDs whose body it does not give, and NO
  bool gives_nothing = false;        // the same, and OK
  std::set<std::uint32_t> hidden;    // UIDs whose header it does not give, and OK
  std::size_t appends_refused = 0;   // the next ones
  std::string refusal = "UNAVAILABLE";
  std::uint64_t size_error = 0;  // RFC822.SIZE is too large by so much
  std::string lost_flag;         // by APPEND
  std::string refused_flag;      // in APPEND and STORE
  bool keeps_keywords = true;
  // Headers that are asked for without their body (Zimbra, Yahoo): with `?` for each 8-bit byte, or
  // none at all.
  enum class Headers : std::uint8_t { exact, in_ascii, empty };
  Headers headers = Headers::exact;
  bool merges_equal = false;              // an APPEND of what is in the folder takes its place
  std::set<std::string> refused_folders;  // by CREATE
  std::set<std::string> closed_folders;   // NO to whoever opens one
  std::set<std::string> locked_folders;   // BYE to whoever opens one

 private:
  std::vector<std::shared_ptr<Folder>> folders_;
  std::uint32_t last_validity_ = 0;
};

// What LOGIN or AUTHENTICATE PLAIN names; null: refused.
using Accounts = std::function<Mailbox*(const std::string& login)>;

// Until the client leaves or the connection breaks.
Task<void> serve(net::StreamPtr stream, Accounts accounts);

}  // namespace tandem::sync::paper
