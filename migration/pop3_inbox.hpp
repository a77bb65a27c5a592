// Pop3Inbox: a POP3 mailbox as one session sees it, its messages in the order of their UIDs
// (pop3_index.hpp). Only reads: nothing is ever DELEd.
//
// Who is who: by the server's UIDL. Where it has none, or gives one twice, by the header with all
// its Received lines (TOP), without the fields that POP3 servers write themselves. That may take
// one message for a new one; the sync's ladder then finds its copy. It never takes a new one for an
// old one. A server with neither UIDL nor TOP is refused.
//
// An id that is known may be given to another message: where the id is a number, above all. So a
// known message of another LIST size is looked at (its header), and of ids that are too short to be
// for good the last eight; if one of those names another message, all of them. Where that was ever
// seen, new ids are looked at too (pop3_inbox_ids.cpp).
//
// Sizes that LIST says may be wrong: exact ones are those of messages that were fetched. A message
// is fetched whole into a draft (256 KiB in memory, else a file without a name), so that its size
// is known before its first byte goes on. A message that the server will not give is Error refused,
// and the session goes on.
//
// One coroutine at a time; its io_context's thread only.
#pragma once

#include <algorithm>
#include <set>

#include "lib/net/pop3_client.hpp"
#include "lib/store/draft.hpp"
#include "migration/pop3_index.hpp"

namespace tandem::migration {

struct Pop3Message {
  std::uint64_t number = 0;  // the session's
  Pop3Known known;
  std::uint64_t listed = 0;  // what LIST says of its size
  [[nodiscard]] std::uint64_t size() const { return known.size != 0 ? known.size : listed; }
};

// How far ahead of a position things are asked for.
class Ahead {
 public:
  static constexpr std::size_t most = 32;
  // Calls `ask` for each position up to `most` from `at` on that it was not called for yet.
  template <class Ask>
  void advance(std::size_t at, std::size_t count, Ask ask) {
    for (asked_ = std::max(asked_, at); asked_ < std::min(at + most, count); ++asked_) ask(asked_);
  }

 private:
  std::size_t asked_ = 0;
};

class Pop3Inbox {
 public:
  // `client` is logged in.
  Pop3Inbox(net::Pop3Client client, Pop3Index index, const store::Store& store)
      : client_(std::move(client)), index_(index), store_(store) {}

  // What is there, with UIDs that are durable. First of all, once. Kind invalid: messages cannot be
  // told apart.
  Task<Result<void>> list();
  [[nodiscard]] std::uint32_t validity() const { return validity_; }
  [[nodiscard]] std::uint32_t next() const { return next_; }
  [[nodiscard]] const std::vector<Pop3Message>& messages() const { return messages_; }

  // With its empty line; at most 1 MiB.
  Task<Result<std::string>> header(std::size_t at);
  Task<Result<store::BlobDraft>> message(std::size_t at);
  // When it came: its topmost Received line that has a date, else its Date, else now.
  Task<Result<imap::DateTime>> date(std::size_t at);
  // Said in advance: message() or header() of `at` comes next, after what was said before. Many of
  // them go over the wire together, where the server can do that. If something else comes, what
  // was asked for is read and thrown away.
  void message_ahead(std::size_t at) { client_.retrieve_ahead(messages_[at].number); }
  void header_ahead(std::size_t at);
  [[nodiscard]] bool has_date(std::size_t at) const { return messages_[at].known.date.has_value(); }
  // Makes durable what was found out since.
  Task<Result<void>> remember();
  Task<void> quit();
  void close() { client_.close(); }
  [[nodiscard]] bool is_open() const { return client_.usable(); }

 private:
  struct Listed {
    std::uint64_t number = 0;
    std::uint64_t size = 0;
    std::string id;  // the server's; empty: none, or not the only one
  };
  Task<Result<std::vector<Listed>>> read_listing();
  Task<Result<void>> add_ids(std::vector<Listed>& listing);
  Task<Result<std::vector<std::string>>> keys_of(const std::vector<Listed>& listing);
  using Positions = std::vector<std::size_t>;
  Task<Result<std::vector<Pop3Seen>>> see(const std::vector<Listed>& listing,
                                          const Pop3Index::Numbered& known);
  static Positions changed(const std::vector<Listed>& listing, const Pop3Index::Numbered& known,
                           const std::vector<Pop3Seen>& seen);
  Task<Result<void>> look(const std::vector<Listed>& listing, Positions positions, bool by_whole,
                          std::vector<Pop3Seen>& seen);
  Task<Result<std::optional<std::string>>> look_at(std::uint64_t number, bool by_whole);
  Task<Result<std::optional<std::string>>> look_at_whole(std::uint64_t number);
  Task<Result<std::string>> read_header(std::uint64_t number);
  Task<Result<store::BlobDraft>> fetch(std::uint64_t number);
  Task<Result<std::string>> header_alone(std::uint64_t number);
  Task<Result<std::string>> header_of_whole(std::size_t at);
  static Result<std::string> header_of(const store::BlobDraft& whole);
  void note_header(std::size_t at, std::string_view header);
  void note_whole(std::size_t at, const store::BlobDraft& whole);

  net::Pop3Client client_;
  Pop3Index index_;
  const store::Store& store_;
  bool has_top_ = true;
  std::uint32_t validity_ = 0;
  std::uint32_t next_ = 1;
  std::vector<Pop3Message> messages_;
  std::set<std::size_t> found_out_;  // positions of which something is not durable yet
};

}  // namespace tandem::migration
