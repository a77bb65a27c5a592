// An IMAP client over a Stream (RFC 9051, RFC 3501). Commands may be pipelined: send_x writes one
// and returns its tag, finish(tag) reads until it is answered; the plain calls do both. Answers to
// other commands that come by are kept for their own finish. What is written leaves when something
// is waited for, or when it is much, so many small commands cost one write.
//
// Bodies are never held: fetch passes them to an ImapHandler as they arrive, append takes bytes as
// they come. So a FETCH of many UIDs can be copied into the APPENDs of another client in bounded
// memory:
//   on_body        -> target.send_append(mailbox, item)       (no wait with LITERAL+)
//   on_body_bytes  -> target.append_bytes(bytes)
//   on_body_end    -> target.append_end(); keep the tag; finish the oldest when ~50 are open
//
// Errors: those of Stream; protocol; and for a command that was refused (NO, BAD) an Error with the
// server's words, whose response code code_of() reads again, `temporary` from that code.
// Mailbox names are UTF-8. A time limit (Options::wait) counts from the last progress.
// One coroutine at a time; its io_context's thread only.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "lib/net/compression.hpp"
#include "lib/net/imap_handler.hpp"
#include "lib/net/stream.hpp"
#include "lib/protocol/imap/command.hpp"
#include "lib/protocol/imap/response_reader.hpp"

namespace tandem::sasl {
struct Credentials;
}

namespace tandem::net {

using ImapTag = std::uint32_t;

// How a command ended.
struct ImapCompletion {
  imap::response::Condition condition = imap::response::Condition::ok;  // ok, no, bad
  imap::ResponseCode code;
  std::string text;
  [[nodiscard]] bool ok() const { return condition == imap::response::Condition::ok; }
};

// What SELECT or EXAMINE said, kept up to date afterwards.
struct ImapMailbox {
  std::string name;
  bool read_only = false;
  std::uint32_t exists = 0;
  std::uint32_t uid_validity = 0;
  std::uint32_t uid_next = 0;  // 0: not said
  std::uint64_t highest_modseq = 0;
  bool no_modseq = false;
  bool uid_not_sticky = false;
  std::vector<std::string> flags;
  std::vector<std::string> permanent_flags;  // `\*`: new keywords may be made
};

// What came unasked (or beside an answer) since it was last taken. Bounded: `overflow` says that
// more came than was kept, and only a new look tells everything.
struct ImapChanges {
  struct Flags {
    std::uint32_t number = 0;
    std::uint32_t uid = 0;  // 0: not said
    std::uint64_t modseq = 0;
    std::vector<std::string> flags;
  };
  std::optional<std::uint32_t> exists;
  std::vector<std::uint32_t> expunged;  // message numbers, in order
  imap::SequenceSet vanished;           // UIDs
  std::vector<Flags> flags;
  // Of other folders than the selected one, behind notify_all(): as they are now, in order.
  std::vector<imap::response::MailboxStatus> folders;
  bool names = false;  // a folder was made, renamed, removed, or its subscription changed
  std::vector<std::string> alerts;
  bool overflow = false;
  // Of the selected mailbox or of the folders' names.
  [[nodiscard]] bool any_but_folders() const {
    return exists || !expunged.empty() || !vanished.empty() || !flags.empty() || names || overflow;
  }
  [[nodiscard]] bool any() const { return any_but_folders() || !folders.empty(); }
};

struct ImapListed {
  imap::response::List entry;
  std::optional<imap::response::MailboxStatus> status;  // if asked for and offered (LIST-STATUS)
};

// A message to append. `extensions`: RFC 4466 items as they go on the wire, " NAME value" each.
struct ImapAppend {
  std::vector<std::string> flags;
  std::optional<imap::DateTime> date;
  std::uint64_t size = 0;
  std::string extensions;
};

class ImapClient {
 public:
  struct Options {
    imap::ResponseReader::Limits limits;
    Duration wait = std::chrono::minutes(2);
    Origin side = Origin::other;       // whose server it is, for errors
    std::size_t command_bytes = 2000;  // longest UID set in one command
    std::size_t read_size = 64 * 1024;
    Compression compression = Compression::never;
    std::string if_damaged;  // the next step in errors about compressed data that is damaged
  };
  ImapClient(StreamPtr stream, Options options);
  explicit ImapClient(StreamPtr stream) : ImapClient(std::move(stream), Options{}) {}
  ~ImapClient();

  // Session (imap_client_session.cpp)
  // -------------------------------------------------------------- Reads the greeting. BYE is an
  // error, and so is PREAUTH (T-04).
  Task<Result<void>> greet();
  // Upgrades; fails before anything else is sent if it is not offered or refused (T-04), or if
  // bytes came after the answer (T-02). The stream is then closed.
  Task<Result<void>> start_tls(std::shared_ptr<const TlsClient> settings);
  Task<Result<void>> login(std::string user, std::string password);
  // By the best way that the server offers for these credentials (sasl::choose); by the LOGIN
  // command where the secret may be shown and PLAIN is not offered. Error refused: none fits.
  Task<Result<void>> log_in(sasl::Credentials credentials, bool may_be_shown);
  // Any mechanism: `step` turns a decoded challenge into a response; its error cancels the
  // exchange.
  using SaslStep = std::function<Result<std::string>(std::string_view challenge)>;
  Task<Result<void>> authenticate(std::string mechanism, std::optional<std::string> initial,
                                  SaslStep step);
  Task<Result<void>> ask_capabilities();
  // In upper case. Known after greet if the greeting said them, else after ask_capabilities or
  // log-in.
  [[nodiscard]] bool has(std::string_view capability) const {
    return capabilities_.contains(capability);
  }
  [[nodiscard]] const std::set<std::string, std::less<>>& capabilities() const {
    return capabilities_;
  }
  Task<Result<std::vector<std::string>>> enable(std::string capabilities);  // what was enabled
  // ENABLE without waiting for its answer: it leaves with the next command. A refusal changes
  // nothing.
  Task<Result<void>> enable_soon(std::string capability);
  // In upper case. As far as the server has said it (ENABLED).
  [[nodiscard]] bool is_enabled(std::string_view capability) const {
    return enabled_.contains(capability);
  }
  Task<Result<std::vector<std::pair<std::string, std::string>>>> id(
      std::vector<std::pair<std::string, std::string>> fields);
  Task<Result<void>> noop();
  Task<Result<void>> logout();  // and closes the stream
  void close();
  [[nodiscard]] bool is_open() const { return stream_->is_open(); }
  [[nodiscard]] Stream& stream() { return *stream_; }
  // For a proxy that takes over after log-in: the stream, and the bytes read ahead. Nothing else
  // may be called afterwards.
  [[nodiscard]] StreamPtr release(std::string& rest);

  // About so many bytes are to be read or appended next: from now on both directions are
  // compressed, if Options::compression says so for them, the server offers it and nothing is under
  // way. Asked once for a connection; a refusal changes nothing. It costs a round trip where it is
  // asked.
  Task<Result<void>> compress_for(std::uint64_t bytes);  // imap_client_compress.cpp

  // To hear of changes (imap_client_watch.cpp)
  // ------------------------------------------------------------
  // Until something changes in the selected mailbox, stop_idle() is called or `at_most` is over;
  // then see take_changes(). True: something changed.
  Task<Result<bool>> idle(Duration at_most);
  void stop_idle();
  // NOTIFY (RFC 5465): from now on idle() hears of all folders of the account, until
  // notify_selected(); between the two nothing but idle() may be asked. With `as_now` the other
  // folders' STATUS as they are now, else none. Nothing: the server does not offer it, or refuses
  // it, or had too much to tell (NOTIFICATIONOVERFLOW); it is not asked again on this connection.
  Task<Result<std::optional<std::vector<imap::response::MailboxStatus>>>> notify_all(bool as_now);
  // Of the selected mailbox alone, as without NOTIFY. At once where notify_all() was not granted.
  Task<Result<void>> notify_selected();

  // Mailboxes (imap_client_mailbox.cpp)
  // ------------------------------------------------------------
  Task<Result<imap::response::Namespace>> namespaces();
  // `status` is asked for with LIST-STATUS if offered; otherwise ask STATUS for each (pipelined).
  // Special uses are asked for where the server can tell them (RFC 6154).
  Task<Result<std::vector<ImapListed>>> list(std::string reference, std::string pattern,
                                             imap::StatusItems status = 0);
  Task<Result<std::vector<ImapListed>>> list_subscribed();  // LSUB "" "*"
  Task<Result<imap::response::MailboxStatus>> status(std::string mailbox, imap::StatusItems items);
  Task<Result<std::vector<imap::response::MailboxStatus>>> statuses(
      std::vector<std::string> mailboxes, imap::StatusItems items);
  // `parameters`: "" or e.g. "(CONDSTORE)", "(QRESYNC (1 2))"; the handler gets QRESYNC's VANISHED
  // and FETCH.
  Task<Result<ImapMailbox>> select(std::string mailbox, std::string parameters = "",
                                   ImapHandler* handler = nullptr);
  Task<Result<ImapMailbox>> examine(std::string mailbox, std::string parameters = "",
                                    ImapHandler* handler = nullptr);
  // SELECT without waiting for it, so that questions about the mailbox leave with it. Nothing else
  // may be under way. finish_select comes before the finish of any of those questions; where it
  // fails they were refused as well, or told of another mailbox: finish them and go by none.
  Task<Result<ImapTag>> send_select(std::string mailbox, std::string parameters = "");
  Task<Result<ImapMailbox>> finish_select(ImapTag tag, ImapHandler* handler = nullptr);
  [[nodiscard]] const ImapMailbox& selected() const { return selected_; }
  Task<Result<void>> unselect();  // UNSELECT, or CLOSE of an EXAMINEd mailbox
  // `parameters`: e.g. "(USE (\\Sent))".
  Task<Result<void>> create(std::string mailbox, std::string parameters = "");
  Task<Result<void>> remove(std::string mailbox);
  Task<Result<void>> rename(std::string from, std::string to);
  // Without waiting for each; one that the server refuses does not spoil the others.
  Task<Result<void>> subscribe(std::vector<std::string> mailboxes);
  Task<Result<std::vector<imap::response::Quota>>> quota(std::string mailbox);
  // Who has which rights (RFC 4314; needs the capability ACL), of those of these mailboxes that
  // this log-in administers and that the server tells about: a NO is no error. Bounded, see
  // Acl::more.
  Task<Result<std::vector<imap::response::Acl>>> acls(std::vector<std::string> mailboxes);

  // Messages (imap_client_messages.cpp), by UID
  // ----------------------------------------------------
  struct FetchModifiers {
    std::optional<std::uint64_t> changed_since;
    bool vanished = false;
  };
  // Long sets become several commands, all under way at once.
  Task<Result<void>> fetch(imap::SequenceSet uids, imap::FetchAttributes attributes,
                           ImapHandler& handler, FetchModifiers modifiers);
  Task<Result<void>> fetch(imap::SequenceSet uids, imap::FetchAttributes attributes,
                           ImapHandler& handler) {
    return fetch(std::move(uids), std::move(attributes), handler, FetchModifiers{});
  }
  Task<Result<ImapTag>> send_fetch(imap::SequenceSet uids, imap::FetchAttributes attributes,
                                   FetchModifiers modifiers);
  // Bodies of at least so many bytes go through on_body; 0: all of them, even those that the server
  // wrote as quoted strings.
  void stream_bodies_from(std::uint64_t bytes);
  // Criteria as they go on the wire ("UNSEEN SINCE 1-Feb-2026"). UIDs.
  Task<Result<imap::SequenceSet>> search(std::string criteria);
  Task<Result<ImapTag>> send_store(imap::SequenceSet uids, imap::command::StoreAction action,
                                   std::vector<std::string> flags,
                                   std::optional<std::uint64_t> unchanged_since = std::nullopt);
  // The completion's code is MODIFIED where messages were left alone.
  Task<Result<ImapCompletion>> store(imap::SequenceSet uids, imap::command::StoreAction action,
                                     std::vector<std::string> flags,
                                     std::optional<std::uint64_t> unchanged_since = std::nullopt);
  // COPYUID where offered, else a code of kind none. MOVE needs the capability MOVE.
  Task<Result<imap::ResponseCode>> copy(imap::SequenceSet uids, std::string mailbox);
  Task<Result<imap::ResponseCode>> move(imap::SequenceSet uids, std::string mailbox);
  Task<Result<void>> expunge(imap::SequenceSet uids);  // needs UIDPLUS
  Task<Result<void>> expunge_all();                    // EXPUNGE

  // Begins an APPEND: no wait with LITERAL+ (or LITERAL- and few bytes), else until the server asks
  // for the message. An error of kind other than Stream's is the server's refusal: the command is
  // over and the connection is fine.
  Task<Result<ImapTag>> send_append(std::string mailbox, ImapAppend message);
  // A further message in the same command, after the bytes of the one before (needs MULTIAPPEND).
  Task<Result<void>> append_more(ImapAppend message);
  Task<Result<void>> append_bytes(std::string_view bytes);
  // Ends the command; its completion (finish) carries APPENDUID. Fewer bytes than were announced
  // cannot be mended: the connection is closed.
  Task<Result<void>> append_end();
  // A small message in one call.
  Task<Result<ImapCompletion>> append(std::string mailbox, ImapAppend message,
                                      std::string_view bytes);

  // Pipelining
  // ------------------------------------------------------------------------------------- A command
  // as it goes on the wire, without tag and CR LF.
  Task<Result<ImapTag>> send(std::string command);
  // Reads until the command is answered. NO and BAD are completions, not errors.
  Task<Result<ImapCompletion>> finish(ImapTag tag, ImapHandler* handler = nullptr);
  // The same, with NO and BAD as errors that say `what` failed.
  Task<Result<ImapCompletion>> finish_ok(ImapTag tag, std::string what,
                                         ImapHandler* handler = nullptr);
  // Already answered: finish would not wait.
  [[nodiscard]] bool is_finished(ImapTag tag) const { return completions_.contains(tag); }
  [[nodiscard]] std::size_t in_flight() const { return open_.size(); }  // sent, not answered
  Task<Result<void>> flush();

  // All that this connection has moved so far, without what TLS adds and before compression: what a
  // server's quota counts.
  [[nodiscard]] std::uint64_t bytes_received() const { return bytes_received_; }
  [[nodiscard]] std::uint64_t bytes_sent() const { return bytes_sent_; }

  [[nodiscard]] ImapChanges take_changes() { return std::exchange(changes_, {}); }
  [[nodiscard]] Error to_error(const ImapCompletion& completion, std::string what) const;

 private:
  Task<Result<void>> fill();
  Task<Result<void>> step(ImapHandler* handler);
  Task<Result<void>> await_all();  // unawaited_
  Task<Result<void>> deliver(const imap::response::Fetch& message, ImapHandler* handler);
  Task<Result<ImapCompletion>> run(std::string command, std::string what,
                                   ImapHandler* handler = nullptr);
  // Many commands, up to fifty on their way; the completions in their order, NO and BAD among them.
  Task<Result<std::vector<ImapCompletion>>> run_each(std::vector<std::string> commands,
                                                     ImapHandler* handler = nullptr);
  // Waits for `+`; nothing: the command was answered instead.
  Task<Result<std::optional<std::string>>> continuation(ImapTag tag);
  Task<Result<void>> put_string(ImapTag tag, std::string text);
  Task<Result<void>> await_literal(ImapTag tag, std::string what);
  Task<Result<ImapTag>> send_open(std::string command, std::string mailbox, bool read_only,
                                  std::string parameters);
  Task<Result<ImapMailbox>> open(std::string command, std::string mailbox, bool read_only,
                                 std::string parameters, ImapHandler* handler);
  Task<Result<std::vector<ImapListed>>> run_list(std::string command);
  Task<Result<imap::ResponseCode>> copy_or_move(std::string command, imap::SequenceSet uids,
                                                std::string mailbox);
  Task<Result<void>> logged_in(ImapCompletion completion, std::string what);
  [[nodiscard]] bool is_worth_compressing(std::uint64_t bytes) const;
  [[nodiscard]] bool is_measuring() const {
    return options_.compression == Compression::slow_links && !compression_tried_;
  }
  void note_round_trip();
  ImapTag begin(std::string_view command);
  Result<void> take(imap::Response& response, ImapHandler* handler);
  Result<void> take_status(imap::response::Status& status);
  void take_code(const imap::ResponseCode& code);
  void note_flags(const imap::response::Fetch& message);
  bool take_notice(const imap::Response& any);
  [[nodiscard]] std::string mailbox_text(std::string_view name) const;
  [[nodiscard]] std::string append_text(const ImapAppend& message, bool& synchronising) const;
  [[nodiscard]] Error connection_error(Error error) const;

  StreamPtr stream_;
  Options options_;
  imap::ResponseReader reader_;
  std::string out_;
  bool secret_ = false;  // out_ holds a credential
  ImapTag last_tag_ = 0;
  std::set<ImapTag> open_;
  std::map<ImapTag, ImapCompletion> completions_;
  std::set<ImapTag> unawaited_;  // whose completion nobody asks for
  std::set<std::string, std::less<>> capabilities_;
  std::set<std::string, std::less<>> enabled_;
  std::set<std::string, std::less<>> odd_names_;  // wire names that are no modified UTF-7
  std::optional<imap::response::Status> greeting_;
  std::optional<std::string> continuation_;
  std::string goodbye_;  // the words of BYE
  ImapMailbox selected_;
  bool in_select_ = false;
  imap::ResponseCode copy_uid_;
  ImapChanges changes_;
  bool stream_all_ = false;
  ImapTag append_tag_ = 0;
  std::uint64_t append_left_ = 0;
  std::uint64_t bytes_received_ = 0;
  std::uint64_t bytes_sent_ = 0;
  bool stop_idle_ = false;
  bool idling_ = false;
  bool hears_all_ = false;       // NOTIFY is granted
  bool notify_refused_ = false;  // or was ended by the server
  // How slow the link is, while that is of interest.
  SteadyTime left_at_{};
  SteadyTime read_at_{};
  bool alone_ = false;  // what left then was one command, and no other was under way
  std::optional<Duration> round_trip_;  // the shortest
  bool compression_tried_ = false;
};

// The response code in an error that a refused command gave.
[[nodiscard]] imap::ResponseCode code_of(const Error& error);

}  // namespace tandem::net
