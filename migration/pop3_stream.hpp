// Pop3Stream: the stream of an IMAP client whose server is a POP3 mailbox. What is written to it
// are IMAP commands; reading from it carries them out over POP3 and gives the answers. So whoever
// reads mail by an ImapClient reads POP3 too, and there is no task that lives beside the client.
//
// One mailbox, INBOX, open for reading only; as it was at the log-in: NOOP tells nothing new.
// Messages have no flags. CAPABILITY, NAMESPACE, LIST, LSUB, STATUS, SELECT, EXAMINE, CLOSE, FETCH
// (UID, FLAGS, INTERNALDATE, RFC822.SIZE, BODY[], BODY[HEADER], BODY[HEADER.FIELDS …]), SEARCH (by
// number, date, size and header), NOOP and LOGOUT are answered; to anything else, NO. No log-in:
// that is over. RFC822.SIZE may be wrong until a message was fetched (POP3's LIST is); a literal's
// size never is. A message that the server will not give is empty, a header NIL.
//
// One coroutine at a time; its io_context's thread only. Deadlines are those of the POP3 session:
// the ones set here do nothing, since reading makes its own progress.
#pragma once

#include <deque>

#include "lib/net/stream.hpp"
#include "lib/protocol/imap/command_reader.hpp"
#include "migration/pop3_inbox.hpp"

namespace tandem::migration {

using net::Executor;

class Pop3Stream final : public net::Stream {
 public:
  // `inbox` is listed.
  explicit Pop3Stream(Pop3Inbox inbox);

  Task<Result<std::size_t>> read_some(std::span<char> into) override;
  Task<Result<void>> write(std::string_view bytes) override;
  Task<Result<void>> wait_readable() override;
  bool has_input() override { return sent_ < out_.size(); }
  Task<Result<void>> start_tls(std::shared_ptr<const net::TlsServer> settings) override;
  Task<Result<void>> start_tls(std::shared_ptr<const net::TlsClient> settings) override;
  void expires_after(Duration) override {}
  void expires_never() override {}
  Task<Result<void>> shutdown_send() override;
  void close() override;
  [[nodiscard]] bool is_open() const override { return open_; }
  [[nodiscard]] const net::ConnectionInfo& info() const override { return info_; }
  void set_peer(std::string, std::uint16_t) override {}

 private:
  // A FETCH under way.
  struct Fetching {
    std::string tag;
    imap::FetchAttributes attributes;
    bool with_uid = false;
    std::vector<std::size_t> messages;
    std::size_t done = 0;  // of messages
    std::size_t body = 0;  // of the attributes' bodies: the next one
    bool inside = false;   // the message's parenthesis is open
    Ahead ahead;           // of messages
  };
  // The message that is being passed on.
  struct Passing {
    store::BlobDraft draft;
    std::uint64_t offset = 0;
  };

  // Puts something into out_.
  Task<Result<void>> step();
  Task<Result<void>> command();
  Task<Result<void>> carry_out(imap::Command command);
  void greet();
  void list(const std::string& tag, const imap::command::List& list);
  void status(const std::string& tag, const imap::command::Status& status);
  void select(const std::string& tag, const imap::command::Select& select);
  void fetch(std::string tag, imap::command::Fetch fetch);
  Task<Result<void>> search(const std::string& tag, const imap::command::Search& search);
  Task<Result<bool>> matches(const imap::SearchKey& key, std::size_t at);
  Task<Result<bool>> combined(const imap::SearchKey& key, std::size_t at);
  Task<Result<void>> next_of_fetch();
  void ask_ahead();
  Task<Result<void>> begin_message(std::size_t at);
  Task<Result<void>> put_body(std::size_t at, const imap::BodyRequest& body);
  Task<Result<void>> put_whole(std::size_t at, const std::string& name);
  Result<void> pass_on();
  void separate();
  void answer(std::string_view tag, std::string_view text);

  Pop3Inbox inbox_;
  net::ConnectionInfo info_;
  imap::CommandReader reader_;
  std::string out_;
  std::size_t sent_ = 0;  // of out_
  std::optional<Fetching> fetching_;
  std::optional<Passing> passing_;
  bool selected_ = false;
  bool goodbye_ = false;
  bool open_ = true;
};

}  // namespace tandem::migration
