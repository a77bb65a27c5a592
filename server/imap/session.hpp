// Session: one client after log-in. The commands are member functions, one file per kind; each
// writes its answers and returns whether the connection still stands. Changes in the selected
// mailbox are told at the end of commands, and at once in IDLE. RFC 3501 with the extensions of
// imap_capabilities(). One io_context's thread.
#pragma once

#include <optional>
#include <string>

#include "lib/net/imap_server_io.hpp"
#include "server/imap/login.hpp"
#include "server/imap/selected.hpp"
#include "server/mailbox/mailboxes.hpp"
#include "server/server.hpp"

namespace tandem::server {

class ImapSession {
 public:
  ImapSession(net::Stream& stream, Accounts& accounts, Mailboxes& mailboxes,
              ServerSettings settings, LoggedIn login);
  net::Task<void> run(net::TaskGroup& group);

 private:
  using Done = net::Task<Result<void>>;  // an error is the connection's: the session ends
  struct Dispatch;

  // session.cpp
  Done command(imap::Command command);
  // The tagged answer, after what changed in the mailbox.
  Done finish(std::string tag, std::string answer, bool expunges);
  Done ok(std::string tag, std::string text) { return finish(std::move(tag), "OK " + text, true); }
  Done no(std::string tag, Error error, std::string code = "");
  Done bad(std::string tag, std::string text) {
    return finish(std::move(tag), "BAD " + text, false);
  }
  // False: nothing is selected.
  [[nodiscard]] bool has_selected() const { return selected_.has_value(); }
  void tell(bool expunges);
  void stop();
  Done goodbye(std::string text);

  // session_state.cpp: CAPABILITY, NOOP, LOGOUT, ID, ENABLE, IDLE, SELECT, CLOSE …
  Done capability(std::string tag);
  Done enable(std::string tag, imap::command::Enable enable);
  Done idle(std::string tag);
  Done select(std::string tag, imap::command::Select select);
  Done close(std::string tag, bool expunge);
  void say_selected(const Box& box);
  void resync(const imap::command::Resync& known);

  // session_folders.cpp
  Done list(std::string tag, imap::command::List list);
  Done status(std::string tag, imap::command::Status status);
  Done create(std::string tag, imap::command::Create create);
  Done remove(std::string tag, imap::command::Delete remove);
  Done rename(std::string tag, imap::command::Rename rename);
  Done subscribe(std::string tag, imap::command::Subscribe subscribe);
  [[nodiscard]] std::string status_text(const Box& box, imap::StatusItems items);

  // session_append.cpp
  Done append(std::string tag, imap::command::Append append);
  net::Task<Result<void>> take_message(AppendBatch& batch, imap::command::AppendItem item);
  Done refuse_append(std::string tag, std::string code, std::string text);

  // Bytes that the account's quota leaves.
  [[nodiscard]] Result<std::uint64_t> room() const;

  // session_fetch.cpp
  Done fetch(std::string tag, imap::command::Fetch fetch);
  net::Task<Result<imap::SequenceSet>> mark_seen(imap::SequenceSet uids);
  Done fetch_rows(imap::SequenceSet uids, const imap::command::Fetch& fetch,
                  const imap::SequenceSet& newly_seen);
  Done put_row(const MessageRow& row, std::uint32_t number, const imap::command::Fetch& fetch,
               bool with_flags);
  Done put_bodies(const MessageRow& row, bool first, const imap::FetchAttributes& attributes);
  void put_vanished(const imap::SequenceSet& uids, Modseq since);

  // session_change.cpp: STORE, COPY, MOVE, EXPUNGE
  Done store(std::string tag, imap::command::Store store);
  Done copy(std::string tag, imap::command::Copy copy);
  Done expunge(std::string tag, imap::command::Expunge expunge);
  [[nodiscard]] Result<void> put_flags(const imap::SequenceSet& uids, bool with_flags,
                                       bool with_uid);

  // session_search.cpp
  Done search(std::string tag, imap::command::Search search);
  net::Task<Result<imap::SequenceSet>> find_messages(const imap::SearchKey& key,
                                                     imap::SequenceSet among, Modseq& highest);

  // A command's set as UIDs that are in the view.
  [[nodiscard]] imap::SequenceSet resolve(const imap::SequenceSet& set, bool uid) const;
  [[nodiscard]] bool out_of_range(const imap::SequenceSet& set, bool uid) const;

  net::ImapServerIo io_;
  Accounts& accounts_;
  Mailboxes& mailboxes_;
  ServerSettings settings_;
  AccountId account_;
  std::string login_tag_;
  std::string rest_;
  std::optional<Selected> selected_;
  ClientModes modes_;
  imap::SequenceSet saved_;  // SEARCHRES `$`, UIDs
  bool waiting_ = false;     // for a command: may be interrupted by a stop
  bool stopping_ = false;
  bool ended_ = false;
};

}  // namespace tandem::server
